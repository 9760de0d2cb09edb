use std::sync::Arc;

use net_traits::Error;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::Backoff;

/// Attempts at something, and what came of the last.
#[derive(Debug)]
pub(crate) struct Attempts<T> {
    pub(crate) outcome: Outcome<T>,
    /// When the last attempt began.
    began: Instant,
    /// How many failed since one succeeded.
    failures: u32,
}

#[derive(Debug)]
pub(crate) enum Outcome<T> {
    /// To be tried by the next call.
    Due,
    /// By a task that says here how it ended, unless it dies with its runtime.
    UnderWay(AbortHandle),
    Is(T),
    Failed(Failure),
}

#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) error: Arc<Error>,
    /// Before this it is not tried again.
    pub(crate) retry: Instant,
    /// Counted over all attempts of the pool, from 1.
    number: u64,
}

impl<T> Attempts<T> {
    pub(crate) fn new(outcome: Outcome<T>) -> Self {
        Attempts {
            outcome,
            began: Instant::now(),
            failures: 0,
        }
    }

    /// Whether there is to be one now, for a call that has seen so many failures.
    pub(crate) fn is_due(&self, now: Instant, seen: u64) -> bool {
        match &self.outcome {
            Outcome::Due => true,
            Outcome::UnderWay(task) => task.is_finished(),
            Outcome::Is(_) => false,
            Outcome::Failed(failure) => failure.retry <= now && failure.number <= seen,
        }
    }

    pub(crate) fn begin(&mut self, now: Instant, task: AbortHandle) {
        self.began = now;
        self.outcome = Outcome::UnderWay(task);
    }

    pub(crate) fn fail(&mut self, error: Error, backoff: &Backoff, number: u64) {
        self.failures = self.failures.saturating_add(1);
        self.outcome = Outcome::Failed(Failure {
            error: Arc::new(error),
            // Counted from the beginning of the attempt.
            retry: self.began + backoff.after(self.failures),
            number,
        });
    }

    /// Notes that what there is was of use; the next failure is a first one.
    pub(crate) fn forget_failures(&mut self) {
        self.failures = 0;
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        match &self.outcome {
            Outcome::Failed(failure) => Some(failure.clone()),
            _ => None,
        }
    }
}
