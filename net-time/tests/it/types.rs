//! What callers rely on when they compile.

use std::fmt::Debug;
use std::time::Duration;

use net_time::{Deadlined, Deadlines, Elapsed, IdleTimeout, Interval, Timeout, sleep, timeout};
use net_traits::{Stream, Timer};

use crate::clock::Clock;
use crate::pipe::Pipe;

#[test]
fn futures_of_time_go_into_tasks() {
    fn sends<T: Send + Debug + 'static>() {}
    sends::<Interval<Clock>>();
    sends::<Timeout<Clock, std::future::Pending<()>>>();
    sends::<Elapsed>();
}

#[test]
fn what_wraps_a_stream_is_a_stream_on_any_clock() {
    fn is_stream<S: Stream>() {}
    // Whatever its sleep is: neither `Unpin` nor `Sync`.
    fn check<S: Stream, T: Timer>() {
        is_stream::<Deadlined<S, T>>();
        is_stream::<IdleTimeout<S, T>>();
        is_stream::<IdleTimeout<Deadlined<S, T>, T>>();
    }
    fn shared<T: Send + Sync + Unpin + Clone + Debug + 'static>() {}
    check::<Pipe, Clock>();
    shared::<Deadlines>();
}

#[tokio::test]
async fn every_future_of_time_may_move_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let clock = Clock::new();
    is_send(&sleep(&clock, Duration::ZERO));
    is_send(&timeout(&clock, Duration::ZERO, std::future::ready(())));
    is_send(&Interval::new(clock, Duration::from_secs(1)).tick());
}
