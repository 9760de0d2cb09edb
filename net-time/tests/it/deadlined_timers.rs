//! How many timers deadlines cost, and that none of them is missed.

use std::fmt;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use net_time::timeout;
use net_time::{Deadlined, IdleTimeout};
use net_traits::Timer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use crate::clock::Clock;
use crate::pipe::Pipe;

const SECOND: Duration = Duration::from_secs(1);

/// tokio's clock. It counts the sleeps that were started and those alive.
#[derive(Clone, Default)]
struct Counting {
    started: Arc<AtomicUsize>,
    alive: Arc<AtomicUsize>,
}

impl Counting {
    fn started(&self) -> usize {
        self.started.load(Ordering::Relaxed)
    }

    fn alive(&self) -> usize {
        self.alive.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counting")
    }
}

impl Timer for Counting {
    type Sleep = CountedSleep;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, deadline: Instant) -> CountedSleep {
        self.started.fetch_add(1, Ordering::Relaxed);
        self.alive.fetch_add(1, Ordering::Relaxed);
        CountedSleep {
            inner: Box::pin(tokio::time::sleep_until(deadline.into())),
            alive: Arc::clone(&self.alive),
        }
    }
}

struct CountedSleep {
    inner: Pin<Box<tokio::time::Sleep>>,
    alive: Arc<AtomicUsize>,
}

impl Future for CountedSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.inner.as_mut().poll(cx)
    }
}

impl Drop for CountedSleep {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

fn poll_read_once(stream: &mut (impl AsyncRead + Unpin)) -> Poll<std::io::Result<()>> {
    let mut cx = Context::from_waker(Waker::noop());
    Pin::new(stream).poll_read(&mut cx, &mut ReadBuf::new(&mut [0]))
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_deadlines_starts_no_timer() {
    let clock = Counting::default();
    let (near, mut far) = Pipe::pair();
    let mut stream = Deadlined::new(near, clock.clone());
    stream.set_deadline(None);
    assert!(poll_read_once(&mut stream).is_pending());
    far.write_all(b"ab").await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'a');
    // What need not wait needs no timer.
    stream.set_deadline(Some(clock.now() + SECOND));
    assert_eq!(stream.read_u8().await.unwrap(), b'b');
    stream.write_all(b"x").await.unwrap();
    // Nor does what has failed already.
    stream.set_deadline(Some(clock.now()));
    assert!(poll_read_once(&mut stream).is_ready());
    assert_eq!(clock.started(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_is_polled_often_has_one_timer() {
    let clock = Counting::default();
    let (near, _far) = Pipe::pair();
    let mut stream = Deadlined::new(near, clock.clone());
    stream.set_read_deadline(Some(clock.now() + SECOND));
    for _ in 0..100 {
        assert!(poll_read_once(&mut stream).is_pending());
    }
    assert_eq!((clock.started(), clock.alive()), (1, 1));
    drop(stream);
    assert_eq!(clock.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_is_moved_on_before_each_read_restarts_its_timer_seldom() {
    let clock = Counting::default();
    let (near, mut far) = Pipe::pair();
    let mut stream = Deadlined::new(near, clock.clone());
    for _ in 0..100 {
        stream.set_read_deadline(Some(clock.now() + SECOND));
        assert!(poll_read_once(&mut stream).is_pending());
        tokio::time::advance(SECOND / 10).await;
        far.write_u8(7).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), 7);
    }
    // Ten seconds: about one a second.
    assert!((1..=20).contains(&clock.started()), "{}", clock.started());
    assert_eq!(clock.alive(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_timeout_restarts_its_timer_seldom() {
    let clock = Counting::default();
    let (near, mut far) = Pipe::pair();
    let mut stream = IdleTimeout::new(near, clock.clone(), SECOND);
    for _ in 0..100 {
        assert!(poll_read_once(&mut stream).is_pending());
        tokio::time::advance(SECOND / 10).await;
        far.write_u8(7).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), 7);
    }
    assert!((1..=20).contains(&clock.started()), "{}", clock.started());
    drop(stream);
    assert_eq!(clock.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_deadlines_leave_one_timer() {
    let clock = Counting::default();
    let (near, _far) = Pipe::pair();
    let mut stream = Deadlined::new(near, clock.clone());
    for i in 0..10_000 {
        let deadline = (i % 3 != 0).then(|| clock.now() + SECOND * (i % 7));
        stream.set_deadline(deadline);
        let is_over = deadline == Some(clock.now());
        assert_eq!(poll_read_once(&mut stream).is_ready(), is_over);
        assert!(clock.alive() <= 1);
    }
    drop(stream);
    assert_eq!(clock.alive(), 0);
}

/// Another thread sets the deadline at any moment of the read: before it, after
/// it, and while it notes that it waits.
#[test]
fn no_read_misses_a_deadline_that_another_thread_sets() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let fake = runtime.block_on(async { Clock::new() });
    let (near, _far) = Pipe::pair();
    let mut stream = Deadlined::new(near, fake.clone());
    let deadlines = stream.deadlines();
    let (ask, asked) = std::sync::mpsc::channel();
    let set_when_asked = move || {
        for spins in asked {
            (0..spins).for_each(|_| std::hint::spin_loop());
            deadlines.set_read_deadline(Some(Instant::now()));
        }
    };
    let Ok(setter) = std::thread::Builder::new().spawn(set_when_asked) else {
        eprintln!("skipped, this host has no threads");
        return;
    };
    for round in 0..2_000 {
        stream.set_read_deadline(None);
        ask.send(round % 200 * 5).unwrap();
        let read = async { timeout(&fake, 10 * SECOND, stream.read_u8()).await };
        let result = runtime.block_on(read).expect("it was woken");
        assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut);
    }
    drop(ask);
    setter.join().unwrap();
}
