//! Deadlines of connections, as in Go, after the 11 tests of `nettest`.

use std::io;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use net_time::Deadlined;
use net_traits::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::{Fixture, StreamOf};
use crate::subject::{Checked, Fails, QUIET, SOON, Subject, echo, ensure_kind, pattern};

cases! {
    $ __deadlines deadlines:
    /// Source: Go `nettest` FutureTimeout.
    a_read_without_data_ends_at_its_deadline_and_not_before;
    /// Source: Go `nettest` FutureTimeout, WriteTimeout.
    a_write_ends_at_its_deadline_when_the_peer_does_not_read;
    /// Source: Go `nettest` PastTimeout, ReadTimeout.
    a_deadline_in_the_past_fails_at_once_though_data_is_there;
    /// Deadlines are not sticky.
    /// Source: Go `nettest` PastTimeout, FutureTimeout.
    a_stream_is_of_use_after_a_deadline;
    /// Source: Go `nettest` ReadTimeout, WriteTimeout.
    the_deadline_of_one_direction_leaves_the_other_alone;
    /// Source: Go `nettest` PresentTimeout, CloseTimeout.
    another_task_interrupts_calls_that_are_pending;
    /// Source: Go `nettest` ConcurrentMethods.
    a_pending_read_sees_its_deadline_move;
    /// Source: Go `nettest` ConcurrentMethods.
    halves_obey_the_deadlines_of_the_stream_and_of_each_other;
    /// Source: Go `nettest` RacyRead.
    reads_that_time_out_again_and_again_lose_no_byte;
    /// Source: Go `nettest` RacyWrite, FutureTimeout.
    a_stream_that_is_always_busy_meets_its_deadline_too;
    /// Source: Go `nettest` PingPong.
    a_deadline_that_is_prolonged_before_each_call_is_never_met;
    /// Source: Go `nettest` BasicIO, WriteTimeout.
    slices_are_written_in_order_under_a_deadline;
}

async fn a_read_without_data_ends_at_its_deadline_and_not_before<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (mut stream, _peer) = deadlined_pair(on).await?;
    for length in [0, 1_000, 300_000, 1_700_000, 20_000_000, 100_000_000] {
        let length = Duration::from_nanos(length);
        let start = on.now();
        stream.set_read_deadline(Some(start + length));
        ensure_timeout(on.timeout(SOON, stream.read_u8()).await?, "read")?;
        let took = on.now() - start;
        ensure!(took >= length, "{took:?} instead of {length:?}");
    }
    Ok(())
}

async fn a_write_ends_at_its_deadline_when_the_peer_does_not_read<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (mut stream, mut peer) = deadlined_pair(on).await?;
    let sent = on.fill(&mut stream).await?;
    let start = on.now();
    stream.set_write_deadline(Some(start + SHORT));
    let chunk = vec![1; 1 << 16];
    let mut more = 0;
    let result = on.timeout(SOON, async {
        loop {
            match stream.write(&chunk).await {
                Ok(count) => more += count,
                Err(error) => return Err::<(), _>(error),
            }
        }
    });
    ensure_timeout(result.await?, "write")?;
    ensure!(on.now() - start >= SHORT);

    // Exactly what was reported has been sent, and the stream still works.
    let reading = tokio::spawn(async move {
        let mut received = Vec::new();
        peer.read_to_end(&mut received).await.map(|_| received)
    });
    ensure_timeout(stream.shutdown().await, "write")?;
    stream.set_write_deadline(Some(after(on, SOON)));
    stream.write_all(b"end").await?;
    stream.shutdown().await?;
    let received = reading.await??;
    ensure_eq!(received.len(), sent + more + 3);
    ensure!(received.ends_with(b"end"));
    Ok(())
}

async fn a_deadline_in_the_past_fails_at_once_though_data_is_there<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (mut stream, mut peer) = deadlined_pair(on).await?;
    peer.write_all(b"READ TIMEOUT TEST").await?;
    // The data has arrived.
    ensure_eq!(stream.read_u8().await?, b'R');
    for past in [long_ago(on), on.now(), long_ago(on)] {
        stream.set_deadline(Some(past));
        for _ in 0..2 {
            ensure_timeout(stream.read(&mut [0]).await, "read")?;
            ensure_timeout(stream.write(b"lost").await, "write")?;
            ensure_timeout(stream.flush().await, "write")?;
        }
    }
    // Without the deadline, it continues where it was.
    stream.set_deadline(None);
    let mut rest = [0; 16];
    stream.read_exact(&mut rest).await?;
    ensure_eq!(&rest, b"EAD TIMEOUT TEST");
    stream.write_all(b"sent").await?;
    drop(stream);
    let mut text = String::new();
    peer.read_to_string(&mut text).await?;
    ensure_eq!(text, "sent");
    Ok(())
}

