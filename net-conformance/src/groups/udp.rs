//! Datagrams.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use net_traits::{Datagram, Endpoint, Operation, PacketConn, UnixAddress};
use tokio::task::JoinHandle;

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::{Capability, Fixture};
use crate::subject::{
    Checked, Fails, QUIET, SOON, Subject, ensure_kind, ensure_mentions, ensure_parses_back, pattern,
};

cases! {
    $ __udp udp:
    /// A datagram has the address to which responses are sent.
    /// Source: RFC 768; tokio udp `send_to_recv_from`.
    a_datagram_is_answered_to_its_source;
    /// A connected socket receives from its peer only.
    /// Source: POSIX `connect`.
    a_connected_socket_sends_to_its_peer_and_hears_only_it;
    /// A datagram may be empty; it does not mean an end.
    /// Source: RFC 768.
    an_empty_datagram_is_a_datagram;
    /// The rest is lost, and the truncation is reported.
    /// Source: POSIX `recvmsg`, MSG_TRUNC; wasi-go `wasitest`, truncation.
    a_datagram_that_does_not_fit_is_cut_and_said_to_be;
    /// On loopback, datagrams are neither joined nor reordered.
    /// Source: RFC 768.
    datagrams_keep_their_bounds_and_order;
    /// An IPv4 datagram has up to 65,507 bytes.
    /// Source: RFC 768, RFC 791.
    the_greatest_datagram_arrives_whole;
    /// Each datagram is received once, and each task is woken.
    /// Source: tokio `UdpSocket`.
    several_tasks_share_one_socket;
    /// Not only the one that began to wait last.
    /// Source: the contract of `PacketConn`.
    each_task_that_waits_on_one_socket_is_woken;
    /// A task that sends does not take its place.
    /// Source: the contract of `PacketConn`.
    a_task_that_sends_does_not_displace_one_that_receives;
    /// The poll methods behave like the futures.
    /// Source: the contract of `PacketConn`.
    polling_receives_and_sends_as_well;
    /// IPv6 works as IPv4 does.
    /// Source: RFC 8200.
    datagrams_travel_over_ipv6;
    /// `:0` receives on IPv4 and IPv6.
    /// Source: Go TestUDPServer.
    a_socket_on_all_addresses_hears_and_answers_both_families;
    /// A connected socket reports that its peer's port is closed.
    /// Source: RFC 1122 §4.1.3.3; Linux `udp(7)`.
    a_peer_that_does_not_listen_is_a_refusal;
    /// A refusal wakes a pending receive, and the socket can still be used.
    /// Source: Linux `udp(7)`.
    a_receive_that_waits_is_woken_by_a_refusal_and_the_socket_stays_of_use;
    /// An unread error of one socket does not disturb others.
    /// Source: the contract of `Backend`.
    after_a_refusal_waiting_takes_no_notice_of_it;
    /// Sending to a closed port does not make an unconnected socket fail.
    /// Source: wasi-go `wasitest`, send to nowhere; Go issue 5834.
    a_datagram_to_nobody_does_not_harm_a_socket_without_a_peer;
    /// The datagram is neither sent nor truncated, and the socket can still be used.
    /// Source: POSIX `send`, EMSGSIZE.
    a_datagram_that_is_too_large_is_an_error_that_names_its_target;
    /// An unconnected socket cannot send without a target.
    /// Source: POSIX `send`, EDESTADDRREQ.
    sending_without_a_target_needs_a_peer;
    /// A path, or an address of the other family, is refused.
    /// Source: POSIX `sendto`, EAFNOSUPPORT.
    a_target_of_another_network_is_an_error;
    /// A second socket fails with `AddrInUse`.
    /// Source: POSIX `bind`, EADDRINUSE.
    a_port_in_use_is_named;
    /// Dropping a socket closes it.
    /// Source: Go TestPacketConnClose.
    a_dropped_socket_frees_its_port;
    /// An address in a log can be typed in again.
    /// Source: the contract of `Endpoint`.
    the_address_of_a_socket_can_be_printed_and_parsed;
}

async fn a_datagram_is_answered_to_its_source<F: Fixture>(on: &Subject<F>) -> Checked {
    let (server, to) = on.packet_socket().await?;
    let (client, from) = on.packet_socket().await?;
    ensure_eq!(client.send_to(b"question", &to).await?, 8);
    let mut buf = [0; 100];
    let packet = server.recv_from(&mut buf).await?;
    ensure_eq!(&buf[..packet.len], b"question");
    ensure_eq!(packet.from, from);
    ensure!(!packet.truncated);
    server.send_to(b"answer", &packet.from).await?;
    let packet = client.recv_from(&mut buf).await?;
    ensure_eq!(&buf[..packet.len], b"answer");
    ensure_eq!(packet.from, to);
    Ok(())
}

