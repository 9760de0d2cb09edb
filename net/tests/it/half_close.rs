//! One direction ends, the other goes on.

use std::io::ErrorKind;

use net::Result;
use net::prelude::*;

use crate::support::{QUIET, fill, pair, pattern, run};

#[test]
fn dropping_the_write_half_ends_the_stream_for_the_peer() -> Result<()> {
    run(async {
        let (dialed, mut accepted) = pair().await?;
        let (mut read, mut write) = dialed.into_split();
        write.write_all(b"bye").await?;
        drop(write);
        let mut text = String::new();
        accepted.read_to_string(&mut text).await?;
        assert_eq!(text, "bye");
        accepted.write_u8(1).await?;
        assert_eq!(read.read_u8().await?, 1);
        Ok(())
    })
}

#[test]
fn dropping_the_read_half_leaves_the_write_half_of_use() -> Result<()> {
    run(async {
        let (dialed, mut accepted) = pair().await?;
        let (read, mut write) = dialed.into_split();
        drop(read);
        write.write_u8(1).await?;
        assert_eq!(accepted.read_u8().await?, 1);
        Ok(())
    })
}

#[test]
fn after_a_half_close_data_still_flows_back() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        dialed.write_all(b"question").await?;
        dialed.shutdown().await?;
        let mut question = String::new();
        accepted.read_to_string(&mut question).await?;
        assert_eq!(question, "question");
        let answer = pattern(2 << 20);
        let copy = answer.clone();
        let writer = net::spawn(async move {
            accepted.write_all(&copy).await?;
            accepted.shutdown().await
        });
        let mut received = Vec::new();
        dialed.read_to_end(&mut received).await?;
        writer.await??;
        assert!(received == answer);
        Ok(())
    })
}

#[test]
fn shutting_down_twice_is_harmless() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        dialed.shutdown().await?;
        dialed.shutdown().await?;
        assert_eq!(accepted.read(&mut [0]).await?, 0);
        drop(accepted);
        assert_eq!(dialed.read(&mut [0]).await?, 0);
        dialed.shutdown().await?;
        Ok(())
    })
}

#[test]
fn writing_after_ones_own_shutdown_fails() -> Result<()> {
    run(async {
        let (mut dialed, _accepted) = pair().await?;
        dialed.shutdown().await?;
        let error = dialed.write_all(b"more").await.expect_err("shut down");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
        Ok(())
    })
}

#[test]
fn the_end_is_read_again_and_again() -> Result<()> {
    run(async {
        let (dialed, mut accepted) = pair().await?;
        drop(dialed);
        for _ in 0..3 {
            assert_eq!(accepted.read(&mut [0; 8]).await?, 0);
        }
        Ok(())
    })
}

#[test]
fn a_read_that_waits_is_woken_by_the_end() -> Result<()> {
    run(async {
        let (dialed, mut accepted) = pair().await?;
        let reader = net::spawn(async move { accepted.read(&mut [0; 8]).await });
        net::time::sleep(QUIET).await;
        drop(dialed);
        assert_eq!(reader.await??, 0);
        Ok(())
    })
}

#[test]
fn a_write_that_waits_survives_the_peers_half_close() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let sent = fill(&mut dialed).await?;
        let writer = net::spawn(async move {
            dialed.write_all(&[1; 1_000]).await?;
            dialed.shutdown().await?;
            std::io::Result::Ok(dialed)
        });
        tokio::task::yield_now().await;
        accepted.shutdown().await?;
        net::time::sleep(QUIET).await;
        let mut received = Vec::new();
        accepted.read_to_end(&mut received).await?;
        assert_eq!(received.len(), sent + 1_000);
        assert_eq!(writer.await??.read(&mut [0]).await?, 0);
        Ok(())
    })
}
