//! Streams that give up when nothing moves.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use net::prelude::*;
use net::target::Stream;
use net::time::{sleep, timeout};
use net::{Error, IdleTimeout, Result, with_idle_timeout};

use crate::support::{QUIET, SOON, pair, run};

/// The two ends of a connection, the one that dialed with a timeout.
async fn idle_pair(duration: Duration) -> Result<(IdleTimeout, Stream)> {
    let (dialed, accepted) = pair().await?;
    Ok((with_idle_timeout(dialed, duration), accepted))
}

/// Writes until that fails.
async fn flood(stream: &mut IdleTimeout) -> io::Result<()> {
    let chunk = vec![0; 1 << 16];
    loop {
        stream.write_all(&chunk).await?;
    }
}

#[track_caller]
fn assert_idle<V: std::fmt::Debug>(result: io::Result<V>) {
    let error = result.expect_err("silence");
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert!(Error::from(error).is_timeout());
}

#[test]
fn a_read_ends_after_a_silence_and_the_stream_goes_on() -> Result<()> {
    run(async {
        let (mut stream, mut peer) = idle_pair(QUIET).await?;
        let start = Instant::now();
        assert_idle(timeout(SOON, stream.read_u8()).await?);
        // It began a little earlier, when it was made.
        assert!(start.elapsed() >= QUIET / 2);

        peer.write_u8(7).await?;
        let read = timeout(SOON, async {
            loop {
                if let Ok(byte) = stream.read_u8().await {
                    return byte;
                }
                tokio::task::yield_now().await;
            }
        });
        assert_eq!(read.await?, 7);
        Ok(())
    })
}

#[test]
fn a_write_ends_when_the_peer_does_not_read_for_so_long() -> Result<()> {
    run(async {
        let (mut stream, _peer) = idle_pair(QUIET).await?;
        assert_idle(timeout(SOON, flood(&mut stream)).await?);
        Ok(())
    })
}

#[test]
fn traffic_in_either_direction_keeps_a_waiting_call_alive() -> Result<()> {
    run(async {
        let (stream, mut peer) = idle_pair(5 * QUIET).await?;
        let start = Instant::now();
        let (mut read, mut write) = stream.into_split();
        let reading = net::spawn(async move {
            assert_eq!(read.read_u8().await?, 1);
            read.read_u8().await
        });
        // First the peer sends, then only this side.
        sleep(3 * QUIET).await;
        peer.write_u8(1).await?;
        for byte in 0..4 {
            sleep(3 * QUIET).await;
            assert!(!reading.is_finished());
            write.write_u8(byte).await?;
            assert_eq!(peer.read_u8().await?, byte);
        }
        assert_idle(timeout(SOON, reading).await??);
        assert!(start.elapsed() >= 20 * QUIET, "{:?}", start.elapsed());
        Ok(())
    })
}

#[test]
fn a_deadline_and_an_idle_timeout_go_together() -> Result<()> {
    run(async {
        let (dialed, mut peer) = pair().await?;
        let idle = with_idle_timeout(dialed, SOON * 6);
        let mut stream = net::with_deadlines(net::BoxStream::new(idle));
        stream.set_read_deadline(Some(Instant::now() + QUIET));
        let error = stream.read_u8().await.expect_err("a deadline");
        assert_eq!(error.to_string(), "read deadline exceeded");
        stream.set_read_deadline(None);
        peer.write_u8(7).await?;
        assert_eq!(stream.read_u8().await?, 7);
        Ok(())
    })
}
