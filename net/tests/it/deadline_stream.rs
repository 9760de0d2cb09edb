//! Streams with deadlines: what Go promises of its connections.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use net::prelude::*;
use net::target::Stream;
use net::time::{sleep, timeout};
use net::{Deadlined, Error, Result, with_deadlines};

use crate::support::{QUIET, SOON, echo, fill, pair, pattern, run};

/// A time that passes quickly and is still long enough to be in the future.
const SHORT: Duration = Duration::from_millis(30);

/// The two ends of a connection, the one that dialed with deadlines.
async fn deadlined_pair() -> Result<(Deadlined, Stream)> {
    let (dialed, accepted) = pair().await?;
    Ok((with_deadlines(dialed), accepted))
}

/// A connection to a task that sends back what comes.
async fn deadlined_echo() -> Result<Deadlined> {
    let (stream, accepted) = deadlined_pair().await?;
    net::spawn(echo(accepted));
    Ok(stream)
}

fn after(duration: Duration) -> Instant {
    Instant::now() + duration
}

fn long_ago() -> Instant {
    let now = Instant::now();
    // A guest's clock may have begun just now.
    now.checked_sub(Duration::from_secs(1)).unwrap_or(now)
}

#[track_caller]
fn assert_timeout<V: std::fmt::Debug>(result: io::Result<V>, direction: &str) {
    let error = result.expect_err("a deadline");
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert_eq!(error.to_string(), format!("{direction} deadline exceeded"));
    assert!(Error::from(error).is_timeout());
}

async fn assert_hangs(future: impl Future) {
    assert!(timeout(QUIET, future).await.is_err());
}

async fn round_trip(stream: &mut Deadlined) -> io::Result<()> {
    stream.set_deadline(Some(after(SOON)));
    stream.write_all(b"Hello, world!").await?;
    let mut answer = [0; 13];
    stream.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"Hello, world!");
    Ok(())
}

#[test]
fn a_read_without_data_ends_at_its_deadline_and_not_before() -> Result<()> {
    run(async {
        let (mut stream, _peer) = deadlined_pair().await?;
        for length in [0, 1_000, 300_000, 1_700_000, 20_000_000, 100_000_000] {
            let length = Duration::from_nanos(length);
            let start = Instant::now();
            stream.set_read_deadline(Some(start + length));
            assert_timeout(timeout(SOON, stream.read_u8()).await?, "read");
            let took = start.elapsed();
            assert!(took >= length, "{took:?} instead of {length:?}");
        }
        Ok(())
    })
}

#[test]
fn a_write_ends_at_its_deadline_when_the_peer_does_not_read() -> Result<()> {
    run(async {
        let (mut stream, mut peer) = deadlined_pair().await?;
        let sent = fill(&mut stream).await?;
        let start = Instant::now();
        stream.set_write_deadline(Some(start + SHORT));
        let chunk = vec![1; 1 << 16];
        let mut more = 0;
        let result = timeout(SOON, async {
            loop {
                match stream.write(&chunk).await {
                    Ok(count) => more += count,
                    Err(error) => return Err::<(), _>(error),
                }
            }
        });
        assert_timeout(result.await?, "write");
        assert!(start.elapsed() >= SHORT);

        // Just what was reported has been sent, and the stream goes on.
        let reading = net::spawn(async move {
            let mut received = Vec::new();
            peer.read_to_end(&mut received).await.map(|_| received)
        });
        assert_timeout(stream.shutdown().await, "write");
        stream.set_write_deadline(Some(after(SOON)));
        stream.write_all(b"end").await?;
        stream.shutdown().await?;
        let received = reading.await??;
        assert_eq!(received.len(), sent + more + 3);
        assert!(received.ends_with(b"end"));
        Ok(())
    })
}