async fn a_stream_is_of_use_after_a_deadline<F: Fixture>(on: &Subject<F>) -> Checked {
    let mut stream = deadlined_echo(on).await?;
    for _ in 0..3 {
        deadlined_round_trip(on, &mut stream).await?;
        stream.set_deadline(Some(long_ago(on)));
        ensure_timeout(stream.write(&[0; 1024]).await, "write")?;
        ensure_timeout(stream.read(&mut [0; 1024]).await, "read")?;
        deadlined_round_trip(on, &mut stream).await?;
        stream.set_read_deadline(Some(after(on, SHORT)));
        ensure_timeout(stream.read_u8().await, "read")?;
    }
    Ok(())
}

async fn the_deadline_of_one_direction_leaves_the_other_alone<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (mut stream, mut peer) = deadlined_pair(on).await?;
    stream.set_read_deadline(Some(long_ago(on)));
    stream.write_u8(1).await?;
    ensure_eq!(peer.read_u8().await?, 1);

    stream.set_deadline(Some(long_ago(on)));
    stream.set_read_deadline(None);
    ensure_hangs(on, stream.read_u8()).await?;
    peer.write_u8(2).await?;
    ensure_eq!(stream.read_u8().await?, 2);
    ensure_timeout(stream.write(b"x").await, "write")?;

    stream.set_deadline(Some(long_ago(on)));
    stream.set_write_deadline(None);
    on.fill(&mut stream).await?;
    ensure_hangs(on, stream.write(b"x")).await?;
    Ok(())
}

async fn another_task_interrupts_calls_that_are_pending<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut stream, _peer) = deadlined_pair(on).await?;
    on.fill(&mut stream).await?;
    let deadlines = stream.deadlines();
    let (mut read, mut write) = stream.into_split();
    let reading = tokio::spawn(async move { (read.read_u8().await, read) });
    let writing = tokio::spawn(async move { (write.write(b"x").await, write) });
    on.sleep(QUIET).await;
    ensure!(!reading.is_finished() && !writing.is_finished());

    deadlines.set_deadline(Some(long_ago(on)));
    let (result, _read) = on.timeout(SOON, reading).await??;
    ensure_timeout(result, "read")?;
    let (result, _write) = on.timeout(SOON, writing).await??;
    ensure_timeout(result, "write")?;
    Ok(())
}

async fn a_pending_read_sees_its_deadline_move<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut stream, _peer) = deadlined_pair(on).await?;
    let deadlines = stream.deadlines();
    let start = on.now();
    stream.set_read_deadline(Some(start + QUIET));
    let reading = tokio::spawn(async move { (stream.read_u8().await, stream) });
    on.sleep(QUIET / 2).await;
    deadlines.set_read_deadline(Some(start + 3 * QUIET));
    let (result, mut stream) = on.timeout(SOON, reading).await??;
    ensure_timeout(result, "read")?;
    ensure!((on.now() - start) >= 3 * QUIET, "{:?}", (on.now() - start));

    // Moved closer.
    stream.set_read_deadline(Some(after(on, 6 * SOON)));
    let reading = tokio::spawn(async move { (stream.read_u8().await, stream) });
    on.sleep(SHORT).await;
    deadlines.set_read_deadline(Some(after(on, SHORT)));
    let (result, mut stream) = on.timeout(SOON, reading).await??;
    ensure_timeout(result, "read")?;

    // And removed.
    stream.set_read_deadline(Some(after(on, SHORT)));
    let reading = tokio::spawn(async move { stream.read_u8().await });
    tokio::task::yield_now().await;
    deadlines.set_read_deadline(None);
    on.sleep(QUIET).await;
    ensure!(!reading.is_finished());
    reading.abort();
    Ok(())
}

async fn halves_obey_the_deadlines_of_the_stream_and_of_each_other<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (stream, mut peer) = deadlined_pair(on).await?;
    stream.set_read_deadline(Some(after(on, SHORT)));
    let (mut read, mut write) = stream.into_split();
    ensure_timeout(read.read_u8().await, "read")?;
    write.write_u8(1).await?;
    ensure_eq!(peer.read_u8().await?, 1);

    read.deadlines().set_deadline(None);
    peer.write_u8(2).await?;
    ensure_eq!(read.read_u8().await?, 2);
    write.set_write_deadline(Some(long_ago(on)));
    ensure_timeout(write.write(b"x").await, "write")?;
    write.deadlines().set_read_deadline(Some(long_ago(on)));
    ensure_timeout(read.read_u8().await, "read")?;

    // Dropping a half ends its direction, whatever the deadline.
    drop(write);
    ensure_eq!(peer.read(&mut [0]).await?, 0);
    Ok(())
}

