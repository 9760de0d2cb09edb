//! Dialers and listeners whose types are erased.

use std::io::ErrorKind;

use net_traits::{Address, BoxDialer, BoxListener, BoxStream, Dialer, Listener, Operation, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fake::{PipeDialer, PipeListener, at, pipe};

#[tokio::test]
async fn a_boxed_dialer_hands_on_what_was_asked() {
    let inner = PipeDialer::default();
    let dialer: BoxDialer = inner.clone().boxed();
    let mut stream: BoxStream = dialer.dial("tcp6", "h:http").await.unwrap();
    assert_eq!(inner.log.take(), ["dial tcp6 h:http"]);

    stream.write_all(b"hi").await.unwrap();
    let mut far = inner.far_ends.lock().unwrap().pop().unwrap();
    let mut buf = [0; 2];
    far.read_exact(&mut buf).await.unwrap();
    assert_eq!(&buf, b"hi");
}

#[tokio::test]
async fn a_boxed_dialer_fails_as_the_one_within() {
    let error = PipeDialer::default()
        .boxed()
        .dial("tcp", "refused:1")
        .await
        .unwrap_err();
    assert_eq!(error.operation(), Operation::Dial);
    assert_eq!(error.to_string(), "dial tcp refused:1: connection refused");
}

/// The text is parsed where it comes in: no wrapper sees one that is invalid.
#[tokio::test]
async fn an_invalid_text_fails_before_a_dialer_is_asked() {
    let inner = PipeDialer::default();
    for dialer in [inner.clone().boxed(), inner.clone().boxed().boxed()] {
        for (network, address, message) in [
            ("tcp", "h", "dial tcp h: missing port, expected host:port"),
            (
                "sctp",
                "h:1",
                "dial sctp h:1: unknown network \"sctp\", expected one of \
                 tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram",
            ),
        ] {
            let error = dialer.dial(network, address).await.unwrap_err();
            assert_eq!(error.to_string(), message);
            assert_eq!(error.operation(), Operation::Dial);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(error.network(), Some(network));
            assert_eq!(error.address(), Some(address));
        }
    }
    assert!(inner.log.take().is_empty());
}

#[tokio::test]
async fn a_dialer_dials_what_is_parsed_already() {
    let inner = PipeDialer::default();
    let dialer = inner.clone().boxed();
    let address = Address::parse("tcp4", "h:7").unwrap();
    dialer.dial_to(address).await.unwrap();
    assert_eq!(inner.log.take(), ["dial tcp4 h:7"]);
}

#[tokio::test]
async fn a_boxed_dialer_is_a_dialer() {
    async fn library(dialer: impl Dialer) -> Option<std::net::IpAddr> {
        let stream = dialer.dial("tcp", "h:1").await.unwrap();
        stream.peer_addr().unwrap().ip()
    }
    let dialer: BoxDialer = PipeDialer::default().boxed();
    assert!(library(&dialer).await.is_some());
    assert!(library(&*dialer).await.is_some());
    assert!(library(dialer.boxed().boxed()).await.is_some());
}

#[tokio::test]
async fn boxed_dialers_of_different_types_go_into_one_list() {
    let (one, other) = (PipeDialer::default(), PipeDialer::default());
    let dialers = [
        one.clone().boxed(),
        std::sync::Arc::new(other.clone()).boxed(),
    ];
    for dialer in &dialers {
        dialer.dial("tcp", "h:1").await.unwrap();
    }
    assert_eq!(one.log.take().len(), 1);
    assert_eq!(other.log.take().len(), 1);
}

#[tokio::test]
async fn a_boxed_listener_takes_the_connections_of_the_one_within() {
    let inner = PipeListener::default();
    let (near, mut far) = pipe();
    inner
        .queue
        .lock()
        .unwrap()
        .push_back((near, at("192.0.2.1:9")));

    let listener: BoxListener = inner.boxed();
    assert_eq!(listener.local_addr().unwrap(), at("127.0.0.1:3000"));
    let (mut stream, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, at("192.0.2.1:9"));
    far.write_all(b"hi").await.unwrap();
    let mut buf = [0; 2];
    stream.read_exact(&mut buf).await.unwrap();
    assert_eq!(&buf, b"hi");
}

#[tokio::test]
async fn a_boxed_listener_fails_as_the_one_within() {
    let error = PipeListener::default().boxed().accept().await.unwrap_err();
    assert_eq!(error.operation(), Operation::Accept);
    assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
    assert_eq!(error.network(), Some("tcp"));
    assert_eq!(error.to_string(), "accept tcp: the queue is empty");
}

#[tokio::test]
async fn a_boxed_listener_is_a_listener() {
    async fn library(listener: impl Listener) -> ErrorKind {
        let accepted = listener.accept().await;
        accepted.err().expect("the queue is empty").kind()
    }
    let listener: BoxListener = PipeListener::default().boxed();
    assert_eq!(library(&listener).await, ErrorKind::ConnectionAborted);
    assert_eq!(library(&*listener).await, ErrorKind::ConnectionAborted);
    assert_eq!(
        library(listener.boxed()).await,
        ErrorKind::ConnectionAborted
    );
}

#[test]
fn boxes_show_what_is_within() {
    assert!(format!("{:?}", PipeDialer::default().boxed()).contains("PipeDialer"));
    assert!(format!("{:?}", PipeListener::default().boxed()).contains("PipeListener"));
}