#[test]
fn a_deadline_in_the_past_fails_at_once_though_data_is_there() -> Result<()> {
    run(async {
        let (mut stream, mut peer) = deadlined_pair().await?;
        peer.write_all(b"READ TIMEOUT TEST").await?;
        // It has come.
        assert_eq!(stream.read_u8().await?, b'R');
        for past in [long_ago(), Instant::now(), long_ago()] {
            stream.set_deadline(Some(past));
            for _ in 0..2 {
                assert_timeout(stream.read(&mut [0]).await, "read");
                assert_timeout(stream.write(b"lost").await, "write");
                assert_timeout(stream.flush().await, "write");
            }
        }
        // Cleared, it goes on where it was.
        stream.set_deadline(None);
        let mut rest = [0; 16];
        stream.read_exact(&mut rest).await?;
        assert_eq!(&rest, b"EAD TIMEOUT TEST");
        stream.write_all(b"sent").await?;
        drop(stream);
        let mut text = String::new();
        peer.read_to_string(&mut text).await?;
        assert_eq!(text, "sent");
        Ok(())
    })
}

#[test]
fn a_stream_is_of_use_after_a_deadline() -> Result<()> {
    run(async {
        let mut stream = deadlined_echo().await?;
        for _ in 0..3 {
            round_trip(&mut stream).await?;
            stream.set_deadline(Some(long_ago()));
            assert_timeout(stream.write(&[0; 1024]).await, "write");
            assert_timeout(stream.read(&mut [0; 1024]).await, "read");
            round_trip(&mut stream).await?;
            stream.set_read_deadline(Some(after(SHORT)));
            assert_timeout(stream.read_u8().await, "read");
        }
        Ok(())
    })
}

#[test]
fn the_deadline_of_one_direction_leaves_the_other_alone() -> Result<()> {
    run(async {
        let (mut stream, mut peer) = deadlined_pair().await?;
        stream.set_read_deadline(Some(long_ago()));
        stream.write_u8(1).await?;
        assert_eq!(peer.read_u8().await?, 1);

        stream.set_deadline(Some(long_ago()));
        stream.set_read_deadline(None);
        assert_hangs(stream.read_u8()).await;
        peer.write_u8(2).await?;
        assert_eq!(stream.read_u8().await?, 2);
        assert_timeout(stream.write(b"x").await, "write");

        stream.set_deadline(Some(long_ago()));
        stream.set_write_deadline(None);
        fill(&mut stream).await?;
        assert_hangs(stream.write(b"x")).await;
        Ok(())
    })
}

#[test]
fn another_task_interrupts_calls_that_are_pending() -> Result<()> {
    run(async {
        let (mut stream, _peer) = deadlined_pair().await?;
        fill(&mut stream).await?;
        let deadlines = stream.deadlines();
        let (mut read, mut write) = stream.into_split();
        let reading = net::spawn(async move { (read.read_u8().await, read) });
        let writing = net::spawn(async move { (write.write(b"x").await, write) });
        sleep(QUIET).await;
        assert!(!reading.is_finished() && !writing.is_finished());

        deadlines.set_deadline(Some(long_ago()));
        let (result, _read) = timeout(SOON, reading).await??;
        assert_timeout(result, "read");
        let (result, _write) = timeout(SOON, writing).await??;
        assert_timeout(result, "write");
        Ok(())
    })
}

#[test]
fn a_pending_read_sees_its_deadline_move() -> Result<()> {
    run(async {
        let (mut stream, _peer) = deadlined_pair().await?;
        let deadlines = stream.deadlines();
        let start = Instant::now();
        stream.set_read_deadline(Some(start + QUIET));
        let reading = net::spawn(async move { (stream.read_u8().await, stream) });
        sleep(QUIET / 2).await;
        deadlines.set_read_deadline(Some(start + 3 * QUIET));
        let (result, mut stream) = timeout(SOON, reading).await??;
        assert_timeout(result, "read");
        assert!(start.elapsed() >= 3 * QUIET, "{:?}", start.elapsed());

        // From far to near.
        stream.set_read_deadline(Some(after(6 * SOON)));
        let reading = net::spawn(async move { (stream.read_u8().await, stream) });
        sleep(SHORT).await;
        deadlines.set_read_deadline(Some(after(SHORT)));
        let (result, mut stream) = timeout(SOON, reading).await??;
        assert_timeout(result, "read");

        // And away.
        stream.set_read_deadline(Some(after(SHORT)));
        let reading = net::spawn(async move { stream.read_u8().await });
        tokio::task::yield_now().await;
        deadlines.set_read_deadline(None);
        sleep(QUIET).await;
        assert!(!reading.is_finished());
        reading.abort();
        Ok(())
    })
}

