//! Unix addresses are paths, or names after an `@`, and nothing else.

use std::io::ErrorKind;

use net_traits::{PacketConn, Stream};

use crate::fake::{Answer, Fake, REFUSED, at};

#[tokio::test(start_paused = true)]
async fn a_path_is_taken_as_it_is() {
    for path in [
        "/run/app.sock",
        "relative.sock",
        "@bus",
        // Nothing here is a host or a port.
        "/tmp/a:80",
        "localhost:80",
        ":80",
        "/a b",
    ] {
        let fake = Fake::new();
        let stream = fake.net().dial("unix", path).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), at(path));
        fake.net().listen("unix", path).await.unwrap();
        assert_eq!(
            fake.calls(),
            [format!("connect {path}"), format!("listen {path}")]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_for_datagrams_has_a_path_too() {
    let fake = Fake::new();
    let bound = fake.net().listen_packet("unixgram", "/a").await.unwrap();
    assert_eq!(bound.local_addr().unwrap(), at("/a"));
    let connected = fake.net().dial_packet("unixgram", "@b").await.unwrap();
    assert_eq!(connected.peer_addr().unwrap(), at("@b"));
    assert_eq!(fake.calls(), ["bind /a", "associate @b"]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_path_is_refused() {
    let fake = Fake::new();
    let error = fake.net().dial("unix", "").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial unix \"\": empty path, expected a path or @name"
    );
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let error = fake.net().listen_packet("unixgram", "").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "listen for packets unixgram \"\": empty path, expected a path or @name"
    );
    assert!(fake.calls().is_empty());
}

/// An empty abstract name is what an unnamed socket has on Linux.
#[tokio::test(start_paused = true)]
async fn an_empty_abstract_name_is_refused() {
    let fake = Fake::new();
    let net = fake.net();
    let messages = [
        net.dial("unix", "@").await.unwrap_err(),
        net.listen("unix", "@").await.unwrap_err(),
        net.dial_packet("unixgram", "@").await.unwrap_err(),
        net.listen_packet("unixgram", "@").await.unwrap_err(),
    ]
    .map(|error| {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.address(), Some("@"));
        error.to_string()
    });
    assert_eq!(
        messages,
        [
            "dial unix @: empty name after @",
            "listen unix @: empty name after @",
            "dial unixgram @: empty name after @",
            "listen for packets unixgram @: empty name after @"
        ]
    );
    assert!(fake.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_path_with_a_newline_does_not_break_the_line_nor_is_it_told_twice() {
    let fake = Fake::new().answer("/a\nb", REFUSED);
    let error = fake.net().dial("unix", "/a\nb").await.unwrap_err();
    assert_eq!(error.to_string(), "dial unix /a\\x0ab: connection refused");
    assert_eq!(error.endpoint(), Some(&at("/a\nb")));
}

#[tokio::test(start_paused = true)]
async fn a_failure_tells_the_path_once() {
    let fake = Fake::new()
        .answer("/run/app.sock", REFUSED)
        .answer("@bus", Answer::Fail(0, ErrorKind::NotFound));
    let error = fake.net().dial("unix", "/run/app.sock").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "dial unix /run/app.sock: connection refused"
    );
    let error = fake.net().dial("unix", "@bus").await.unwrap_err();
    assert_eq!(error.to_string(), "dial unix @bus: entity not found");
}

#[tokio::test(start_paused = true)]
async fn a_dial_of_a_path_has_the_deadline() {
    let fake = Fake::new().answer("/a", Answer::Never);
    let net = fake
        .net()
        .with_timeout(std::time::Duration::from_millis(500));
    let error = net.dial("unix", "/a").await.unwrap_err();
    assert_eq!(error.to_string(), "dial unix /a: deadline has elapsed");
    assert_eq!(fake.clock(), 500);
}
