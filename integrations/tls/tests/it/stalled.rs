//! Handshakes that stall, and those that are dropped.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use net::memory::MemoryNet;
use net::prelude::*;
use net::{Network, Result, net_test};
use net_tls::TlsDialer;

use super::support::{SOON, client_config, dialer, listen, server_config};

#[net_test(backend = memory, start_paused)]
async fn a_server_that_says_nothing_is_given_up(net: MemoryNet) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let config = client_config().with_handshake_timeout(Duration::from_secs(3600));
    let dialer = TlsDialer::new(net.clone(), config);
    let error = dialer.dial("tcp", &address).await.expect_err("too late");
    assert!(error.is_timeout());
    assert_eq!(
        error.to_string(),
        format!(
            "dial tcp {address}: TLS with 127.0.0.1: the handshake did not finish within 3600s"
        )
    );
    // Its socket is closed.
    let (mut accepted, _) = listener.accept().await?;
    let mut hello = Vec::new();
    accepted.read_to_end(&mut hello).await?;
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn a_client_that_says_nothing_is_given_up(net: MemoryNet) -> Result<()> {
    let config = server_config().with_handshake_timeout(Duration::from_secs(3600));
    let (listener, port) = listen(&net, config).await?;
    let _silent = net.dial("tcp", &format!("127.0.0.1:{port}")).await?;
    let (mut accepted, _) = listener.accept().await?;
    let error = accepted.read_u8().await.expect_err("too late");
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut, "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_dial_can_be_dropped_after_every_poll(net: impl Network + Clone + 'static) -> Result<()> {
    let (listener, port) = listen(&net, server_config()).await?;
    let address = format!("127.0.0.1:{port}");
    let dialer = dialer(&net);
    for polls in 1.. {
        let dials = async {
            let dropped = polled(dialer.dial("tcp", &address), polls).await.is_none();
            let after = dialer.dial("tcp", &address).await?;
            Result::<_>::Ok((dropped, after))
        };
        // One after the other: a dropped connection must end before the next is served.
        let serve = async {
            loop {
                let (mut accepted, _) = listener.accept().await?;
                if accepted.handshake().await.is_ok() && accepted.read_u8().await.is_ok() {
                    return Result::<_>::Ok(());
                }
            }
        };
        let all = async {
            let say = async {
                let (dropped, mut after) = dials.await?;
                after.write_u8(1).await?;
                Result::<_>::Ok(dropped)
            };
            tokio::try_join!(say, serve)
        };
        let (dropped, ()) = net::time::timeout(SOON, all).await??;
        if !dropped {
            assert!(polls > 1, "a handshake waits for the server");
            return Ok(());
        }
    }
    Ok(())
}

/// Returns the output of a future if it is ready within a number of polls.
async fn polled<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        left -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