async fn reads_that_time_out_again_and_again_lose_no_byte<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut stream, mut peer) = deadlined_pair(on).await?;
    let sent = pattern(100_000);
    let copy = sent.clone();
    let timer = on.clone();
    let writer = tokio::spawn(async move {
        for chunk in copy.chunks(997) {
            peer.write_all(chunk).await?;
            timer.sleep(Duration::from_micros(300)).await;
        }
        peer.shutdown().await
    });
    let mut received = Vec::new();
    let mut timeouts = 0;
    loop {
        let patience = Duration::from_micros(timeouts * 13 % 400);
        stream.set_read_deadline(Some(after(on, patience)));
        let mut chunk = [0; 512];
        match stream.read(&mut chunk).await {
            Ok(0) => break,
            Ok(count) => received.extend_from_slice(&chunk[..count]),
            Err(error) => {
                ensure_eq!(error.kind(), ErrorKind::TimedOut);
                timeouts += 1;
                tokio::task::yield_now().await;
            }
        }
    }
    writer.await??;
    ensure!(timeouts > 0);
    ensure!(received == sent);
    Ok(())
}

async fn a_stream_that_is_always_busy_meets_its_deadline_too<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (stream, mut peer) = deadlined_pair(on).await?;
    let flood = tokio::spawn(async move {
        let chunk = [0; 1 << 14];
        while peer.write_all(&chunk).await.is_ok() {}
    });
    stream.set_read_deadline(Some(after(on, SHORT)));
    let (mut read, _write) = stream.into_split();
    let mut sink = tokio::io::sink();
    let copied = tokio::io::copy(&mut read, &mut sink);
    ensure_timeout(on.timeout(SOON, copied).await?, "read")?;
    flood.abort();
    Ok(())
}

async fn a_deadline_that_is_prolonged_before_each_call_is_never_met<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let mut stream = deadlined_echo(on).await?;
    for round in 0..1_000_u32 {
        stream.set_write_deadline(Some(after(on, SOON)));
        stream.write_u32(round).await?;
        stream.set_read_deadline(Some(after(on, SOON)));
        ensure_eq!(stream.read_u32().await?, round);
    }
    Ok(())
}

async fn slices_are_written_in_order_under_a_deadline<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut stream, mut peer) = deadlined_pair(on).await?;
    let parts = [io::IoSlice::new(b"one "), io::IoSlice::new(b"two")];
    stream.set_write_deadline(Some(long_ago(on)));
    ensure_timeout(stream.write_vectored(&parts).await, "write")?;
    stream.set_write_deadline(Some(after(on, SOON)));
    let written = stream.write_vectored(&parts).await?;
    ensure!(written > 0, "nothing is written");
    drop(stream);
    let mut text = String::new();
    peer.read_to_string(&mut text).await?;
    ensure_eq!(text, &"one two"[..written]);
    Ok(())
}

/// A short time, long enough to be in the future when it is used.
const SHORT: Duration = Duration::from_millis(30);

type DeadlinedOf<F> = Deadlined<StreamOf<F>, <F as Fixture>::Backend>;

/// Returns both ends of a connection, the first with deadlines.
async fn deadlined_pair<F: Fixture>(on: &Subject<F>) -> Result<(DeadlinedOf<F>, StreamOf<F>)> {
    let (one, other) = on.pair().await?;
    Ok((Deadlined::new(one, on.net.backend().clone()), other))
}

/// Returns a connection to a task that echoes.
async fn deadlined_echo<F: Fixture>(on: &Subject<F>) -> Result<DeadlinedOf<F>> {
    let (stream, other) = deadlined_pair(on).await?;
    tokio::spawn(echo(other));
    Ok(stream)
}

fn after<F: Fixture>(on: &Subject<F>, duration: Duration) -> Instant {
    on.now() + duration
}

fn long_ago<F: Fixture>(on: &Subject<F>) -> Instant {
    let now = on.now();
    // A guest's clock may have started just now.
    now.checked_sub(Duration::from_secs(1)).unwrap_or(now)
}

fn ensure_timeout<V>(result: io::Result<V>, direction: &str) -> Checked {
    let error = result.fails("the deadline is over")?;
    ensure_kind(&error, ErrorKind::TimedOut)?;
    ensure_eq!(error.to_string(), format!("{direction} deadline exceeded"));
    Ok(())
}

async fn ensure_hangs<F: Fixture>(on: &Subject<F>, future: impl Future) -> Checked {
    let is_over = on.timeout(QUIET, future).await.is_ok();
    ensure!(!is_over, "it does not wait");
    Ok(())
}

async fn deadlined_round_trip<F: Fixture>(on: &Subject<F>, stream: &mut DeadlinedOf<F>) -> Checked {
    stream.set_deadline(Some(after(on, SOON)));
    stream.write_all(b"Hello, world!").await?;
    let mut answer = [0; 13];
    stream.read_exact(&mut answer).await?;
    ensure_eq!(&answer, b"Hello, world!");
    Ok(())
}
