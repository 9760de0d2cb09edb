//! Datagrams.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use net::prelude::*;
use net::target::PacketConn;
use net::{Endpoint, Result};

use crate::support::{QUIET, SOON, has_ipv6, pattern, run};

pub(crate) async fn socket() -> Result<(PacketConn, Endpoint)> {
    let socket = net::listen_packet("udp", "127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}

/// Two sockets, each connected to the other's address.
async fn connected() -> Result<(PacketConn, PacketConn, Endpoint)> {
    let (server, address) = socket().await?;
    let client = net::dial_packet("udp", &address.to_string()).await?;
    Ok((client, server, address))
}

#[test]
fn a_datagram_is_answered_to_its_source() -> Result<()> {
    run(async {
        let (server, to) = socket().await?;
        let (client, from) = socket().await?;
        assert_eq!(client.send_to(b"question", &to).await?, 8);
        let mut buf = [0; 100];
        let packet = server.recv_from(&mut buf).await?;
        assert_eq!(&buf[..packet.len], b"question");
        assert_eq!(packet.from, from);
        assert!(!packet.truncated);
        server.send_to(b"answer", &packet.from).await?;
        let packet = client.recv_from(&mut buf).await?;
        assert_eq!(&buf[..packet.len], b"answer");
        assert_eq!(packet.from, to);
        Ok(())
    })
}

#[test]
fn a_connected_socket_sends_to_its_peer_and_hears_only_it() -> Result<()> {
    run(async {
        let (client, server, address) = connected().await?;
        assert_eq!(client.peer_addr()?, address);
        let client_address = client.local_addr()?;
        let (stranger, _) = socket().await?;
        stranger.send_to(b"stranger", &client_address).await?;
        client.send(b"hello").await?;
        let mut buf = [0; 100];
        let packet = server.recv_from(&mut buf).await?;
        assert_eq!(
            (&buf[..packet.len], &packet.from),
            (&b"hello"[..], &client_address)
        );
        server.send_to(b"peer", &packet.from).await?;
        let packet = client.recv_from(&mut buf).await?;
        assert_eq!((&buf[..packet.len], packet.from), (&b"peer"[..], address));
        Ok(())
    })
}

#[test]
fn an_empty_datagram_is_a_datagram() -> Result<()> {
    run(async {
        let (client, server, _) = connected().await?;
        assert_eq!(client.send(b"").await?, 0);
        client.send(b"next").await?;
        let mut buf = [0; 100];
        let packet = server.recv_from(&mut buf).await?;
        assert_eq!((packet.len, packet.truncated), (0, false));
        assert_eq!(packet.from, client.local_addr()?);
        assert_eq!(server.recv_from(&mut buf).await?.len, 4);
        Ok(())
    })
}

#[test]
fn a_datagram_that_does_not_fit_is_cut_and_said_to_be() -> Result<()> {
    run(async {
        let (client, server, _) = connected().await?;
        client.send(b"too long").await?;
        client.send(b"fits").await?;
        client.send(b"too long").await?;
        client.send(b"more").await?;
        let mut buf = [0; 4];
        let packet = server.recv_from(&mut buf).await?;
        assert_eq!((&buf[..packet.len], packet.truncated), (&b"too "[..], true));
        assert_eq!(packet.from, client.local_addr()?);
        let packet = server.recv_from(&mut buf).await?;
        assert_eq!(
            (&buf[..packet.len], packet.truncated),
            (&b"fits"[..], false)
        );
        let packet = server.recv_from(&mut []).await?;
        assert_eq!((packet.len, packet.truncated), (0, true));
        let packet = server.recv_from(&mut buf).await?;
        assert_eq!(&buf[..packet.len], b"more");
        Ok(())
    })
}

#[test]
fn datagrams_keep_their_bounds_and_order() -> Result<()> {
    run(async {
        let (client, server, _) = connected().await?;
        let mut buf = [0; 300];
        for len in 0..300 {
            let data = pattern(len);
            client.send(&data).await?;
            if len % 10 == 9 {
                for len in len - 9..=len {
                    let packet = server.recv_from(&mut buf).await?;
                    assert_eq!(buf[..packet.len], pattern(len));
                }
            }
        }
        Ok(())
    })
}

#[test]
fn the_greatest_datagram_arrives_whole() -> Result<()> {
    const GREATEST: usize = 65_507;
    run(async {
        let (client, server, _) = connected().await?;
        let data = pattern(GREATEST);
        client.send(&data).await?;
        let mut buf = vec![0; 70_000];
        let packet = server.recv_from(&mut buf).await?;
        assert!(buf[..packet.len] == data);
        assert!(!packet.truncated);
        Ok(())
    })
}

#[test]
fn several_tasks_share_one_socket() -> Result<()> {
    const TASKS: u8 = 5;
    const EACH: u8 = 20;
    run(async {
        let (server, to) = socket().await?;
        let server = Arc::new(server);
        let (names, mut received) = tokio::sync::mpsc::channel(1);
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (server, names) = (Arc::clone(&server), names.clone());
                net::spawn(async move {
                    let mut buf = [0; 8];
                    loop {
                        let packet = server.recv_from(&mut buf).await?;
                        server.send_to(&buf[..packet.len], &packet.from).await?;
                        if names.send(buf[0]).await.is_err() {
                            return Result::<_>::Ok(());
                        }
                    }
                })
            })
            .collect();
        let (client, _) = socket().await?;
        let mut seen = HashSet::new();
        for round in 0..EACH {
            for task in 0..TASKS {
                client.send_to(&[round * TASKS + task], &to).await?;
            }
            for _ in 0..TASKS {
                let name = net::time::timeout(SOON, received.recv()).await?;
                assert!(seen.insert(name.expect("tasks that run")));
                net::time::timeout(SOON, client.recv_from(&mut [0; 8])).await??;
            }
        }
        assert_eq!(seen.len(), usize::from(TASKS * EACH));
        tasks.iter().for_each(net::JoinHandle::abort);
        Ok(())
    })
}

