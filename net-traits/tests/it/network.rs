//! A whole network, by its type, by reference, and with its types erased.

use std::io::ErrorKind;
use std::sync::Arc;

use net_traits::{Address, BoxNetwork, Listener, Network, Operation, PacketConn, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fake::{FakeNetwork, Mailbox, Pipe, PipeListener, at};

type DynNetwork = dyn Network<Stream = Pipe, Listener = PipeListener, PacketConn = Mailbox>;

/// What the library below asks a network for.
const CALLS: [&str; 5] = [
    "listen tcp 127.0.0.1:3000",
    "dial tcp4 127.0.0.1:3000",
    "listen packet udp 127.0.0.1:53",
    "dial packet udp4 127.0.0.1:53",
    "lookup db.internal",
];

/// As a library takes it.
async fn library(network: impl Network) {
    let listener = network.listen("tcp", "127.0.0.1:3000").await.unwrap();
    let local = listener.local_addr().unwrap().to_string();
    let mut client = network.dial("tcp4", &local).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    client.write_all(b"hi").await.unwrap();
    let mut buf = [0; 2];
    server.read_exact(&mut buf).await.unwrap();
    assert_eq!(&buf, b"hi");
    assert_eq!(client.peer_addr().unwrap(), at("127.0.0.1:2"));

    let server = network.listen_packet("udp", "127.0.0.1:53").await.unwrap();
    let client = network.dial_packet("udp4", "127.0.0.1:53").await.unwrap();
    assert_eq!(client.peer_addr().unwrap(), server.local_addr().unwrap());
    client.send(b"query").await.unwrap();
    let received = server.recv_from(&mut buf).await.unwrap();
    assert_eq!(received.from, client.local_addr().unwrap());
    assert_eq!((received.len, received.truncated), (2, true));

    let addresses = network.lookup("db.internal").await.unwrap();
    assert_eq!(addresses, [std::net::IpAddr::from([192, 0, 2, 7])]);
}

#[tokio::test]
async fn a_network_of_a_known_type_serves_a_library() {
    let network = FakeNetwork::default();
    library(network.clone()).await;
    assert_eq!(network.log.take(), CALLS);
    library(&network).await;
    assert_eq!(network.log.take(), CALLS);
}

#[tokio::test]
async fn a_network_that_is_an_object_serves_a_library() {
    let network = FakeNetwork::default();
    let object: &DynNetwork = &network;
    library(object).await;
    assert_eq!(network.log.take(), CALLS);
    let object: Box<DynNetwork> = Box::new(network.clone());
    library(object).await;
    assert_eq!(network.log.take(), CALLS);
    let object: Arc<DynNetwork> = Arc::new(network.clone());
    tokio::spawn(library(object)).await.unwrap();
    assert_eq!(network.log.take(), CALLS);
}

#[tokio::test]
async fn a_network_whose_types_are_erased_serves_a_library() {
    let network = FakeNetwork::default();
    let boxed: BoxNetwork = network.clone().boxed_network();
    library(&boxed).await;
    assert_eq!(network.log.take(), CALLS);
    library(&*boxed).await;
    assert_eq!(network.log.take(), CALLS);
    library(boxed.boxed_network()).await;
    assert_eq!(network.log.take(), CALLS);
}

#[test]
fn networks_of_different_types_go_into_one_list() {
    let one = FakeNetwork::default();
    let list: Vec<BoxNetwork> = vec![one.clone().boxed_network(), Arc::new(one).boxed_network()];
    assert!(format!("{list:?}").contains("FakeNetwork"));
}

#[tokio::test]
async fn a_network_opens_what_is_parsed_already() {
    let network = FakeNetwork::default();
    let boxed = network.clone().boxed_network();
    let at = |network, text| Address::parse(network, text).unwrap();
    boxed.listen_on(at("tcp6", "[::1]:1")).await.unwrap();
    boxed.listen_packet_on(at("udp6", "[::1]:2")).await.unwrap();
    boxed.dial_packet_to(at("udp", "[::1]:3")).await.unwrap();
    assert_eq!(
        network.log.take(),
        [
            "listen tcp6 [::1]:1",
            "listen packet udp6 [::1]:2",
            "dial packet udp [::1]:3"
        ]
    );
}

#[tokio::test]
async fn an_invalid_text_fails_before_a_network_is_asked() {
    let network = FakeNetwork::default();
    let boxed = network.clone().boxed_network();
    let errors = [
        boxed.listen("tcp", "h").await.unwrap_err(),
        boxed.listen_packet("udp", "h").await.unwrap_err(),
        boxed.dial_packet("udp", "h").await.unwrap_err(),
    ];
    let expected = [
        (Operation::Listen, "listen tcp h"),
        (Operation::ListenPacket, "listen for packets udp h"),
        (Operation::Dial, "dial udp h"),
    ];
    for (error, (operation, begin)) in errors.iter().zip(expected) {
        assert_eq!(error.operation(), operation);
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            error.to_string(),
            format!("{begin}: missing port, expected host:port")
        );
    }
    assert!(network.log.take().is_empty());
}