async fn a_connected_socket_sends_to_its_peer_and_hears_only_it<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (client, server, address) = on.packet_pair().await?;
    ensure_eq!(client.peer_addr()?, address);
    let client_address = client.local_addr()?;
    let (stranger, _) = on.packet_socket().await?;
    stranger.send_to(b"stranger", &client_address).await?;
    client.send(b"hello").await?;
    let mut buf = [0; 100];
    let packet = server.recv_from(&mut buf).await?;
    ensure_eq!(
        (&buf[..packet.len], &packet.from),
        (&b"hello"[..], &client_address)
    );
    server.send_to(b"peer", &packet.from).await?;
    let packet = client.recv_from(&mut buf).await?;
    ensure_eq!((&buf[..packet.len], packet.from), (&b"peer"[..], address));
    Ok(())
}

async fn an_empty_datagram_is_a_datagram<F: Fixture>(on: &Subject<F>) -> Checked {
    let (client, server, _) = on.packet_pair().await?;
    ensure_eq!(client.send(b"").await?, 0);
    client.send(b"next").await?;
    let mut buf = [0; 100];
    let packet = server.recv_from(&mut buf).await?;
    ensure_eq!((packet.len, packet.truncated), (0, false));
    ensure_eq!(packet.from, client.local_addr()?);
    ensure_eq!(server.recv_from(&mut buf).await?.len, 4);
    Ok(())
}

async fn a_datagram_that_does_not_fit_is_cut_and_said_to_be<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (client, server, _) = on.packet_pair().await?;
    client.send(b"too long").await?;
    client.send(b"fits").await?;
    client.send(b"too long").await?;
    client.send(b"more").await?;
    let mut buf = [0; 4];
    let packet = server.recv_from(&mut buf).await?;
    ensure_eq!((&buf[..packet.len], packet.truncated), (&b"too "[..], true));
    ensure_eq!(packet.from, client.local_addr()?);
    let packet = server.recv_from(&mut buf).await?;
    ensure_eq!(
        (&buf[..packet.len], packet.truncated),
        (&b"fits"[..], false)
    );
    let packet = server.recv_from(&mut []).await?;
    ensure_eq!((packet.len, packet.truncated), (0, true));
    let packet = server.recv_from(&mut buf).await?;
    ensure_eq!(&buf[..packet.len], b"more");
    Ok(())
}

async fn datagrams_keep_their_bounds_and_order<F: Fixture>(on: &Subject<F>) -> Checked {
    let (client, server, _) = on.packet_pair().await?;
    let mut buf = [0; 300];
    for len in 0..300 {
        let data = pattern(len);
        client.send(&data).await?;
        if len % 10 == 9 {
            for len in len - 9..=len {
                let packet = server.recv_from(&mut buf).await?;
                ensure_eq!(buf[..packet.len], pattern(len));
            }
        }
    }
    Ok(())
}

async fn the_greatest_datagram_arrives_whole<F: Fixture>(on: &Subject<F>) -> Checked {
    const GREATEST: usize = 65_507;
    let (client, server, _) = on.packet_pair().await?;
    let data = pattern(GREATEST);
    client.send(&data).await?;
    let mut buf = vec![0; 70_000];
    let packet = server.recv_from(&mut buf).await?;
    ensure!(buf[..packet.len] == data);
    ensure!(!packet.truncated);
    Ok(())
}

async fn several_tasks_share_one_socket<F: Fixture>(on: &Subject<F>) -> Checked {
    const TASKS: u8 = 5;
    const EACH: u8 = 20;
    let (server, to) = on.packet_socket().await?;
    let server = Arc::new(server);
    let (names, mut received) = tokio::sync::mpsc::channel(1);
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (server, names) = (Arc::clone(&server), names.clone());
            tokio::spawn(async move {
                let mut buf = [0; 8];
                loop {
                    let packet = server.recv_from(&mut buf).await?;
                    server.send_to(&buf[..packet.len], &packet.from).await?;
                    if names.send(buf[0]).await.is_err() {
                        return anyhow::Ok(());
                    }
                }
            })
        })
        .collect();
    let (client, _) = on.packet_socket().await?;
    let mut seen = HashSet::new();
    for round in 0..EACH {
        for task in 0..TASKS {
            client.send_to(&[round * TASKS + task], &to).await?;
        }
        for _ in 0..TASKS {
            let name = on.timeout(SOON, received.recv()).await?;
            ensure!(seen.insert(name.context("a task has ended")?));
            on.timeout(SOON, client.recv_from(&mut [0; 8])).await??;
        }
    }
    ensure_eq!(seen.len(), usize::from(TASKS * EACH));
    tasks.iter().for_each(JoinHandle::abort);
    Ok(())
}