#[test]
fn a_task_that_gives_up_leaves_the_datagram_to_another() -> Result<()> {
    run(async {
        let (server, to) = socket().await?;
        let server = Arc::new(server);
        let receive = || {
            let server = Arc::clone(&server);
            net::spawn(async move { server.recv_from(&mut [0; 8]).await })
        };
        let (first, second) = (receive(), receive());
        net::time::sleep(QUIET).await;
        first.abort();
        let (client, _) = socket().await?;
        client.send_to(b"x", &to).await?;
        let packet = net::time::timeout(SOON, second).await???;
        assert_eq!(packet.len, 1);
        Ok(())
    })
}

#[test]
fn dropping_a_pending_receive_loses_no_datagram() -> Result<()> {
    run(async {
        let (client, server, _) = connected().await?;
        let mut buf = [0; 8];
        for name in 0..100 {
            let early =
                net::time::timeout(Duration::from_micros(10), server.recv_from(&mut buf)).await;
            assert!(early.is_err());
            client.send(&[name]).await?;
            server.recv_from(&mut buf).await?;
            assert_eq!(buf[0], name);
        }
        Ok(())
    })
}

#[test]
fn polling_receives_and_sends_as_well() -> Result<()> {
    run(async {
        let (client, server, address) = connected().await?;
        let sender = net::spawn(async move {
            net::time::sleep(Duration::from_millis(20)).await;
            std::future::poll_fn(|cx| client.poll_send(cx, b"polled", None)).await
        });
        let mut buf = [0; 100];
        let packet = std::future::poll_fn(|cx| server.poll_recv_from(cx, &mut buf)).await?;
        assert_eq!(&buf[..packet.len], b"polled");
        assert_eq!(sender.await??, 6);
        assert_eq!(server.local_addr()?, address);
        Ok(())
    })
}

#[test]
fn datagrams_travel_over_ipv6() -> Result<()> {
    run(async {
        if !has_ipv6().await {
            return Ok(());
        }
        let server = net::listen_packet("udp6", "[::1]:0").await?;
        let to = server.local_addr()?;
        assert_eq!(to.ip(), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        let client = net::dial_packet("udp", &to.to_string()).await?;
        client.send(b"six").await?;
        let mut buf = [0; 100];
        let packet = server.recv_from(&mut buf).await?;
        assert_eq!(packet.from, client.local_addr()?);
        server.send_to(&buf[..packet.len], &packet.from).await?;
        assert_eq!(client.recv_from(&mut buf).await?.from, to);
        Ok(())
    })
}

#[test]
fn a_socket_on_all_addresses_hears_and_answers_both_families() -> Result<()> {
    run(async {
        let server = net::listen_packet("udp", ":0").await?;
        let port = server.local_addr()?.port().expect("a port");
        let mut peers = vec![("127.0.0.1", IpAddr::V4(Ipv4Addr::LOCALHOST))];
        if has_ipv6().await {
            peers.push(("[::1]", IpAddr::V6(Ipv6Addr::LOCALHOST)));
        }
        for (host, ip) in peers {
            let client = net::dial_packet("udp", &format!("{host}:{port}")).await?;
            client.send(b"hello").await?;
            let mut buf = [0; 100];
            let packet = server.recv_from(&mut buf).await?;
            assert_eq!(packet.from.ip(), Some(ip));
            assert_eq!(packet.from, client.local_addr()?);
            server.send_to(&buf[..packet.len], &packet.from).await?;
            assert_eq!(client.recv_from(&mut buf).await?.len, 5);
        }
        Ok(())
    })
}
