//! tokio's `current_thread` scheduler, which parks in the reactor.
//!
//! The scheduler calls [`park`] when no task can run. The hook blocks in the
//! reactor, wakes tasks, and wakes the root future, so that the park that
//! follows returns at once and tokio's own expired timers fire.
//!
//! While tasks can always run the hook is never called, so the root future
//! turns the reactor whenever its 1 ms interval ticks.
//!
//! The reactor must know when something ran, because its waits grow with the
//! time since. It sees `main`, which is polled only when a waker of our own
//! fired, and the tasks that [`watch`] wraps. Other tasks it cannot see, and
//! while there are some its waits are shorter.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use tokio::runtime::RuntimeMetrics;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::abi;
use crate::host::HostKind;
use crate::reactor::{Blocking, Host, Reactor};
use crate::subscription::{Event, Subscription};

/// How often sockets are polled while tasks can always run.
const TICK: Duration = Duration::from_millis(1);

thread_local! {
    static HOST: OnceCell<HostKind> = const { OnceCell::new() };
    static REACTOR: RefCell<Reactor<Wasip1Host>> =
        RefCell::new(Reactor::new(Wasip1Host { kind: host_kind() }));
    /// Empty; kept for its memory.
    static WOKEN: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
    /// A `block_on` drives the reactor.
    static DRIVEN: Cell<bool> = const { Cell::new(false) };
    /// How many tasks the reactor sees run.
    static WATCHED: Cell<usize> = const { Cell::new(0) };
}

/// Returns the host that runs this module, which is detected once.
pub(crate) fn host_kind() -> HostKind {
    HOST.with(|host| {
        let detect = || {
            let own_level = abi::probe(abi::LEVEL_NET_RUN);
            HostKind::from_probe(own_level, abi::probe(abi::LEVEL_SOCKET))
        };
        *host.get_or_init(detect)
    })
}

/// Borrows the reactor. `with` must neither wake nor drop a waker: either may
/// run code of tasks, which may come here again.
pub(crate) fn with_reactor<R>(with: impl FnOnce(&mut Reactor<Wasip1Host>) -> R) -> R {
    REACTOR.with_borrow_mut(with)
}

/// Checks that the reactor is driven.
///
/// # Errors
///
/// Returns an error outside of [`block_on`], where nothing would ever wake the
/// task.
pub(crate) fn ensure_driven() -> io::Result<()> {
    if DRIVEN.get() {
        return Ok(());
    }
    Err(io::Error::other(
        "no reactor runs: on wasm32-wasip1, start the program with #[net_main] or net::block_on",
    ))
}

#[derive(Debug)]
pub(crate) struct Wasip1Host {
    kind: HostKind,
}

impl Host for Wasip1Host {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn timeout_for(&self, wait: Duration) -> Duration {
        self.kind.timeout_for(wait)
    }

    fn granularity(&self) -> Duration {
        self.kind.granularity()
    }

    fn wake_cost(&self) -> Duration {
        self.kind.wake_cost()
    }

    fn poll(&mut self, subscriptions: &[Subscription], events: &mut Vec<Event>) -> Result<(), u16> {
        abi::poll(subscriptions, events).map_err(|errno| errno.0)
    }
}

/// What the scheduler's hook, the root future and main's waker share.
#[derive(Debug, Default)]
struct Root {
    waker: Mutex<Option<Waker>>,
    metrics: OnceLock<RuntimeMetrics>,
    main_fired: AtomicBool,
}

impl Root {
    fn wake_root(&self) {
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waker) = &*waker {
            waker.wake_by_ref();
        }
    }

    fn set_waker(&self, new: &Waker) {
        let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !waker.as_ref().is_some_and(|old| old.will_wake(new)) {
            *waker = Some(new.clone());
        }
    }

    /// Returns whether there are tasks that the reactor does not see run.
    fn has_unseen_tasks(&self) -> bool {
        self.metrics
            .get()
            .is_none_or(|metrics| metrics.num_alive_tasks() > WATCHED.get())
    }
}

/// The waker of main.
impl Wake for Root {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.main_fired.store(true, Ordering::Relaxed);
        self.wake_root();
    }
}

/// Runs a future to completion, and the tasks that it spawns meanwhile.
///
/// # Panics
///
/// Panics inside another `block_on`: the target has one thread, which the outer
/// one needs.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let _driving = Driving::begin();
    let root = Arc::new(Root::default());
    let hook = Arc::clone(&root);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .on_thread_park(move || park(&hook))
        .build()
        .expect("a runtime with timers alone needs nothing of the system");
    root.metrics.get_or_init(|| runtime.metrics());
    with_reactor(Reactor::warm_up);
    let mut tick = {
        let _entered = runtime.enter();
        interval(TICK)
    };
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    root.main_fired.store(true, Ordering::Relaxed);
    let main_waker = Waker::from(Arc::clone(&root));
    let mut main = pin!(main);
    runtime.block_on(poll_fn(|cx| {
        root.set_waker(cx.waker());
        poll_if_due(&mut tick, cx);
        if !root.main_fired.swap(false, Ordering::Relaxed) {
            return Poll::Pending;
        }
        with_reactor(Reactor::note_activity);
        main.as_mut().poll(&mut Context::from_waker(&main_waker))
    }))
}

/// Marks that the reactor is driven until it is dropped.
struct Driving;

impl Driving {
    fn begin() -> Self {
        assert!(
            !DRIVEN.replace(true),
            "block_on inside block_on: wasm32-wasip1 has one thread, use .await"
        );
        Driving
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        DRIVEN.set(false);
    }
}

/// The scheduler's hook: no task can run.
fn park(root: &Arc<Root>) {
    let unseen_tasks = root.has_unseen_tasks();
    turn(Blocking::UntilEvent { unseen_tasks });
    root.wake_root();
}

/// Polls the sockets if the tick came and the hook has not just done so.
fn poll_if_due(tick: &mut Interval, cx: &mut Context<'_>) {
    while tick.poll_tick(cx).is_ready() {
        if with_reactor(|reactor| reactor.since_last_poll()) >= TICK {
            turn(Blocking::Never);
        }
    }
}

/// Turns the reactor, and wakes the tasks that can go on once nothing is
/// borrowed.
fn turn(blocking: Blocking) {
    let mut woken = WOKEN.take();
    with_reactor(|reactor| reactor.turn(blocking, &mut woken));
    for waker in woken.drain(..) {
        waker.wake();
    }
    WOKEN.set(woken);
}

pin_project! {
    /// The future of a task that the reactor sees run; see [`watch`].
    #[derive(Debug)]
    pub struct Watched<F> {
        #[pin]
        future: F,
        count: WatchedCount,
    }
}

/// Wraps the future of a task so that the reactor sees it run, and need not wake
/// up for its timers more often.
pub fn watch<F: Future>(future: F) -> Watched<F> {
    WATCHED.set(WATCHED.get() + 1);
    Watched {
        future,
        count: WatchedCount,
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        with_reactor(Reactor::note_activity);
        self.project().future.poll(cx)
    }
}

#[derive(Debug)]
struct WatchedCount;

impl Drop for WatchedCount {
    fn drop(&mut self) {
        WATCHED.set(WATCHED.get() - 1);
    }
}