async fn each_task_that_waits_on_one_socket_is_woken<F: Fixture>(on: &Subject<F>) -> Checked {
    let (server, to) = on.packet_socket().await?;
    let server = Arc::new(server);
    let tasks = [(); 2].map(|()| {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.recv_from(&mut [0; 8]).await.map(|packet| packet.len) })
    });
    on.sleep(QUIET).await;
    ensure!(!tasks.iter().any(JoinHandle::is_finished));
    let (client, _) = on.packet_socket().await?;
    for _ in 0..2 {
        client.send_to(b"one each", &to).await?;
    }
    for task in tasks {
        ensure_eq!(on.timeout(SOON, task).await???, 8);
    }
    Ok(())
}

async fn a_task_that_sends_does_not_displace_one_that_receives<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (server, to) = on.packet_socket().await?;
    let (client, from) = on.packet_socket().await?;
    let server = Arc::new(server);
    let receiver = Arc::clone(&server);
    let task = tokio::spawn(async move { receiver.recv_from(&mut [0; 8]).await.map(|_| ()) });
    on.sleep(QUIET).await;
    server.send_to(b"meanwhile", &from).await?;
    client.send_to(b"hello", &to).await?;
    on.timeout(SOON, task).await???;
    Ok(())
}

async fn polling_receives_and_sends_as_well<F: Fixture>(on: &Subject<F>) -> Checked {
    let (client, server, address) = on.packet_pair().await?;
    let timer = on.clone();
    let sender = tokio::spawn(async move {
        timer.sleep(Duration::from_millis(20)).await;
        std::future::poll_fn(|cx| client.poll_send(cx, &Datagram::new(b"polled"))).await
    });
    let mut buf = [0; 100];
    let packet = std::future::poll_fn(|cx| server.poll_recv_from(cx, &mut buf)).await?;
    ensure_eq!(&buf[..packet.len], b"polled");
    ensure_eq!(sender.await??, 6);
    ensure_eq!(server.local_addr()?, address);
    Ok(())
}

async fn datagrams_travel_over_ipv6<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Udp)?;
    on.needs_ipv6().await?;
    let server = on.net.listen_packet("udp6", "[::1]:0").await?;
    let to = server.local_addr()?;
    ensure_eq!(to.ip(), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    let client = on.net.dial_packet("udp", &to.to_string()).await?;
    client.send(b"six").await?;
    let mut buf = [0; 100];
    let packet = server.recv_from(&mut buf).await?;
    ensure_eq!(packet.from, client.local_addr()?);
    server.send_to(&buf[..packet.len], &packet.from).await?;
    ensure_eq!(client.recv_from(&mut buf).await?.from, to);
    Ok(())
}

async fn a_socket_on_all_addresses_hears_and_answers_both_families<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    on.needs(Capability::Udp)?;
    let server = on.net.listen_packet("udp", ":0").await?;
    let port = server.local_addr()?.port().context("it has no port")?;
    let mut peers = vec![("127.0.0.1", IpAddr::V4(Ipv4Addr::LOCALHOST))];
    if on.has_ipv6().await {
        peers.push(("[::1]", IpAddr::V6(Ipv6Addr::LOCALHOST)));
    }
    for (host, ip) in peers {
        let client = on.net.dial_packet("udp", &format!("{host}:{port}")).await?;
        client.send(b"hello").await?;
        let mut buf = [0; 100];
        let packet = server.recv_from(&mut buf).await?;
        ensure_eq!(packet.from.ip(), Some(ip));
        ensure_eq!(packet.from, client.local_addr()?);
        server.send_to(&buf[..packet.len], &packet.from).await?;
        ensure_eq!(client.recv_from(&mut buf).await?.len, 5);
    }
    Ok(())
}

async fn a_peer_that_does_not_listen_is_a_refusal<F: Fixture>(on: &Subject<F>) -> Checked {
    let (server, address) = on.packet_socket().await?;
    let client = on.net.dial_packet("udp", &address.to_string()).await?;
    drop(server);
    client.send(b"anyone?").await?;
    let refused = on.timeout(SOON, client.recv_from(&mut [0; 8])).await?;
    let error = refused.fails("nobody there")?;
    ensure_kind(&error, ErrorKind::ConnectionRefused)?;
    ensure_eq!(error.operation(), Operation::Receive);
    Ok(())
}

