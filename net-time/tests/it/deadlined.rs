//! A stream with deadlines: what fails, when, and what does not.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use net_time::Deadlined;
use net_time::{sleep, timeout};
use net_traits::{Error, Operation, Stream, Timer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};

use crate::clock::Clock;
use crate::pipe::{CAPACITY, Pipe};

const SECOND: Duration = Duration::from_secs(1);

/// A stream on the clock of a fake, the fake, and the peer.
fn pipe() -> (Deadlined<Pipe, Clock>, Clock, DuplexStream) {
    let (near, far) = Pipe::pair();
    let fake = Clock::new();
    (Deadlined::new(near, fake.clone()), fake, far)
}

#[track_caller]
fn assert_read_timeout<V: std::fmt::Debug>(result: io::Result<V>) {
    assert_timeout(result, "read deadline exceeded");
}

#[track_caller]
fn assert_write_timeout<V: std::fmt::Debug>(result: io::Result<V>) {
    assert_timeout(result, "write deadline exceeded");
}

#[track_caller]
fn assert_timeout<V: std::fmt::Debug>(result: io::Result<V>, message: &str) {
    let error = result.expect_err("a deadline");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), message);
}

/// Whether it is still pending after a long time.
async fn hangs(fake: &Clock, future: impl Future) -> bool {
    timeout(fake, 3600 * SECOND, future).await.is_err()
}

