use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// Notices that nothing moves although something is owed.
///
/// It looks once in so long, instead of keeping a time for each request: a
/// silence is noticed after once to twice the patience.
#[derive(Debug)]
pub(crate) struct Watchdog {
    patience: Duration,
    look: Option<Pin<Box<Sleep>>>,
    moved: bool,
}

impl Watchdog {
    pub(crate) fn new(patience: Duration) -> Self {
        Watchdog {
            patience,
            look: None,
            moved: false,
        }
    }

    pub(crate) fn saw_progress(&mut self) {
        self.moved = true;
    }

    /// Whether nothing has moved for as long as the patience, while `owed`.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, owed: bool) -> bool {
        loop {
            match &mut self.look {
                None if owed => {
                    self.look = Some(Box::pin(sleep(self.patience)));
                    self.moved = false;
                }
                None => return false,
                Some(look) => match look.as_mut().poll(cx) {
                    Poll::Pending => return false,
                    Poll::Ready(()) => {
                        self.look = None;
                        if owed && !self.moved {
                            return true;
                        }
                    }
                },
            }
        }
    }
}