#[test]
fn halves_obey_the_deadlines_of_the_stream_and_of_each_other() -> Result<()> {
    run(async {
        let (stream, mut peer) = deadlined_pair().await?;
        stream.set_read_deadline(Some(after(SHORT)));
        let (mut read, mut write) = stream.into_split();
        assert_timeout(read.read_u8().await, "read");
        write.write_u8(1).await?;
        assert_eq!(peer.read_u8().await?, 1);

        read.deadlines().set_deadline(None);
        peer.write_u8(2).await?;
        assert_eq!(read.read_u8().await?, 2);
        write.set_write_deadline(Some(long_ago()));
        assert_timeout(write.write(b"x").await, "write");
        write.deadlines().set_read_deadline(Some(long_ago()));
        assert_timeout(read.read_u8().await, "read");

        // Dropping ends the direction, whatever the deadline.
        drop(write);
        assert_eq!(peer.read(&mut [0]).await?, 0);
        Ok(())
    })
}

#[test]
fn reads_that_time_out_again_and_again_lose_no_byte() -> Result<()> {
    run(async {
        let (mut stream, mut peer) = deadlined_pair().await?;
        let sent = pattern(100_000);
        let copy = sent.clone();
        let writer = net::spawn(async move {
            for chunk in copy.chunks(997) {
                peer.write_all(chunk).await?;
                sleep(Duration::from_micros(300)).await;
            }
            peer.shutdown().await
        });
        let mut received = Vec::new();
        let mut timeouts = 0;
        loop {
            let patience = Duration::from_micros(timeouts * 13 % 400);
            stream.set_read_deadline(Some(after(patience)));
            let mut chunk = [0; 512];
            match stream.read(&mut chunk).await {
                Ok(0) => break,
                Ok(count) => received.extend_from_slice(&chunk[..count]),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::TimedOut);
                    timeouts += 1;
                    tokio::task::yield_now().await;
                }
            }
        }
        writer.await??;
        assert!(timeouts > 0);
        assert!(received == sent);
        Ok(())
    })
}

#[test]
fn a_stream_that_is_always_busy_meets_its_deadline_too() -> Result<()> {
    run(async {
        let (stream, mut peer) = deadlined_pair().await?;
        let flood = net::spawn(async move {
            let chunk = [0; 1 << 14];
            while peer.write_all(&chunk).await.is_ok() {}
        });
        stream.set_read_deadline(Some(after(SHORT)));
        let (mut read, _write) = stream.into_split();
        let mut sink = tokio::io::sink();
        let copied = tokio::io::copy(&mut read, &mut sink);
        assert_timeout(timeout(SOON, copied).await?, "read");
        flood.abort();
        Ok(())
    })
}

#[test]
fn a_deadline_that_is_prolonged_before_each_call_is_never_met() -> Result<()> {
    run(async {
        let mut stream = deadlined_echo().await?;
        for round in 0..1_000_u32 {
            stream.set_write_deadline(Some(after(SOON)));
            stream.write_u32(round).await?;
            stream.set_read_deadline(Some(after(SOON)));
            assert_eq!(stream.read_u32().await?, round);
        }
        Ok(())
    })
}

#[test]
fn slices_are_written_in_order_under_a_deadline() -> Result<()> {
    run(async {
        let (mut stream, mut peer) = deadlined_pair().await?;
        let parts = [io::IoSlice::new(b"one "), io::IoSlice::new(b"two")];
        assert!(stream.is_write_vectored());
        stream.set_write_deadline(Some(long_ago()));
        assert_timeout(stream.write_vectored(&parts).await, "write");
        stream.set_write_deadline(Some(after(SOON)));
        assert_eq!(stream.write_vectored(&parts).await?, 7);
        drop(stream);
        let mut text = String::new();
        peer.read_to_string(&mut text).await?;
        assert_eq!(text, "one two");
        Ok(())
    })
}
