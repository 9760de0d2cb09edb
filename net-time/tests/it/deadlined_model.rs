//! A stream with deadlines against a model, in any order of events: each read
//! gives what the model says, and none sleeps through what it waits for.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use net_time::Deadlined;
use net_traits::Timer;
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncWriteExt, DuplexStream, ReadBuf};

use crate::clock::Clock;
use crate::pipe::{CAPACITY, Pipe};

/// How late tokio's timers may be.
const LATE: Duration = Duration::from_millis(2);

#[derive(Debug, Clone)]
enum Event {
    PeerWrites(u8),
    Read(u8),
    /// Milliseconds after the start.
    Deadline(Option<u64>),
    Wait(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        (0..8_u8).prop_map(Event::PeerWrites),
        (1..8_u8).prop_map(Event::Read),
        proptest::option::weighted(0.8, 0..300_u64).prop_map(Event::Deadline),
        (1..20_u64).prop_map(Event::Wait),
    ];
    proptest::collection::vec(event, 1..60)
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Model {
    fake: Clock,
    start: Instant,
    stream: Deadlined<Pipe, Clock>,
    far: DuplexStream,
    deadline: Option<Instant>,
    written: u8,
    read: u8,
    woken: Arc<Flag>,
    waits: bool,
}

impl Model {
    fn new() -> Self {
        let (near, far) = Pipe::pair();
        let fake = Clock::new();
        Model {
            stream: Deadlined::new(near, fake.clone()),
            start: fake.now(),
            fake,
            far,
            deadline: None,
            written: 0,
            read: 0,
            woken: Arc::new(Flag(AtomicBool::new(false))),
            waits: false,
        }
    }

    async fn apply(&mut self, event: Event) {
        match event {
            Event::PeerWrites(count) => {
                for _ in 0..count {
                    if usize::from(self.written.wrapping_sub(self.read)) < CAPACITY {
                        self.far.write_u8(self.written).await.unwrap();
                        self.written = self.written.wrapping_add(1);
                    }
                }
            }
            Event::Read(room) => self.check_read(room.into()),
            Event::Deadline(millis) => {
                self.deadline = millis.map(|millis| self.start + Duration::from_millis(millis));
                self.stream.set_read_deadline(self.deadline);
            }
            Event::Wait(millis) => {
                tokio::time::advance(Duration::from_millis(millis)).await;
                tokio::task::yield_now().await;
            }
        }
        self.check_wake();
    }

    fn check_read(&mut self, room: usize) {
        let available = usize::from(self.written.wrapping_sub(self.read));
        let mut memory = [0; 8];
        let mut buf = ReadBuf::new(&mut memory[..room]);
        self.woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.woken));
        let is_over = self.deadline.is_some_and(|at| at <= self.fake.now());
        let polled =
            Pin::new(&mut self.stream).poll_read(&mut Context::from_waker(&waker), &mut buf);
        self.waits = polled.is_pending();
        match polled {
            Poll::Ready(Err(error)) => {
                assert!(is_over, "{error}");
                assert_eq!(error.kind(), ErrorKind::TimedOut);
                assert!(buf.filled().is_empty());
            }
            Poll::Ready(Ok(())) => {
                assert!(!is_over);
                assert_eq!(buf.filled().len(), available.min(room));
                for byte in buf.filled() {
                    assert_eq!(*byte, self.read);
                    self.read = self.read.wrapping_add(1);
                }
            }
            Poll::Pending => assert!(!is_over && available == 0),
        }
    }

    /// A read that waits, and would not wait any more, was woken.
    fn check_wake(&self) {
        let is_long_over = self.deadline.is_some_and(|at| at + LATE <= self.fake.now());
        let has_reason = self.written != self.read || is_long_over;
        if self.waits && has_reason {
            assert!(self.woken.0.load(Ordering::Relaxed), "nobody woke it");
        }
    }
}

proptest! {
    #[test]
    fn reads_give_what_the_model_says_and_no_wake_is_lost(events in events()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut model = Model::new();
            for event in events {
                model.apply(event).await;
            }
            // In the end every byte is there.
            model.apply(Event::Deadline(None)).await;
            while model.read != model.written {
                model.apply(Event::Read(8)).await;
            }
        });
    }
}
