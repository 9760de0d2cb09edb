use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::settings::Settings;

/// Watches whether the peer is still there. Messages cost it no look at the
/// clock, but for the first after a ping.
#[derive(Debug)]
pub(crate) struct KeepAlive {
    interval: Duration,
    timeout: Duration,
    heard: bool,
    pinged: bool,
    timer: Pin<Box<Sleep>>,
    /// Whom the timer wakes, once it was polled.
    waker: Option<Waker>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Ask the peer.
    Ping,
    /// It did not answer in this time.
    GiveUp(Duration),
}

impl KeepAlive {
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let interval = settings.ping_interval?;
        Some(KeepAlive {
            interval,
            timeout: settings.ping_timeout,
            heard: false,
            pinged: false,
            timer: Box::pin(tokio::time::sleep(interval)),
            waker: None,
        })
    }

    /// The peer has sent something.
    pub(crate) fn heard(&mut self) {
        self.heard = true;
        if self.pinged {
            self.pinged = false;
            self.wait(self.interval);
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Due> {
        // Every wait for a message comes by here, and polling a timer is dear.
        let is_set = |waker: &Waker| waker.will_wake(cx.waker());
        if self.waker.as_ref().is_some_and(is_set) && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        self.waker = Some(cx.waker().clone());
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if self.pinged {
                return Poll::Ready(Due::GiveUp(self.timeout));
            }
            if !std::mem::take(&mut self.heard) {
                self.pinged = true;
                self.wait(self.timeout);
                return Poll::Ready(Due::Ping);
            }
            self.wait(self.interval);
        }
    }

    fn wait(&mut self, time: Duration) {
        self.timer.as_mut().reset(Instant::now() + time);
        self.waker = None;
    }
}