/// Writes until nothing more fits.
async fn fill(stream: &mut (impl AsyncWrite + Unpin)) {
    stream.write_all(&[0; CAPACITY]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_pending_read_fails_at_the_deadline() {
    let (mut stream, fake, _far) = pipe();
    stream.set_read_deadline(Some(fake.now() + SECOND));
    assert_read_timeout(stream.read_u8().await);
    assert_eq!(fake.clock(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_pending_write_fails_at_the_deadline() {
    let (mut stream, fake, _far) = pipe();
    fill(&mut stream).await;
    stream.set_write_deadline(Some(fake.now() + SECOND));
    assert_write_timeout(stream.write(b"x").await);
    assert_eq!(fake.clock(), 1000);
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_time_is_read() {
    let (mut stream, fake, mut far) = pipe();
    stream.set_deadline(Some(fake.now() + SECOND));
    let late = async {
        sleep(&fake, SECOND / 2).await;
        far.write_u8(7).await
    };
    let (read, written) = tokio::join!(stream.read_u8(), late);
    written.unwrap();
    assert_eq!(read.unwrap(), 7);
    assert_eq!(fake.clock(), 500);
}

#[tokio::test(start_paused = true)]
async fn after_its_deadline_a_read_does_not_take_what_is_there() {
    let (mut stream, fake, mut far) = pipe();
    far.write_all(b"here").await.unwrap();
    let start = fake.now();
    sleep(&fake, SECOND).await;
    for past in [start, fake.now()] {
        stream.set_read_deadline(Some(past));
        assert_read_timeout(stream.read_u8().await);
    }
    stream.set_read_deadline(None);
    let mut text = [0; 4];
    stream.read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"here");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_is_not_read_after_the_deadline_either() {
    let (mut stream, fake, far) = pipe();
    drop(far);
    stream.set_read_deadline(Some(fake.now()));
    assert_read_timeout(stream.read(&mut [0]).await);
    stream.set_read_deadline(None);
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn after_its_deadline_a_write_fails_though_there_is_room() {
    let (mut stream, fake, mut far) = pipe();
    stream.set_write_deadline(Some(fake.now()));
    assert_write_timeout(stream.write(b"lost").await);
    assert_write_timeout(stream.write_vectored(&[io::IoSlice::new(b"lost")]).await);
    stream.set_write_deadline(None);
    stream.write_all(b"sent").await.unwrap();
    let mut text = [0; 4];
    far.read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"sent");
}

#[tokio::test(start_paused = true)]
async fn to_flush_and_to_shut_down_count_as_writes() {
    let (mut stream, fake, mut far) = pipe();
    stream.set_write_deadline(Some(fake.now()));
    assert_write_timeout(stream.flush().await);
    assert_write_timeout(stream.shutdown().await);
    stream.set_write_deadline(None);
    stream.set_read_deadline(Some(fake.now()));
    stream.flush().await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn every_further_call_fails_until_the_deadline_is_moved() {
    let (mut stream, fake, mut far) = pipe();
    stream.set_deadline(Some(fake.now() + SECOND));
    for _ in 0..3 {
        assert_read_timeout(stream.read_u8().await);
        assert_write_timeout(stream.write(b"x").await);
    }
    far.write_u8(7).await.unwrap();
    assert_read_timeout(stream.read_u8().await);
    assert_eq!(fake.clock(), 1000);

    stream.set_deadline(Some(fake.now() + SECOND));
    assert_eq!(stream.read_u8().await.unwrap(), 7);
    stream.write_all(b"x").await.unwrap();
    assert_read_timeout(stream.read_u8().await);
    assert_eq!(fake.clock(), 2000);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_one_direction_does_not_touch_the_other() {
    let (mut stream, fake, mut far) = pipe();
    stream.set_read_deadline(Some(fake.now()));
    stream.write_all(b"x").await.unwrap();
    fill(&mut far).await;

    stream.set_read_deadline(None);
    stream.set_write_deadline(Some(fake.now()));
    stream.read_exact(&mut [0; CAPACITY]).await.unwrap();
    assert!(hangs(&fake, stream.read_u8()).await);
}

#[tokio::test(start_paused = true)]
async fn what_one_call_sets_the_next_replaces() {
    let (mut stream, fake, _far) = pipe();
    stream.set_deadline(Some(fake.now()));
    stream.set_write_deadline(Some(fake.now()));
    stream.set_read_deadline(None);
    assert!(hangs(&fake, stream.read_u8()).await);
    assert_write_timeout(stream.write(b"x").await);
    stream.set_read_deadline(Some(fake.now()));
    stream.set_deadline(None);
    stream.write_all(b"x").await.unwrap();
    assert!(hangs(&fake, stream.read_u8()).await);
}

/// Reads in a task, with a first deadline in a second, and changes it half a
/// second before; gives the result and when it came.
async fn changed_while_pending(
    change: impl FnOnce(Instant) -> Option<Instant>,
) -> Option<(io::Result<u8>, u64)> {
    let (mut stream, fake, _far) = pipe();
    stream.set_read_deadline(Some(fake.now() + SECOND));
    let deadlines = stream.deadlines();
    let clock = fake.clone();
    let reading = tokio::spawn(async move {
        let result = stream.read_u8().await;
        (result, clock.clock())
    });
    sleep(&fake, SECOND / 2).await;
    deadlines.set_read_deadline(change(fake.now()));
    let done = timeout(&fake, 3600 * SECOND, reading).await;
    done.ok().map(|joined| joined.unwrap())
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_pending_read_may_move() {
    for (moved, at) in [
        (0, 500),
        (100, 600),
        (400, 900),
        (700, 1200),
        (9_500, 10_000),
    ] {
        let change = |now| Some(now + Duration::from_millis(moved));
        let (result, clock) = changed_while_pending(change).await.expect("a deadline");
        assert_read_timeout(result);
        assert!((at..=at + 10).contains(&clock), "{clock} instead of {at}");
    }
    assert!(changed_while_pending(|_| None).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_moved_to_and_fro_counts_as_set_last() {
    let (mut stream, fake, _far) = pipe();
    let deadlines = stream.deadlines();
    let start = fake.now();
    let moving = async {
        for millis in [5_000, 2_000, 9_000, 4_000, 4_000, 3_000] {
            deadlines.set_read_deadline(Some(start + Duration::from_millis(millis)));
            sleep(&fake, SECOND / 10).await;
            deadlines.set_read_deadline(None);
            sleep(&fake, SECOND / 10).await;
        }
        deadlines.set_read_deadline(Some(start + 6 * SECOND));
    };
    let (read, ()) = tokio::join!(stream.read_u8(), moving);
    assert_read_timeout(read);
    assert_eq!(fake.clock(), 6000);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_reaches_a_read_that_waited_before_there_ever_was_one() {
    let (stream, fake, _far) = pipe();
    let stream = Arc::new(Mutex::new(stream));
    let shared = Arc::clone(&stream);
    let reading = tokio::spawn(poll_fn(move |cx| {
        let mut stream = shared.lock().unwrap();
        Pin::new(&mut *stream).poll_read(cx, &mut ReadBuf::new(&mut [0]))
    }));
    sleep(&fake, SECOND).await;
    stream.lock().unwrap().set_read_deadline(Some(fake.now()));
    let done = timeout(&fake, SECOND, reading).await;
    assert_read_timeout(done.expect("it was woken").unwrap());
}

#[tokio::test(start_paused = true)]
async fn halves_keep_the_deadlines_that_were_set_before() {
    let (stream, fake, mut far) = pipe();
    stream.set_read_deadline(Some(fake.now() + SECOND));
    let (mut read, mut write) = stream.into_split();
    write.write_all(b"x").await.unwrap();
    assert_eq!(far.read_u8().await.unwrap(), b'x');
    assert_read_timeout(read.read_u8().await);
    assert_eq!(fake.clock(), 1000);
    write.write_all(b"x").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn halves_share_their_deadlines_with_every_handle() {
    let (stream, fake, _far) = pipe();
    let before = stream.deadlines();
    let (mut read, mut write) = stream.into_split();
    fill(&mut write).await;

    write.deadlines().set_deadline(Some(fake.now() + SECOND));
    let (one, other) = tokio::join!(read.read_u8(), write.write(b"x"));
    assert_read_timeout(one);
    assert_write_timeout(other);
    assert_eq!(fake.clock(), 1000);

    before.clone().set_deadline(None);
    assert!(hangs(&fake, read.read_u8()).await);
    assert!(hangs(&fake, write.write(b"x")).await);

    read.set_read_deadline(Some(fake.now()));
    assert_read_timeout(read.read_u8().await);
    assert!(hangs(&fake, write.write(b"x")).await);
    write.set_write_deadline(Some(fake.now()));
    assert_write_timeout(write.write(b"x").await);
}

#[tokio::test(start_paused = true)]
async fn a_half_that_waits_is_interrupted_from_another_task() {
    let (stream, fake, _far) = pipe();
    let deadlines = stream.deadlines();
    let (mut read, mut write) = stream.into_split();
    fill(&mut write).await;
    let reading = tokio::spawn(async move { read.read_u8().await });
    let writing = tokio::spawn(async move { write.write(b"x").await });
    sleep(&fake, SECOND).await;
    assert!(!reading.is_finished() && !writing.is_finished());
    deadlines.set_deadline(Some(fake.now()));
    assert_read_timeout(reading.await.unwrap());
    assert_write_timeout(writing.await.unwrap());
    // The stream is gone. Nothing happens.
    deadlines.set_deadline(None);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_is_never_reached_is_no_trouble() {
    let (mut stream, fake, mut far) = pipe();
    stream.set_deadline(Some(fake.now() + 100 * 365 * 86_400 * SECOND));
    assert!(hangs(&fake, stream.read_u8()).await);
    far.write_u8(7).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn the_error_is_a_timeout_for_those_who_take_errors_of_the_network() {
    let (mut stream, fake, _far) = pipe();
    stream.set_deadline(Some(fake.now()));
    let error = Error::from(stream.read_u8().await.unwrap_err());
    assert!(error.is_timeout());
    assert_eq!(error.operation(), Operation::Transfer);
    assert_eq!(error.to_string(), "read or write: read deadline exceeded");
    let error = Error::from(stream.write(b"x").await.unwrap_err());
    assert!(error.is_timeout());
    assert_eq!(error.to_string(), "read or write: write deadline exceeded");
}

#[tokio::test(start_paused = true)]
async fn all_else_is_that_of_the_stream_within() {
    let (stream, fake, mut far) = pipe();
    stream.set_deadline(Some(fake.now()));
    assert_eq!(stream.peer_addr().unwrap().to_string(), "127.0.0.1:2");
    assert_eq!(stream.local_addr().unwrap().to_string(), "127.0.0.1:1");
    assert_eq!(
        stream.is_write_vectored(),
        stream.get_ref().is_write_vectored()
    );
    let error = stream.set_nodelay(true).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let mut plain = stream.into_inner();
    plain.write_all(b"x").await.unwrap();
    assert_eq!(far.read_u8().await.unwrap(), b'x');
}

#[tokio::test(start_paused = true)]
async fn a_deadline_reaches_whoever_waits_last() {
    let (mut stream, fake, _far) = pipe();
    let deadlines = stream.deadlines();
    // Waits here first, then in a task.
    let early = poll_fn(|cx| {
        let polled = Pin::new(&mut stream).poll_read(cx, &mut ReadBuf::new(&mut [0]));
        Poll::Ready(polled.is_pending())
    });
    assert!(early.await);
    let reading = tokio::spawn(async move { (stream.read_u8().await, stream) });
    tokio::task::yield_now().await;
    deadlines.set_read_deadline(Some(fake.now() + SECOND));
    let (result, mut stream) = timeout(&fake, 2 * SECOND, reading).await.unwrap().unwrap();
    assert_read_timeout(result);
    assert_eq!(fake.clock(), 1000);
    assert_read_timeout(stream.read_u8().await);
}