async fn a_receive_that_waits_is_woken_by_a_refusal_and_the_socket_stays_of_use<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (server, address) = on.packet_socket().await?;
    let address = address.to_string();
    let client = on.net.dial_packet("udp", &address).await?;
    drop(server);
    let mut buf = [0; 8];
    for _ in 0..5 {
        let answer = {
            let receive = client.recv_from(&mut buf);
            let send = async {
                on.sleep(Duration::from_millis(5)).await;
                client.send(b"anyone?").await
            };
            let (answer, outcome) = on
                .timeout(SOON, async { tokio::join!(receive, send) })
                .await?;
            outcome?;
            answer
        };
        let error = answer.fails("nobody there")?;
        ensure_kind(&error, ErrorKind::ConnectionRefused)?;
    }
    let server = on.net.listen_packet("udp", &address).await?;
    client.send(b"now?").await?;
    let packet = server.recv_from(&mut buf).await?;
    server.send_to(b"yes", &packet.from).await?;
    ensure_eq!(client.recv_from(&mut buf).await?.len, 3);
    Ok(())
}

async fn after_a_refusal_waiting_takes_no_notice_of_it<F: Fixture>(on: &Subject<F>) -> Checked {
    let (server, address) = on.packet_socket().await?;
    let client = on.net.dial_packet("udp", &address.to_string()).await?;
    drop(server);
    client.send(b"anyone?").await?;
    // The error is not read, while another socket waits.
    let (idle, _) = on.packet_socket().await?;
    let start = on.now();
    let idle = on.timeout(QUIET, idle.recv_from(&mut [0; 8])).await;
    ensure!(idle.is_err());
    ensure!(on.now() - start >= QUIET);
    let refused = on.timeout(SOON, client.recv_from(&mut [0; 8])).await?;
    ensure_eq!(
        refused.fails("nobody there")?.kind(),
        ErrorKind::ConnectionRefused
    );
    Ok(())
}

async fn a_datagram_to_nobody_does_not_harm_a_socket_without_a_peer<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (gone, nowhere) = on.packet_socket().await?;
    drop(gone);
    let (server, to) = on.packet_socket().await?;
    server.send_to(b"anyone?", &nowhere).await?;
    on.sleep(Duration::from_millis(20)).await;
    let (client, _) = on.packet_socket().await?;
    client.send_to(b"hello", &to).await?;
    let packet = server.recv_from(&mut [0; 8]).await?;
    ensure_eq!(packet.len, 5);
    Ok(())
}

async fn a_datagram_that_is_too_large_is_an_error_that_names_its_target<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (server, to) = on.packet_socket().await?;
    let (client, _) = on.packet_socket().await?;
    let error = client
        .send_to(&vec![0; 70_000], &to)
        .await
        .fails("too large")?;
    ensure_eq!(error.operation(), Operation::Send);
    ensure_mentions(&error, &["send", &to.to_string()])?;
    let connected = on.net.dial_packet("udp", &to.to_string()).await?;
    connected.send(&vec![0; 70_000]).await.fails("too large")?;
    // The sockets still work.
    client.send_to(b"small", &to).await?;
    ensure_eq!(server.recv_from(&mut [0; 8]).await?.len, 5);
    Ok(())
}

async fn sending_without_a_target_needs_a_peer<F: Fixture>(on: &Subject<F>) -> Checked {
    let (socket, _) = on.packet_socket().await?;
    let error = socket.send(b"to whom?").await.fails("no peer")?;
    ensure_eq!(error.operation(), Operation::Send);
    socket.peer_addr().fails("no peer")?;
    Ok(())
}

async fn a_target_of_another_network_is_an_error<F: Fixture>(on: &Subject<F>) -> Checked {
    let (socket, _) = on.packet_socket().await?;
    let path = Endpoint::from(UnixAddress::path("/tmp/net-tests-none"));
    socket.send_to(b"x", &path).await.fails("a path")?;
    if on.has_ipv6().await {
        let six: SocketAddr = "[::1]:9".parse()?;
        socket
            .send_to(b"x", &six.into())
            .await
            .fails("IPv6 on a socket of IPv4")?;
    }
    Ok(())
}

async fn a_port_in_use_is_named<F: Fixture>(on: &Subject<F>) -> Checked {
    let (_socket, address) = on.packet_socket().await?;
    let address = address.to_string();
    let error = on
        .net
        .listen_packet("udp", &address)
        .await
        .fails("in use")?;
    ensure_kind(&error, ErrorKind::AddrInUse)?;
    ensure_mentions(&error, &["listen for packets udp", &address])?;
    Ok(())
}

async fn a_dropped_socket_frees_its_port<F: Fixture>(on: &Subject<F>) -> Checked {
    let (socket, address) = on.packet_socket().await?;
    drop(socket);
    on.net.listen_packet("udp", &address.to_string()).await?;
    Ok(())
}

async fn the_address_of_a_socket_can_be_printed_and_parsed<F: Fixture>(on: &Subject<F>) -> Checked {
    let (client, server, _) = on.packet_pair().await?;
    for endpoint in [
        server.local_addr()?,
        client.local_addr()?,
        client.peer_addr()?,
    ] {
        ensure_parses_back(&endpoint)?;
    }
    Ok(())
}
