//! Datagrams that do not arrive, and sockets that cannot be had.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use net::prelude::*;
use net::{Endpoint, Operation, Result, UnixAddress};

use crate::support::{QUIET, SOON, assert_mentions, has_ipv6, run};
use crate::udp::socket;

#[test]
fn a_peer_that_does_not_listen_is_a_refusal() -> Result<()> {
    run(async {
        let (server, address) = socket().await?;
        let client = net::dial_packet("udp", &address.to_string()).await?;
        drop(server);
        client.send(b"anyone?").await?;
        let refused = net::time::timeout(SOON, client.recv_from(&mut [0; 8])).await?;
        let error = refused.expect_err("nobody there");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
        assert_eq!(error.operation(), Operation::Receive);
        Ok(())
    })
}

#[test]
fn a_receive_that_waits_is_woken_by_a_refusal_and_the_socket_stays_of_use() -> Result<()> {
    run(async {
        let (server, address) = socket().await?;
        let address = address.to_string();
        let client = net::dial_packet("udp", &address).await?;
        drop(server);
        let mut buf = [0; 8];
        for _ in 0..5 {
            let answer = {
                let receive = client.recv_from(&mut buf);
                let send = async {
                    net::time::sleep(Duration::from_millis(5)).await;
                    client.send(b"anyone?").await
                };
                let (answer, outcome) =
                    net::time::timeout(SOON, async { tokio::join!(receive, send) }).await?;
                outcome?;
                answer
            };
            let error = answer.expect_err("nobody there");
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
        }
        let server = net::listen_packet("udp", &address).await?;
        client.send(b"now?").await?;
        let packet = server.recv_from(&mut buf).await?;
        server.send_to(b"yes", &packet.from).await?;
        assert_eq!(client.recv_from(&mut buf).await?.len, 3);
        Ok(())
    })
}

#[test]
fn after_a_refusal_waiting_takes_no_notice_of_it() -> Result<()> {
    run(async {
        let (server, address) = socket().await?;
        let client = net::dial_packet("udp", &address.to_string()).await?;
        drop(server);
        client.send(b"anyone?").await?;
        // Nobody receives, while others wait for theirs.
        let (idle, _) = socket().await?;
        let start = Instant::now();
        let idle = net::time::timeout(QUIET, idle.recv_from(&mut [0; 8])).await;
        assert!(idle.is_err());
        assert!(start.elapsed() >= QUIET);
        let refused = net::time::timeout(SOON, client.recv_from(&mut [0; 8])).await?;
        assert_eq!(
            refused.expect_err("nobody there").kind(),
            ErrorKind::ConnectionRefused
        );
        Ok(())
    })
}

#[test]
fn a_datagram_to_nobody_does_not_harm_a_socket_without_a_peer() -> Result<()> {
    run(async {
        let (gone, nowhere) = socket().await?;
        drop(gone);
        let (server, to) = socket().await?;
        server.send_to(b"anyone?", &nowhere).await?;
        net::time::sleep(Duration::from_millis(20)).await;
        let (client, _) = socket().await?;
        client.send_to(b"hello", &to).await?;
        let packet = server.recv_from(&mut [0; 8]).await?;
        assert_eq!(packet.len, 5);
        Ok(())
    })
}

#[test]
fn a_datagram_that_is_too_large_is_an_error_that_names_its_target() -> Result<()> {
    run(async {
        let (server, to) = socket().await?;
        let (client, _) = socket().await?;
        let error = client
            .send_to(&vec![0; 70_000], &to)
            .await
            .expect_err("too large");
        assert_eq!(error.operation(), Operation::Send);
        assert_mentions(&error, &["send", &to.to_string()]);
        let connected = net::dial_packet("udp", &to.to_string()).await?;
        connected
            .send(&vec![0; 70_000])
            .await
            .expect_err("too large");
        // The sockets are as good as before.
        client.send_to(b"small", &to).await?;
        assert_eq!(server.recv_from(&mut [0; 8]).await?.len, 5);
        Ok(())
    })
}

#[test]
fn sending_without_a_target_needs_a_peer() -> Result<()> {
    run(async {
        let (socket, _) = socket().await?;
        let error = socket.send(b"to whom?").await.expect_err("no peer");
        assert_eq!(error.operation(), Operation::Send);
        socket.peer_addr().expect_err("no peer");
        Ok(())
    })
}

#[test]
fn a_target_of_another_network_is_an_error() -> Result<()> {
    run(async {
        let (socket, _) = socket().await?;
        let path = Endpoint::from(UnixAddress::new("/tmp/net-tests-none"));
        socket.send_to(b"x", &path).await.expect_err("a path");
        if has_ipv6().await {
            let six: SocketAddr = "[::1]:9".parse().expect("an address");
            socket
                .send_to(b"x", &six.into())
                .await
                .expect_err("IPv6 on a socket of IPv4");
        }
        Ok(())
    })
}

#[test]
fn a_port_in_use_is_named() -> Result<()> {
    run(async {
        let (_socket, address) = socket().await?;
        let address = address.to_string();
        let error = net::listen_packet("udp", &address)
            .await
            .expect_err("in use");
        assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}");
        assert_mentions(&error, &["listen for packets udp", &address]);
        Ok(())
    })
}

#[test]
fn a_dropped_socket_frees_its_port() -> Result<()> {
    run(async {
        let (socket, address) = socket().await?;
        drop(socket);
        net::listen_packet("udp", &address.to_string()).await?;
        Ok(())
    })
}
