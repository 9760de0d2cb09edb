//! Peers that fail the handshake, or end without `close_notify`.

use std::time::Duration;

use net::prelude::*;
use net::{Network, Result, net_test};

use super::support::{SOON, dialer, listen, pair, server_config};

#[net_test(backends(native, memory))]
async fn a_peer_that_does_not_shake_hands_holds_up_nobody(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let (listener, port) = listen(&net, server_config()).await?;
    let address = format!("127.0.0.1:{port}");
    let _silent = net.dial("tcp", &address).await?;
    let (_waits, _) = listener.accept().await?;
    let accept = async {
        let (mut accepted, _) = listener.accept().await?;
        accepted.handshake().await?;
        Result::<_>::Ok(())
    };
    let dialer = dialer(&net);
    let both = async { tokio::try_join!(dialer.dial("tcp", &address), accept) };
    net::time::timeout(SOON, both).await??;
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_peer_that_speaks_something_else_is_refused(net: impl Network) -> Result<()> {
    let (listener, port) = listen(&net, server_config()).await?;
    let mut plain = net.dial("tcp", &format!("127.0.0.1:{port}")).await?;
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
    let (mut accepted, _) = listener.accept().await?;
    let error = accepted.read_u8().await.expect_err("no TLS");
    assert!(error.to_string().contains("message"), "{error}");
    accepted.read_u8().await.expect_err("it stays so");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_that_speaks_something_else_is_refused(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let answer = async {
        let (mut accepted, _) = listener.accept().await?;
        accepted
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await?;
        net::time::sleep(Duration::from_millis(100)).await;
        Result::<_>::Ok(())
    };
    let client = dialer(&net);
    let dial = async { Result::<_>::Ok(client.dial("tcp", &address).await) };
    let (dialed, ()) = tokio::try_join!(dial, answer)?;
    let error = dialed.expect_err("no TLS");
    assert!(error.to_string().contains(&address), "{error}");
    Ok(())
}

/// A connection that ends without `close_notify` may be truncated (RFC 8446 §6.1).
#[net_test(backends(native, memory))]
async fn an_end_that_was_not_announced_is_an_error(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let (mut one, mut other) = pair(&net).await?;
    // Reads the server's tickets; unread, they would cause a reset.
    other.write_u8(1).await?;
    one.read_u8().await?;
    // The sockets close without close_notify.
    drop(one);
    let error = other.read(&mut [0; 8]).await.expect_err("cut short");
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof, "{error}");
    Ok(())
}
