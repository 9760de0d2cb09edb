//! One direction ends, the other continues.

use std::io::ErrorKind;

use anyhow::ensure;
use net_traits::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::Fixture;
use crate::subject::{Checked, Fails, QUIET, Subject, ensure_kind, pattern};

cases! {
    $ __half_close half_close:
    /// Dropping the write half sends a FIN.
    /// Source: Go TestCloseWrite; tokio `drop_write`.
    dropping_the_write_half_ends_the_stream_for_the_peer;
    /// The write half continues to work.
    /// Source: Go TestCloseRead.
    dropping_the_read_half_leaves_the_write_half_of_use;
    /// After a shutdown, a response of any length can be read.
    /// Source: RFC 9293 §3.6; wasmtime `shutdown_should_not_lose_data`.
    after_a_half_close_data_still_flows_back;
    /// The second shutdown has no effect.
    /// Source: tokio `AsyncWrite::poll_shutdown`, tcp_shutdown `multiple_calls`.
    shutting_down_twice_is_harmless;
    /// The error is a `BrokenPipe`.
    /// Source: POSIX `send`, EPIPE; Go TestCloseWrite.
    writing_after_ones_own_shutdown_fails;
    /// Further reads return the end again.
    /// Source: POSIX `read`; std `Read::read`.
    the_end_is_read_again_and_again;
    /// A FIN wakes a pending read.
    /// Source: Go `nettest` CloseTimeout.
    a_read_that_waits_is_woken_by_the_end;
    /// A FIN from the peer ends the other direction only.
    /// Source: RFC 9293 §3.6.
    a_write_that_waits_survives_the_peers_half_close;
}

async fn dropping_the_write_half_ends_the_stream_for_the_peer<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (dialed, mut accepted) = on.pair().await?;
    let (mut read, mut write) = dialed.into_split();
    write.write_all(b"bye").await?;
    drop(write);
    let mut text = String::new();
    accepted.read_to_string(&mut text).await?;
    ensure_eq!(text, "bye");
    accepted.write_u8(1).await?;
    ensure_eq!(read.read_u8().await?, 1);
    Ok(())
}

async fn dropping_the_read_half_leaves_the_write_half_of_use<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (dialed, mut accepted) = on.pair().await?;
    let (read, mut write) = dialed.into_split();
    drop(read);
    write.write_u8(1).await?;
    ensure_eq!(accepted.read_u8().await?, 1);
    Ok(())
}

async fn after_a_half_close_data_still_flows_back<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    dialed.write_all(b"question").await?;
    dialed.shutdown().await?;
    let mut question = String::new();
    accepted.read_to_string(&mut question).await?;
    ensure_eq!(question, "question");
    let answer = pattern(2 << 20);
    let copy = answer.clone();
    let writer = tokio::spawn(async move {
        accepted.write_all(&copy).await?;
        accepted.shutdown().await
    });
    let mut received = Vec::new();
    dialed.read_to_end(&mut received).await?;
    writer.await??;
    ensure!(received == answer);
    Ok(())
}

async fn shutting_down_twice_is_harmless<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    dialed.shutdown().await?;
    dialed.shutdown().await?;
    ensure_eq!(accepted.read(&mut [0]).await?, 0);
    drop(accepted);
    ensure_eq!(dialed.read(&mut [0]).await?, 0);
    dialed.shutdown().await?;
    Ok(())
}

async fn writing_after_ones_own_shutdown_fails<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, _accepted) = on.pair().await?;
    dialed.shutdown().await?;
    let error = dialed.write_all(b"more").await.fails("shut down")?;
    ensure_kind(&error, ErrorKind::BrokenPipe)?;
    Ok(())
}

async fn the_end_is_read_again_and_again<F: Fixture>(on: &Subject<F>) -> Checked {
    let (dialed, mut accepted) = on.pair().await?;
    drop(dialed);
    for _ in 0..3 {
        ensure_eq!(accepted.read(&mut [0; 8]).await?, 0);
    }
    Ok(())
}

async fn a_read_that_waits_is_woken_by_the_end<F: Fixture>(on: &Subject<F>) -> Checked {
    let (dialed, mut accepted) = on.pair().await?;
    let reader = tokio::spawn(async move { accepted.read(&mut [0; 8]).await });
    on.sleep(QUIET).await;
    drop(dialed);
    ensure_eq!(reader.await??, 0);
    Ok(())
}

async fn a_write_that_waits_survives_the_peers_half_close<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let sent = on.fill(&mut dialed).await?;
    let writer = tokio::spawn(async move {
        dialed.write_all(&[1; 1_000]).await?;
        dialed.shutdown().await?;
        std::io::Result::Ok(dialed)
    });
    tokio::task::yield_now().await;
    accepted.shutdown().await?;
    on.sleep(QUIET).await;
    let mut received = Vec::new();
    accepted.read_to_end(&mut received).await?;
    ensure_eq!(received.len(), sent + 1_000);
    ensure_eq!(writer.await??.read(&mut [0]).await?, 0);
    Ok(())
}
