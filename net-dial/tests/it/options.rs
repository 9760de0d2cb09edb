//! Options go to every socket that they have a meaning for.

use std::io::ErrorKind;
use std::time::Duration;

use net_dial::Net;
use net_traits::{NetworkKind, Operation, OptionName, SocketOption};

use crate::fake::{Answer, Fake, REFUSED};

const OPTIONS: [SocketOption; 2] = [SocketOption::NoDelay(false), SocketOption::RecvBuffer(9)];

/// Every kind of option there is.
const ALL: [SocketOption; 14] = [
    SocketOption::NoDelay(false),
    SocketOption::KeepAlive(None),
    SocketOption::Linger(None),
    SocketOption::ReuseAddr(false),
    SocketOption::SendBuffer(7),
    SocketOption::RecvBuffer(9),
    SocketOption::V6Only(false),
    SocketOption::Broadcast(true),
    SocketOption::Backlog(5),
    SocketOption::ReusePort(true),
    SocketOption::Ttl(9),
    SocketOption::Tos(16),
    SocketOption::UserTimeout(Duration::from_secs(9)),
    SocketOption::MulticastTtl(2),
];

#[tokio::test(start_paused = true)]
async fn no_option_is_set_unless_asked_for() {
    let fake = Fake::new();
    fake.net().dial("tcp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.options(), []);
}

/// Opens a socket with every option set, and gives the options that it got.
async fn options_of(operation: Operation, network: &str, address: &str) -> Vec<SocketOption> {
    let fake = Fake::new();
    let net = ALL.into_iter().fold(fake.net(), Net::with_option);
    let is_stream = network.parse::<NetworkKind>().unwrap().is_stream();
    let opened = match (operation, is_stream) {
        (Operation::Dial, true) => net.dial(network, address).await.map(drop),
        (Operation::Dial, false) => net.dial_packet(network, address).await.map(drop),
        (Operation::Listen, true) => net.listen(network, address).await.map(drop),
        _ => net.listen_packet(network, address).await.map(drop),
    };
    opened.unwrap_or_else(|error| panic!("{error}"));
    fake.options()
}

/// Those of [`ALL`] that have a name among these, in order.
fn only(names: &[OptionName]) -> Vec<SocketOption> {
    ALL.into_iter()
        .filter(|option| names.contains(&option.name()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn options_reach_the_sockets_that_they_have_a_meaning_for() {
    use Operation::{Dial, Listen};
    use OptionName::{
        Backlog, Broadcast, KeepAlive, Linger, MulticastTtl, NoDelay, RecvBuffer, ReuseAddr,
        ReusePort, SendBuffer, Tos, Ttl, UserTimeout, V6Only,
    };
    let any = [ReuseAddr, SendBuffer, RecvBuffer];
    let ip = [ReusePort, Ttl, Tos];
    let tcp = [NoDelay, KeepAlive, Linger, UserTimeout];
    let udp = [Broadcast, MulticastTtl];
    // operation, network, address, and the options beside those of any socket
    let table: [(_, _, _, &[&[OptionName]]); 22] = [
        (Dial, "tcp", "127.0.0.1:80", &[&tcp]),
        (Dial, "tcp", "[::1]:80", &[&tcp]),
        (Dial, "tcp", ":80", &[&tcp]),
        (Dial, "tcp4", "127.0.0.1:80", &[&tcp]),
        (Dial, "tcp6", "[::]:80", &[&tcp]),
        (Listen, "tcp", "127.0.0.1:80", &[&tcp, &[Backlog]]),
        (Listen, "tcp", "[::1]:80", &[&tcp, &[Backlog, V6Only]]),
        (Listen, "tcp", ":80", &[&tcp, &[Backlog, V6Only]]),
        (Listen, "tcp4", ":80", &[&tcp, &[Backlog]]),
        (Listen, "tcp6", ":80", &[&tcp, &[Backlog, V6Only]]),
        (Dial, "udp", "127.0.0.1:80", &[&udp]),
        (Dial, "udp", "[::1]:80", &[&udp]),
        (Dial, "udp6", ":80", &[&udp]),
        (Listen, "udp", "127.0.0.1:80", &[&udp]),
        (Listen, "udp", ":80", &[&udp, &[V6Only]]),
        (Listen, "udp4", ":80", &[&udp]),
        (Listen, "udp6", "[::1]:80", &[&udp, &[V6Only]]),
        (Dial, "unix", "/a", &[&[Linger]]),
        (Dial, "unix", "@a", &[&[Linger]]),
        (Listen, "unix", "/a", &[&[Linger, Backlog]]),
        (Dial, "unixgram", "/a", &[]),
        (Listen, "unixgram", "@a", &[]),
    ];
    for (operation, network, address, beside) in table {
        let of_ip: &[OptionName] = if network.starts_with("unix") {
            &[]
        } else {
            &ip
        };
        let names = [&any, of_ip, &*beside.concat()].concat();
        assert_eq!(
            options_of(operation, network, address).await,
            only(&names),
            "{operation} {network} {address}"
        );
    }
}

/// Where there is no IPv6, what was said about it is no reason to fail.
#[tokio::test(start_paused = true)]
async fn each_attempt_has_the_options_of_its_own_family() {
    let fake = Fake::new().answer("[::]:80", Answer::Fail(0, ErrorKind::Unsupported));
    let net = fake
        .net()
        .with_option(SocketOption::V6Only(false))
        .with_option(SocketOption::Backlog(9));
    net.listen("tcp", ":80").await.unwrap();
    assert_eq!(fake.calls(), ["listen [::]:80", "listen 0.0.0.0:80"]);
    assert_eq!(fake.options(), [SocketOption::Backlog(9)]);
}

#[tokio::test(start_paused = true)]
async fn an_option_that_concerns_no_socket_is_left_out_and_not_refused() {
    let fake = Fake::new();
    let net = fake.net().with_option(SocketOption::NoDelay(false));
    net.dial("unix", "/a").await.unwrap();
    assert_eq!(fake.options(), []);
    net.listen_packet("udp", ":53").await.unwrap();
    assert_eq!(fake.options(), []);
    // Nor is it forgotten.
    net.dial("tcp", "127.0.0.1:80").await.unwrap();
    assert_eq!(fake.options(), [SocketOption::NoDelay(false)]);
}

#[tokio::test(start_paused = true)]
async fn options_reach_every_attempt() {
    let fake = Fake::new().answer("127.0.0.1:80", REFUSED);
    let net = OPTIONS.into_iter().fold(fake.net(), Net::with_option);
    net.dial("tcp", "localhost:80").await.unwrap();
    assert_eq!(fake.calls().last().unwrap(), "connect [::1]:80");
    assert_eq!(fake.options(), OPTIONS);
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
