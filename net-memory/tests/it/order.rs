//! The order of what one end sends.

use std::io::ErrorKind;
use std::time::Duration;

use net_traits::{Result, Stream as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::pair_with_seed;

const MS: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn a_reset_does_not_overtake_data() -> Result<()> {
    for seed in 0..100 {
        let pair = pair_with_seed(seed);
        let (mut client, mut server) = pair.connect().await?;
        let _late = pair.network.rule().latency(MS..200 * MS);
        client.set_linger(Some(Duration::ZERO))?;
        for byte in 0..10 {
            client.write_all(&[byte; 10]).await?;
            tokio::time::sleep(MS).await;
        }
        drop(client);
        let mut got = Vec::new();
        let error = server.read_to_end(&mut got).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "seed {seed}");
        assert_eq!(got.len(), 100, "seed {seed}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_reset_by_a_rule_does_not_overtake_data() -> Result<()> {
    for seed in 0..100 {
        let pair = pair_with_seed(seed);
        let (mut client, mut server) = pair.connect().await?;
        let _late = pair.network.rule().latency(MS..200 * MS);
        let _reset = pair.network.rule().from("client").reset_after(25);
        for byte in 0..3 {
            client.write_all(&[byte; 10]).await?;
        }
        let mut got = Vec::new();
        let error = server.read_to_end(&mut got).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "seed {seed}");
        assert_eq!(got.len(), 25, "seed {seed}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_packet_without_latency_does_not_overtake_a_slow_one() -> Result<()> {
    let pair = pair_with_seed(0);
    let (mut client, mut server) = pair.connect().await?;
    let slow = pair.network.rule().latency(100 * MS);
    client.write_all(b"hello").await?;
    drop(slow);
    client.set_linger(Some(Duration::ZERO))?;
    drop(client);
    let mut got = Vec::new();
    let error = server.read_to_end(&mut got).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(got, b"hello");
    Ok(())
}

/// On Linux, a read returns the end even if a reset has arrived since.
#[tokio::test(start_paused = true)]
async fn a_reset_after_the_end_does_not_hide_it() -> Result<()> {
    let pair = pair_with_seed(0);
    let (mut client, mut server) = pair.connect().await?;
    client.write_all(b"a question").await?;
    server.write_all(b"an early answer").await?;
    server.shutdown().await?;
    // The question is unread, so the close is a reset.
    drop(server);
    tokio::time::sleep(MS).await;
    let mut got = Vec::new();
    client.read_to_end(&mut got).await?;
    assert_eq!(got, b"an early answer");
    Ok(())
}
