//! What callers rely on when they compile.

use std::fmt::Debug;

use net_dial::Net;
use net_traits::{Backend, Dialer, Network, OptionName};

use crate::fake::Fake;

fn is_send<T: Send>(_: &T) {}

#[test]
fn a_network_is_shared_and_cloned() {
    fn shared<T: Send + Sync + Unpin + Clone + Debug + 'static>() {}
    shared::<Net<Fake>>();
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
    is_send(&Network::listen(&net, "tcp", "h:1"));
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
