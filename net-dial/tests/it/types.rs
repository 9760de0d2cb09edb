//! What callers rely on when they compile.

use std::fmt::Debug;
use std::time::Duration;

use net_dial::time::{Elapsed, Interval, Timeout, sleep, timeout};
use net_dial::{Deadlined, Deadlines, IdleTimeout, Net};
use net_traits::{Backend, Dialer, OptionName, Stream, Timer};

use crate::fake::Fake;

fn is_send<T: Send>(_: &T) {}

#[test]
fn a_network_is_shared_and_cloned() {
    fn shared<T: Send + Sync + Unpin + Clone + Debug + 'static>() {}
    shared::<Net<Fake>>();
    shared::<Elapsed>();
}

#[test]
fn futures_of_time_go_into_tasks() {
    fn sends<T: Send + Debug + 'static>() {}
    sends::<Interval<Fake>>();
    sends::<Timeout<Fake, std::future::Pending<()>>>();
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
    check::<<Fake as Backend>::Stream, Fake>();
    shared::<Deadlines>();
}

#[tokio::test]
async fn every_future_of_a_network_goes_into_a_task() {
    let fake = Fake::new();
    let net = fake.net();
    is_send(&net.dial("tcp", "h:1"));
    is_send(&net.listen("tcp", "h:1"));
    is_send(&net.dial_packet("udp", "h:1"));
    is_send(&net.listen_packet("udp", "h:1"));
    is_send(&net.lookup("h"));
    is_send(&Dialer::dial(&net, "tcp", "h:1"));
    is_send(&sleep(&fake, Duration::ZERO));
    is_send(&timeout(&fake, Duration::ZERO, net.dial("tcp", "h:1")));
    is_send(&Interval::new(fake, Duration::from_secs(1)).tick());
}

#[tokio::test]
async fn a_network_is_generic_over_its_backend() {
    async fn program<B: Backend>(net: Net<B>) -> net_traits::Result<B::Stream> {
        let copy = net.clone();
        tokio::spawn(async move { copy.dial("tcp", "127.0.0.1:1").await })
            .await
            .unwrap()
    }
    program(Fake::new().net()).await.unwrap();
}

#[tokio::test]
async fn a_network_says_what_it_is_on() {
    let net = Fake::new().net();
    assert_eq!(net.host(), "the test");
    assert!(net.backend().supports(OptionName::NoDelay));
    assert!(!net.backend().supports(OptionName::Backlog));
}
