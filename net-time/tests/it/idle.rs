//! A stream that gives up when nothing moves.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use net_time::IdleTimeout;
use net_time::{sleep, timeout};
use net_traits::{Error, Stream, Timer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::task::coop;

use crate::clock::Clock;
use crate::pipe::{CAPACITY, Pipe};

const SECOND: Duration = Duration::from_secs(1);

/// A stream that may be idle for a second, the clock, and the peer.
fn pipe() -> (IdleTimeout<Pipe, Clock>, Clock, DuplexStream) {
    pipe_with(SECOND)
}

fn pipe_with(duration: Duration) -> (IdleTimeout<Pipe, Clock>, Clock, DuplexStream) {
    let (near, far) = Pipe::pair();
    let fake = Clock::new();
    (IdleTimeout::new(near, fake.clone(), duration), fake, far)
}

#[track_caller]
fn assert_idle<V: std::fmt::Debug>(result: io::Result<V>) {
    let error = result.expect_err("silence");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "nothing was read or written for 1s");
}

#[tokio::test(start_paused = true)]
async fn a_read_fails_after_so_long_a_silence() {
    let (mut stream, fake, _far) = pipe();
    assert_idle(stream.read_u8().await);
    assert_eq!(fake.clock(), 1000);
    // The next one does not wait again.
    assert_idle(stream.read_u8().await);
    assert_eq!(fake.clock(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_write_fails_when_nobody_reads_for_so_long() {
    let (mut stream, fake, _far) = pipe();
    sleep(&fake, SECOND / 2).await;
    assert_idle(stream.write_all(&[0; CAPACITY + 1]).await);
    assert_eq!(fake.clock(), 1500);
}

#[tokio::test(start_paused = true)]
async fn every_byte_that_is_read_restarts_the_time() {
    let (mut stream, fake, mut far) = pipe();
    let slow_peer = async {
        for byte in 0..10 {
            sleep(&fake, SECOND * 9 / 10).await;
            far.write_u8(byte).await.unwrap();
        }
        // Stays, and says nothing more.
        sleep(&fake, SECOND * 10).await;
    };
    let reading = async {
        for byte in 0..10 {
            assert_eq!(stream.read_u8().await.unwrap(), byte);
        }
        assert_idle(stream.read_u8().await);
        assert_eq!(fake.clock() / 100, 100);
    };
    tokio::join!(reading, slow_peer);
}

#[tokio::test(start_paused = true)]
async fn writes_restart_the_time_of_a_pending_read() {
    let (stream, fake, mut far) = pipe();
    let (mut read, mut write) = stream.into_split();
    let writing = async {
        for byte in 0..10 {
            sleep(&fake, SECOND * 9 / 10).await;
            write.write_u8(byte).await.unwrap();
        }
    };
    let reading = async {
        assert_idle(read.read_u8().await);
        assert_eq!(fake.clock() / 100, 100);
    };
    tokio::join!(writing, reading);
    far.read_exact(&mut [0; 10]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn reads_restart_the_time_of_a_pending_write() {
    let (stream, fake, mut far) = pipe();
    let (mut read, mut write) = stream.into_split();
    let peer = async {
        for byte in 0..10 {
            sleep(&fake, SECOND * 9 / 10).await;
            far.write_u8(byte).await.unwrap();
        }
        sleep(&fake, SECOND * 10).await;
    };
    let reading = async {
        for byte in 0..10 {
            assert_eq!(read.read_u8().await.unwrap(), byte);
        }
    };
    let writing = async {
        assert_idle(write.write_all(&[0; CAPACITY + 1]).await);
        assert_eq!(fake.clock() / 100, 100);
    };
    tokio::join!(peer, reading, writing);
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_read_however_long_nothing_was() {
    let (mut stream, fake, mut far) = pipe();
    far.write_all(b"ab").await.unwrap();
    sleep(&fake, 3600 * SECOND).await;
    assert_eq!(stream.read_u8().await.unwrap(), b'a');
    sleep(&fake, 3600 * SECOND).await;
    stream.write_all(b"x").await.unwrap();
    sleep(&fake, 3600 * SECOND).await;
    assert_eq!(stream.read_u8().await.unwrap(), b'b');
    drop(far);
    sleep(&fake, 3600 * SECOND).await;
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_stream_goes_on_when_the_peer_moves_again() {
    let (mut stream, fake, mut far) = pipe();
    assert_idle(stream.read_u8().await);
    far.write_u8(7).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), 7);
    assert_idle(stream.read_u8().await);
    assert_eq!(fake.clock(), 2000);
}

#[tokio::test(start_paused = true)]
async fn calls_that_move_no_byte_do_not_restart_the_time() {
    let (mut stream, fake, _far) = pipe();
    sleep(&fake, SECOND / 2).await;
    stream.flush().await.unwrap();
    assert_eq!(stream.write(&[]).await.unwrap(), 0);
    assert_eq!(stream.read(&mut []).await.unwrap(), 0);
    assert_idle(stream.read_u8().await);
    assert_eq!(fake.clock(), 1000);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_pending_read_loses_neither_bytes_nor_the_time() {
    let (mut stream, fake, mut far) = pipe();
    for _ in 0..5 {
        let early = timeout(&fake, SECOND / 10, stream.read_u8()).await;
        assert!(early.is_err());
    }
    assert_idle(stream.read_u8().await);
    assert_eq!(fake.clock(), 1000);
    far.write_u8(7).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn no_time_at_all_and_endless_time_are_no_trouble() {
    let (mut stream, fake, mut far) = pipe_with(Duration::ZERO);
    far.write_u8(7).await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), 7);
    let error = stream.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(fake.clock(), 0);

    let (mut stream, fake, _far) = pipe_with(Duration::MAX);
    let long = timeout(&fake, 3600 * SECOND, stream.read_u8()).await;
    assert!(long.is_err());
}

/// tokio's clock, with sleeps that end in busy tasks too: other clocks have
/// such.
#[derive(Debug, Clone)]
struct Strict;

impl Timer for Strict {
    type Sleep = coop::Unconstrained<tokio::time::Sleep>;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, deadline: Instant) -> Self::Sleep {
        coop::unconstrained(tokio::time::sleep_until(deadline.into()))
    }
}

/// A stream says "pending" to a task whose budget is used up.
#[tokio::test(start_paused = true)]
async fn a_busy_task_does_not_take_its_own_haste_for_silence() {
    let (near, mut far) = Pipe::pair();
    let mut stream = IdleTimeout::new(near, Strict, SECOND);
    far.write_u8(7).await.unwrap();
    sleep(&Strict, 2 * SECOND).await;
    let mut rounds = 0;
    let mut byte = [0];
    poll_fn(|cx| {
        if rounds == 0 {
            while let Poll::Ready(unit) = coop::poll_proceed(cx) {
                unit.made_progress();
            }
        }
        rounds += 1;
        let polled = Pin::new(&mut stream).poll_read(cx, &mut ReadBuf::new(&mut byte));
        Poll::Ready(ready!(polled))
    })
    .await
    .unwrap();
    assert_eq!((byte, rounds), ([7], 2));
}

#[tokio::test(start_paused = true)]
async fn the_error_is_a_timeout_for_those_who_take_errors_of_the_network() {
    let (mut stream, fake, mut far) = pipe();
    let error = Error::from(stream.read_u8().await.unwrap_err());
    assert!(error.is_timeout());
    assert_eq!(stream.peer_addr().unwrap().to_string(), "127.0.0.1:2");
    assert_eq!(
        stream.get_ref().local_addr().unwrap(),
        stream.local_addr().unwrap()
    );
    let mut plain = stream.into_inner();
    assert!(timeout(&fake, 10 * SECOND, plain.read_u8()).await.is_err());
    far.write_u8(7).await.unwrap();
    assert_eq!(plain.read_u8().await.unwrap(), 7);
}
