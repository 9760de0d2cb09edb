use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

/// Moves the deadlines of a [`Deadlined`](crate::Deadlined) stream from
/// anywhere: from another task, while a read or a write is pending, and after
/// the stream was split or given away.
///
/// It is cheap to clone and does not keep the connection open. Once the stream
/// is gone it has no effect.
///
/// ```
/// use std::time::{Duration, Instant};
/// use net_time::Deadlined;
/// use net_traits::{Stream, Timer};
/// use tokio::io::AsyncReadExt;
///
/// async fn read_until_told<S: Stream, T: Timer>(
///     mut stream: Deadlined<S, T>,
///     told: impl Future<Output = ()> + Send + 'static,
/// ) -> std::io::Result<Vec<u8>> {
///     let deadlines = stream.deadlines();
///     tokio::spawn(async move {
///         told.await;
///         // The pending read fails, and every further one.
///         deadlines.set_read_deadline(Some(Instant::now()));
///     });
///     let mut received = Vec::new();
///     stream.read_to_end(&mut received).await?;
///     Ok(received)
/// }
/// ```
#[derive(Clone)]
pub struct Deadlines(Arc<Both>);

#[derive(Default)]
struct Both {
    read: Limit,
    write: Limit,
}

impl Deadlines {
    /// No deadlines, for a stream on which these tasks wait already.
    pub(crate) fn new(reader: Option<Waker>, writer: Option<Waker>) -> Self {
        Deadlines(Arc::new(Both {
            read: Limit::new(reader),
            write: Limit::new(writer),
        }))
    }

    /// Sets or clears the deadline of reads and that of writes; see
    /// [`Deadlined::set_deadline`](crate::Deadlined::set_deadline).
    pub fn set_deadline(&self, deadline: Option<Instant>) {
        self.set_read_deadline(deadline);
        self.set_write_deadline(deadline);
    }

    /// Sets or clears the deadline of reads, pending ones too.
    pub fn set_read_deadline(&self, deadline: Option<Instant>) {
        self.0.read.set(deadline);
    }

    /// Sets or clears the deadline of writes, pending ones too.
    pub fn set_write_deadline(&self, deadline: Option<Instant>) {
        self.0.write.set(deadline);
    }

    pub(crate) fn read(&self) -> &Limit {
        &self.0.read
    }

    pub(crate) fn write(&self) -> &Limit {
        &self.0.write
    }
}

impl fmt::Debug for Deadlines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadlines")
            .field("read", &self.0.read.deadline())
            .field("write", &self.0.write.deadline())
            .finish()
    }
}

/// The deadline of one direction, and the task that waits there.
#[derive(Default)]
pub(crate) struct Limit(Mutex<State>);

#[derive(Default)]
struct State {
    deadline: Option<Instant>,
    waiting: Option<Waker>,
}

impl Limit {
    fn new(waiting: Option<Waker>) -> Self {
        Limit(Mutex::new(State {
            deadline: None,
            waiting,
        }))
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.lock().deadline
    }

    /// Notes who waits, and gives the deadline that it has to meet. The task
    /// is woken when there is an earlier one.
    pub(crate) fn wait(&self, waker: &Waker) -> Option<Instant> {
        let mut state = self.lock();
        let displaced = note(&mut state.waiting, waker);
        let deadline = state.deadline;
        drop(state);
        // Only now: to drop a waker may run code of a task, which may come
        // here again.
        drop(displaced);
        deadline
    }

    fn set(&self, deadline: Option<Instant>) {
        let mut state = self.lock();
        let old = mem::replace(&mut state.deadline, deadline);
        // Whoever waits for an earlier instant wakes by itself and asks again.
        let is_earlier = deadline.is_some_and(|new| old.is_none_or(|old| new < old));
        let woken = is_earlier.then(|| state.waiting.take()).flatten();
        drop(state);
        if let Some(waker) = woken {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts a waker in its place, and gives the one that was there if it was
/// another.
#[must_use]
pub(crate) fn note(place: &mut Option<Waker>, waker: &Waker) -> Option<Waker> {
    match place {
        Some(old) if old.will_wake(waker) => None,
        _ => place.replace(waker.clone()),
    }
}
