//! Data over TLS connections.

use net::prelude::*;
use net::{Network, Result, net_test};

use super::support::pair;

#[net_test(backends(native, memory))]
async fn bytes_travel_both_ways(net: impl Network + Clone + 'static) -> Result<()> {
    let (mut one, mut other) = pair(&net).await?;
    one.write_all(b"there").await?;
    let mut text = [0; 5];
    other.read_exact(&mut text).await?;
    assert_eq!(&text, b"there");
    other.write_all(b"back!").await?;
    one.read_exact(&mut text).await?;
    assert_eq!(&text, b"back!");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_long_stream_arrives_whole_and_ends(net: impl Network + Clone + 'static) -> Result<()> {
    let (mut one, mut other) = pair(&net).await?;
    let sent: Vec<u8> = (0..300_000_u32).map(|byte| (byte % 251) as u8).collect();
    let write = async {
        one.write_all(&sent).await?;
        one.shutdown().await
    };
    let mut received = Vec::new();
    tokio::try_join!(write, other.read_to_end(&mut received))?;
    assert!(received == sent);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn halves_work_in_two_tasks(net: impl Network + Clone + 'static) -> Result<()> {
    let (one, other) = pair(&net).await?;
    let (mut read, mut write) = one.into_split();
    let echo = net::spawn(async move {
        let (mut read, mut write) = other.into_split();
        tokio::io::copy(&mut read, &mut write).await
    });
    let sent = vec![7; 100_000];
    let copy = sent.clone();
    let writer = net::spawn(async move {
        write.write_all(&copy).await?;
        write.shutdown().await
    });
    let mut received = Vec::new();
    read.read_to_end(&mut received).await?;
    writer.await??;
    echo.await??;
    assert!(received == sent);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn addresses_and_options_are_those_beneath(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let (one, other) = pair(&net).await?;
    assert_eq!(one.local_addr()?, other.peer_addr()?);
    assert_eq!(one.peer_addr()?, other.local_addr()?);
    Ok(())
}
