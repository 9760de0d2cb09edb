use std::sync::Arc;

use net_traits::Error;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::Backoff;

/// Attempts at something, and the outcome of the last one.
#[derive(Debug)]
pub(crate) struct Attempts<T> {
    pub(crate) outcome: Outcome<T>,
    /// When the last attempt began.
    began: Instant,
    /// How many have failed since one succeeded.
    failures: u32,
}

#[derive(Debug)]
pub(crate) enum Outcome<T> {
    /// The next call starts an attempt.
    Due,
    /// A task makes an attempt, and stores its outcome here, unless it ends with
    /// its runtime.
    Pending(AbortHandle),
    Succeeded(T),
    Failed(Failure),
}

#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) error: Arc<Error>,
    /// When the next attempt may start.
    pub(crate) retry: Instant,
    /// The number of this failure among those of the pool, from 1.
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

    /// Returns whether to start an attempt now, for a call that has seen this many
    /// failures.
    pub(crate) fn is_due(&self, now: Instant, seen: u64) -> bool {
        match &self.outcome {
            Outcome::Due => true,
            Outcome::Pending(task) => task.is_finished(),
            Outcome::Succeeded(_) => false,
            Outcome::Failed(failure) => failure.retry <= now && failure.number <= seen,
        }
    }

    pub(crate) fn begin(&mut self, now: Instant, task: AbortHandle) {
        self.began = now;
        self.outcome = Outcome::Pending(task);
    }

    pub(crate) fn fail(&mut self, error: Error, backoff: &Backoff, number: u64) {
        self.failures = self.failures.saturating_add(1);
        self.outcome = Outcome::Failed(Failure {
            error: Arc::new(error),
            // The time of the attempt is part of the delay.
            retry: self.began + backoff.after(self.failures),
            number,
        });
    }

    /// Resets the backoff: the next failure counts as the first.
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
