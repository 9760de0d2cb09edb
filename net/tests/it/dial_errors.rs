//! Errors: what kind, and what their messages name.

use std::io::{self, ErrorKind};

use net::prelude::*;
use net::{Error, Operation, Result};

use crate::support::{assert_mentions, host, is_guest, listen, printed, run};

/// Addresses that are refused before anything is asked of the host.
const BAD: [&str; 16] = [
    "",
    "127.0.0.1",
    "localhost",
    "127.0.0.1:65536",
    "127.0.0.1:99999",
    "127.0.0.1:184467440737095516161",
    "127.0.0.1:-1",
    "127.0.0.1:+80",
    "127.0.0.1:no-such-service",
    "[::1",
    "[::1]",
    "[::1]x:80",
    "[]:80",
    "a:b:c",
    "a b:80",
    "a\0b:80",
];

#[test]
fn a_bad_address_is_refused_by_every_operation_and_named() {
    run(async {
        for address in BAD {
            let errors = [
                ("dial tcp", net::dial("tcp", address).await.err()),
                ("listen tcp", net::listen("tcp", address).await.err()),
                ("dial udp", net::dial_packet("udp", address).await.err()),
                (
                    "listen for packets udp",
                    net::listen_packet("udp", address).await.err(),
                ),
            ];
            for (what, error) in errors {
                let error = error.unwrap_or_else(|| panic!("{what} took {address:?}"));
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
                assert_eq!(error.address(), Some(address));
                assert_mentions(&error, &[what, &printed(address)]);
                assert!(!error.to_string().contains(char::is_control), "{error}");
            }
        }
    });
}

#[test]
fn an_endless_address_is_an_error() {
    run(async {
        let port = "9".repeat(100_000);
        let error = net::dial("tcp", &format!("127.0.0.1:{port}"))
            .await
            .expect_err("no such port");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn an_unknown_network_is_refused_and_the_known_are_listed() {
    run(async {
        for network in ["", "sctp", "TCP", "ip"] {
            let error = net::dial(network, "127.0.0.1:1")
                .await
                .expect_err("unknown");
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert_mentions(
                &error,
                &["dial", &format!("{network:?}"), "tcp6", "unixgram"],
            );
            let error = net::listen(network, "127.0.0.1:0")
                .await
                .expect_err("unknown");
            assert_mentions(&error, &["listen", &format!("{network:?}")]);
        }
    });
}

#[test]
fn streams_and_datagrams_are_not_mixed_up() {
    run(async {
        let address = "127.0.0.1:1";
        let errors = [
            net::dial("udp", address).await.err(),
            net::listen("udp4", address).await.err(),
            net::dial("unixgram", "/tmp/net-tests-none").await.err(),
            net::dial_packet("tcp", address).await.err(),
            net::listen_packet("unix", "/tmp/net-tests-none")
                .await
                .err(),
        ];
        for (i, error) in errors.into_iter().enumerate() {
            let error = error.unwrap_or_else(|| panic!("case {i} was taken"));
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        }
        let error = net::dial("udp", address).await.expect_err("datagrams");
        assert_mentions(&error, &["dial udp", address, "dial_packet"]);
    });
}

#[test]
fn a_zone_that_a_host_cannot_take_is_an_error_that_names_the_host() {
    run(async {
        // Natively there is an interface 1, but it has no such address.
        let address = "[fe80::1:2:3:4%1]:0";
        let error = net::listen("tcp", address).await.expect_err("a zone");
        assert_mentions(&error, &["listen tcp", "fe80::1:2:3:4%1"]);
        if is_guest() {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert_mentions(&error, &[&host()]);
        }
        let error = net::listen("tcp", "[fe80::1%no-such-if]:0")
            .await
            .expect_err("a zone");
        assert_mentions(&error, &["listen tcp", "no-such-if"]);
    });
}

#[test]
fn an_error_survives_the_way_through_an_io_error() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        drop(listener);
        let error = net::dial("tcp", &address).await.expect_err("nobody there");
        let message = error.to_string();
        let through = io::Error::from(error);
        assert_eq!(through.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(through.to_string(), message);
        let back = Error::from(through);
        assert_eq!(back.operation(), Operation::Dial);
        assert_eq!(back.address(), Some(&*address));
        assert_eq!(back.to_string(), message);
        assert_eq!(format!("{back:?}"), message);
        Ok(())
    })
}

#[test]
fn an_io_error_of_a_stream_keeps_its_kind() {
    let plain = Error::from(io::Error::from(ErrorKind::UnexpectedEof));
    assert_eq!(plain.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(plain.operation(), Operation::Transfer);
    assert_eq!(io::Error::from(plain).kind(), ErrorKind::UnexpectedEof);
    let elapsed = run(async {
        let never = std::future::pending::<()>();
        net::time::timeout(std::time::Duration::ZERO, never).await
    });
    let error = Error::from(elapsed.expect_err("the time is over"));
    assert!(error.is_timeout(), "{error}");
}

#[test]
fn an_error_of_accept_or_address_is_not_a_panic_after_a_reset() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = crate::support::pair().await?;
        accepted.write_all(b"unread").await?;
        dialed.read_u8().await?;
        drop(dialed);
        accepted.read_u8().await.expect_err("a reset");
        // There is no peer any more; which error it is, is the system's.
        let error = accepted.peer_addr().expect_err("no peer");
        assert_mentions(&error, &["address"]);
        accepted.local_addr()?;
        Ok(())
    })
}
