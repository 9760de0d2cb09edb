//! Records that are truncated, or too long.

use net::prelude::*;
use net::{Network, Result, Stream, net_test};

use super::support::{SOON, dialer, listen, server_config};

/// Forwards between two connections, but only a number of bytes of the second.
async fn relay_at_most<S: Stream>(one: S, other: S, bytes: u64) {
    let (mut one_read, mut one_write) = one.into_split();
    let (other_read, mut other_write) = other.into_split();
    let mut cut = other_read.take(bytes);
    // The truncated direction ends first: the other one waits.
    tokio::select! {
        _ = tokio::io::copy(&mut one_read, &mut other_write) => {}
        _ = tokio::io::copy(&mut cut, &mut one_write) => {}
    }
}

#[net_test(backends(native, memory))]
async fn a_handshake_that_is_cut_is_an_error(net: impl Network + Clone + 'static) -> Result<()> {
    let (listener, port) = listen(&net, server_config()).await?;
    let server = format!("127.0.0.1:{port}");
    let front = net.listen("tcp", "127.0.0.1:0").await?;
    let address = front.local_addr()?.to_string();
    let dialer = dialer(&net);
    // Within the header of the first record, its body, and the records after.
    for bytes in [1, 4, 5, 60, 200, 500] {
        let relay = async {
            let (one, _) = front.accept().await?;
            relay_at_most(one, net.dial("tcp", &server).await?, bytes).await;
            Result::<_>::Ok(())
        };
        let serve = async {
            let (mut accepted, _) = listener.accept().await?;
            accepted.handshake().await.expect_err("cut");
            Result::<_>::Ok(())
        };
        let dial = async { Result::<_>::Ok(dialer.dial("tcp", &address).await) };
        let all = async { tokio::try_join!(dial, relay, serve) };
        let (outcome, (), ()) = net::time::timeout(SOON, all).await??;
        let error = outcome.expect_err("cut").to_string();
        let begin = format!("dial tcp {address}: TLS with 127.0.0.1: ");
        assert!(error.starts_with(&begin), "{bytes} bytes: {error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_record_that_is_too_long_ends_its_connection_alone(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let (listener, port) = listen(&net, server_config()).await?;
    let address = format!("127.0.0.1:{port}");
    let mut hostile = net.dial("tcp", &address).await?;
    // A handshake record of 65,535 bytes, where 16,384 are allowed.
    hostile.write_all(&[0x16, 3, 1, 0xff, 0xff]).await?;
    hostile.write_all(&[0; 1000]).await?;
    let (mut accepted, _) = listener.accept().await?;
    let error = accepted.read_u8().await.expect_err("too long");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData, "{error}");
    drop(accepted);
    let dialer = dialer(&net);
    let accept = async {
        let (mut accepted, _) = listener.accept().await?;
        accepted.handshake().await?;
        Result::<_>::Ok(())
    };
    tokio::try_join!(dialer.dial("tcp", &address), accept)?;
    Ok(())
}
