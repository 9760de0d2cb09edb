use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::settings::Settings;

/// Detects a peer that is gone, by pings. A message does not read the clock,
/// except for the first after a ping.
#[derive(Debug)]
pub(crate) struct KeepAlive {
    interval: Duration,
    timeout: Duration,
    heard: bool,
    pinged: bool,
    timer: Pin<Box<Sleep>>,
    /// The waker that the timer was polled with.
    waker: Option<Waker>,
}

/// What the connection has to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Ping the peer.
    Ping,
    /// Fail: the peer did not respond within this timeout.
    TimedOut(Duration),
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

    /// Notes that the peer has sent something.
    pub(crate) fn heard(&mut self) {
        self.heard = true;
        if self.pinged {
            self.pinged = false;
            self.wait(self.interval);
        }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Due> {
        // Every wait for a message gets here, and polling a timer is expensive.
        let is_set = |waker: &Waker| waker.will_wake(cx.waker());
        if self.waker.as_ref().is_some_and(is_set) && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        self.waker = Some(cx.waker().clone());
        loop {
            ready!(self.timer.as_mut().poll(cx));
            if self.pinged {
                return Poll::Ready(Due::TimedOut(self.timeout));
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
