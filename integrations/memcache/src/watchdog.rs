use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::pending::Pending;

/// Times requests out, and detects a connection that is idle although replies are outstanding.
///
/// All requests have the same timeout, so that one timer suffices: it fires when the oldest
/// request times out. An idle connection is detected after one to two timeouts.
#[derive(Debug)]
pub(crate) struct Watchdog {
    patience: Duration,
    look: Option<Pin<Box<Sleep>>>,
    moved: bool,
    quiet_since: Instant,
}

impl Watchdog {
    pub(crate) fn new(patience: Duration) -> Self {
        Watchdog {
            patience,
            look: None,
            moved: false,
            quiet_since: Instant::now(),
        }
    }

    pub(crate) fn saw_progress(&mut self) {
        self.moved = true;
    }

    /// Returns whether the timer is set, which wakes its task.
    pub(crate) fn is_set(&self) -> bool {
        self.look.is_some()
    }

    /// Times requests out. Returns whether the connection has been idle for the timeout, although
    /// replies are outstanding.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, waiting: &mut VecDeque<Pending>) -> bool {
        loop {
            match &mut self.look {
                None => {
                    let Some(oldest) = waiting.front() else {
                        return false;
                    };
                    self.moved = false;
                    self.quiet_since = oldest.since;
                    self.look_at(oldest.since);
                }
                Some(look) => {
                    if look.as_mut().poll(cx).is_pending() {
                        return false;
                    }
                    self.look = None;
                    let now = Instant::now();
                    if std::mem::take(&mut self.moved) {
                        self.quiet_since = now;
                    }
                    let is_over = |since: Instant| now.duration_since(since) >= self.patience;
                    if waiting.is_empty() {
                        return false;
                    }
                    if is_over(self.quiet_since) {
                        return true;
                    }
                    for pending in waiting.iter_mut().take_while(|it| is_over(it.since)) {
                        pending.expire();
                    }
                    let next = waiting.iter().find(|it| it.is_timed());
                    let next = next.map_or(now, |it| it.since);
                    self.look_at(next);
                }
            }
        }
    }

    /// Sets the timer to the timeout of a request.
    fn look_at(&mut self, since: Instant) {
        let look = match since.checked_add(self.patience) {
            Some(look) => sleep_until(look),
            None => tokio::time::sleep(self.patience),
        };
        self.look = Some(Box::pin(look));
    }
}
