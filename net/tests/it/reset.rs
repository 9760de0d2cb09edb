//! Peers that go away without a word, or do not do their part: each harms its
//! own connection only.

use std::io::{ErrorKind, IoSlice};
use std::time::Duration;

use net::prelude::*;
use net::target::Stream;
use net::{OptionName, Result};

use crate::support::{
    QUIET, SOON, assert_unsupported, echo, fill, listen, pair, pair_on, round_trip, run, supports,
};

/// Closes a connection with data unread, which resets it. The other end has
/// been silent before.
async fn drop_with_unread_data(mut end: Stream, other: &mut Stream) -> Result<()> {
    other.write_all(b"unread").await?;
    end.read_u8().await?;
    drop(end);
    Ok(())
}

#[test]
fn a_peer_that_drops_unread_data_resets_the_connection() -> Result<()> {
    run(async {
        let (dialed, mut accepted) = pair().await?;
        drop_with_unread_data(dialed, &mut accepted).await?;
        let error = accepted.read(&mut [0; 8]).await.expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
        // Told once; then the stream is at its end.
        assert_eq!(accepted.read(&mut [0; 8]).await?, 0);
        Ok(())
    })
}

#[test]
fn a_close_without_linger_resets_the_connection() -> Result<()> {
    run(async {
        let (dialed, mut accepted) = pair().await?;
        let set = dialed.set_linger(Some(Duration::ZERO));
        if !supports(OptionName::Linger) {
            assert_unsupported(&set.expect_err("no linger"), OptionName::Linger);
            return Ok(());
        }
        set?;
        drop(dialed);
        let error = accepted.read(&mut [0; 8]).await.expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
        Ok(())
    })
}

#[test]
fn a_read_that_waits_is_woken_by_a_reset() -> Result<()> {
    run(async {
        let (dialed, accepted) = pair().await?;
        let (mut read, mut write) = accepted.into_split();
        let reader = net::spawn(async move { read.read(&mut [0; 8]).await });
        write.write_all(b"unread").await?;
        net::time::sleep(QUIET).await;
        assert!(!reader.is_finished());
        drop(dialed);
        let error = reader.await?.expect_err("a reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
        Ok(())
    })
}

#[test]
fn a_write_that_waits_is_woken_by_a_reset() -> Result<()> {
    run(async {
        let (dialed, mut accepted) = pair().await?;
        fill(&mut accepted).await?;
        let writer = net::spawn(async move { accepted.write_all(&[0; 1_000]).await });
        net::time::sleep(QUIET).await;
        assert!(!writer.is_finished());
        drop(dialed);
        let error = writer.await?.expect_err("a reset");
        let kind = error.kind();
        assert!(
            matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
            "{error}"
        );
        Ok(())
    })
}

#[test]
fn a_reset_harms_no_other_connection() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let mut others = Vec::new();
        for _ in 0..5 {
            others.push(pair_on(&listener, &address).await?);
        }
        for _ in 0..5 {
            let (dialed, mut accepted) = pair_on(&listener, &address).await?;
            drop_with_unread_data(dialed, &mut accepted).await?;
            accepted.read(&mut [0]).await.expect_err("a reset");
            for (dialed, accepted) in &mut others {
                round_trip(dialed, accepted).await?;
            }
        }
        Ok(())
    })
}

#[test]
fn writing_to_a_peer_that_is_gone_is_an_error_and_no_more() -> Result<()> {
    async fn write_until_it_fails(vectored: bool) -> Result<()> {
        let (dialed, mut accepted) = pair().await?;
        drop(dialed);
        let error = loop {
            let written = if vectored {
                accepted
                    .write_vectored(&[IoSlice::new(b"to"), IoSlice::new(b"nobody")])
                    .await
            } else {
                accepted.write(b"to nobody").await
            };
            match written {
                Ok(_) => net::time::sleep(Duration::from_millis(1)).await,
                Err(error) => break error,
            }
        };
        let kind = error.kind();
        assert!(
            matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
            "{error}"
        );
        accepted.write(b"again").await.expect_err("still gone");
        accepted.shutdown().await?;
        Ok(())
    }
    run(async {
        for vectored in [false, true] {
            net::time::timeout(SOON, write_until_it_fails(vectored)).await??;
        }
        Ok(())
    })
}

#[test]
fn a_peer_that_never_reads_harms_only_itself() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let server = net::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await?;
                net::spawn(echo(stream));
            }
            #[allow(unreachable_code)]
            Result::<_>::Ok(())
        });
        let mut greedy = net::dial("tcp", &address).await?;
        fill(&mut greedy).await?;
        let _silent = net::dial("tcp", &address).await?;
        for _ in 0..5 {
            let mut stream = net::dial("tcp", &address).await?;
            for byte in 0..100 {
                stream.write_u8(byte).await?;
                assert_eq!(stream.read_u8().await?, byte);
            }
        }
        server.abort();
        Ok(())
    })
}

#[test]
fn a_connection_that_was_reset_can_be_shut_down_and_dropped() -> Result<()> {
    run(async {
        let (dialed, mut accepted) = pair().await?;
        drop_with_unread_data(dialed, &mut accepted).await?;
        net::time::sleep(QUIET).await;
        // Natively this may tell of the reset: not a panic, not a hang.
        let _ = accepted.shutdown().await;
        let (_read, write) = accepted.into_split();
        drop(write);
        Ok(())
    })
}
