//! Options go to every socket.

use net_dial::Net;
use net_traits::SocketOption;

use crate::fake::{Fake, REFUSED};

const OPTIONS: [SocketOption; 2] = [SocketOption::NoDelay(false), SocketOption::RecvBuffer(9)];

#[tokio::test(start_paused = true)]
async fn no_option_is_set_unless_asked_for() {
    let fake = Fake::new();
    fake.net().dial("tcp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.options(), []);
}

#[tokio::test(start_paused = true)]
async fn options_reach_every_kind_of_socket() {
    let fake = Fake::new();
    let net = OPTIONS.into_iter().fold(fake.net(), Net::with_option);

    net.dial("tcp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.options(), OPTIONS);
    net.listen("tcp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.options(), OPTIONS);
    net.listen_packet("udp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.options(), OPTIONS);
    net.dial_packet("udp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.options(), OPTIONS);
}

#[tokio::test(start_paused = true)]
async fn options_reach_every_attempt() {
    let fake = Fake::new().answer("127.0.0.1:80", REFUSED);
    let net = fake.net().with_option(OPTIONS[0]);
    net.dial("tcp", "localhost:80").await.unwrap();
    assert_eq!(fake.calls().last().unwrap(), "connect [::1]:80");
    assert_eq!(fake.options(), OPTIONS[..1]);
}

#[tokio::test(start_paused = true)]
async fn a_later_value_replaces_an_earlier_one() {
    let fake = Fake::new();
    let net = fake
        .net()
        .with_option(SocketOption::NoDelay(true))
        .with_option(SocketOption::NoDelay(false));
    net.dial("tcp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.options(), [SocketOption::NoDelay(false)]);
}

#[tokio::test(start_paused = true)]
async fn a_clone_with_an_option_leaves_the_other_alone() {
    let fake = Fake::new();
    let net = fake.net();
    let _other = net.clone().with_option(SocketOption::NoDelay(true));
    net.dial("tcp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.options(), []);
}
