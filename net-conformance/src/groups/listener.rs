//! Accepting connections.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use net_traits::{Listener, Operation, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::case::cases;
use crate::ensure::{ensure_eq, ensure_ne};
use crate::fixture::{Capability, Fixture};
use crate::subject::{Checked, Fails, SOON, Subject, ensure_kind, ensure_mentions, round_trip};

cases! {
    $ __listener listener:
    /// The address that a listener reports can be dialed.
    /// Source: Go TestDialListenerAddr.
    port_0_gets_a_port_that_can_be_dialed;
    /// `:0` listens on IPv4 and IPv6, and IPv4 peers are not reported as `::ffff:127.0.0.1`.
    /// Source: Go TestDualStackTCPListener; RFC 4038 §4.2.
    a_listener_on_all_addresses_takes_both_families_and_names_ipv4_peers_plainly;
    /// `tcp4` accepts IPv4 only.
    /// Source: Go `Listen`.
    tcp4_on_all_addresses_takes_ipv4;
    /// Each of many connections is accepted.
    /// Source: tokio tcp_accept `accept_many`.
    two_hundred_connections_at_once_are_all_accepted;
    /// The accept queue keeps connections in order, and their data.
    /// Source: POSIX `listen`.
    connections_wait_until_they_are_accepted;
    /// Dropping a listener closes it.
    /// Source: Go TestListenerClose.
    a_listener_that_is_gone_refuses_later_dials;
    /// An aborted accept does not keep the socket open.
    /// Source: Go TestListenerClose.
    ending_the_task_that_accepts_closes_the_listener;
    /// A connection in the accept queue ends or is reset.
    /// Source: turmoil `dropping_listener_with_unaccepted_connections_rsts`.
    a_connection_nobody_accepted_ends_with_its_listener;
    /// A restarted server can bind its address at once.
    /// Source: Go, `SO_REUSEADDR` of listeners; the contract of `Backend`.
    an_address_can_be_listened_on_again_at_once;
    /// Each connection is accepted once, and each task is woken.
    /// Source: Go, concurrent `Accept`.
    two_tasks_accept_from_one_listener_and_each_connection_goes_to_one;
    /// A second listener fails with `AddrInUse`.
    /// Source: POSIX `bind`, EADDRINUSE.
    an_address_in_use_is_named;
    /// An address of another machine fails with `AddrNotAvailable`.
    /// Source: POSIX `bind`, EADDRNOTAVAIL.
    an_address_that_is_not_ours_is_named;
}

async fn port_0_gets_a_port_that_can_be_dialed<F: Fixture>(on: &Subject<F>) -> Checked {
    for address in ["127.0.0.1:0", "127.0.0.1:", "localhost:0"] {
        let listener = on.net.listen("tcp", address).await?;
        let local = listener.local_addr()?;
        ensure_ne!(local.port(), Some(0));
        let (mut dialed, mut accepted) = on.pair_on(&listener, &local.to_string()).await?;
        round_trip(&mut dialed, &mut accepted).await?;
    }
    Ok(())
}

async fn a_listener_on_all_addresses_takes_both_families_and_names_ipv4_peers_plainly<
    F: Fixture,
>(
    on: &Subject<F>,
) -> Checked {
    let listener = on.net.listen("tcp", ":0").await?;
    let port = listener.local_addr()?.port().context("it has no port")?;
    let dial = |address: String| async move { on.net.dial("tcp", &address).await };
    let (dialed, accepted) = tokio::join!(dial(format!("127.0.0.1:{port}")), listener.accept());
    let (mut dialed, (mut accepted, peer)) = (dialed?, accepted?);
    ensure_eq!(peer.ip(), Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    ensure_eq!(accepted.peer_addr()?, dialed.local_addr()?);
    ensure_eq!(
        accepted.local_addr()?.to_string(),
        format!("127.0.0.1:{port}")
    );
    round_trip(&mut dialed, &mut accepted).await?;
    if on.has_ipv6().await {
        let (dialed, accepted) = tokio::join!(dial(format!("[::1]:{port}")), listener.accept());
        let (mut dialed, (mut accepted, peer)) = (dialed?, accepted?);
        ensure_eq!(peer.ip(), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        round_trip(&mut dialed, &mut accepted).await?;
    }
    Ok(())
}

async fn tcp4_on_all_addresses_takes_ipv4<F: Fixture>(on: &Subject<F>) -> Checked {
    let listener = on.net.listen("tcp4", ":0").await?;
    let local = listener.local_addr()?;
    ensure_eq!(local.ip(), Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    let port = local.port().context("it has no port")?;
    let (mut dialed, mut accepted) = on.pair_on(&listener, &format!("127.0.0.1:{port}")).await?;
    round_trip(&mut dialed, &mut accepted).await?;
    Ok(())
}

async fn two_hundred_connections_at_once_are_all_accepted<F: Fixture>(on: &Subject<F>) -> Checked {
    const COUNT: u8 = 200;
    let (listener, address) = on.listen().await?;
    let address: Arc<str> = address.into();
    let server = tokio::spawn(async move {
        let mut tasks = Vec::new();
        for _ in 0..COUNT {
            let (mut stream, _) = listener.accept().await?;
            tasks.push(tokio::spawn(async move {
                let name = stream.read_u8().await?;
                stream.write_u8(name).await
            }));
        }
        for task in tasks {
            task.await??;
        }
        anyhow::Ok(())
    });
    let mut clients = Vec::new();
    for name in 0..COUNT {
        let (on, address) = (on.clone(), Arc::clone(&address));
        clients.push(tokio::spawn(async move {
            let mut stream = on.net.dial("tcp", &address).await?;
            stream.write_u8(name).await?;
            ensure_eq!(stream.read_u8().await?, name);
            anyhow::Ok(())
        }));
    }
    for client in clients {
        client.await??;
    }
    server.await?
}

async fn connections_wait_until_they_are_accepted<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    let mut dialed = Vec::new();
    for name in 0..50 {
        let mut stream = on.net.dial("tcp", &address).await?;
        stream.write_u8(name).await?;
        dialed.push(stream);
    }
    for name in 0..50 {
        let (mut stream, _) = listener.accept().await?;
        ensure_eq!(stream.read_u8().await?, name);
    }
    Ok(())
}

async fn a_listener_that_is_gone_refuses_later_dials<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    drop(on.pair_on(&listener, &address).await?);
    drop(listener);
    let error = on.net.dial("tcp", &address).await.fails("closed")?;
    ensure_kind(&error, ErrorKind::ConnectionRefused)?;
    Ok(())
}

async fn ending_the_task_that_accepts_closes_the_listener<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    let server = tokio::spawn(async move { listener.accept().await.map(|_| ()) });
    on.sleep(Duration::from_millis(5)).await;
    server.abort();
    ensure!(server.await.fails("aborted")?.is_cancelled());
    let error = on.net.dial("tcp", &address).await.fails("closed")?;
    ensure_kind(&error, ErrorKind::ConnectionRefused)?;
    Ok(())
}

async fn a_connection_nobody_accepted_ends_with_its_listener<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (listener, address) = on.listen().await?;
    let mut dialed = on.net.dial("tcp", &address).await?;
    drop(listener);
    match on.timeout(SOON, dialed.read(&mut [0])).await? {
        Ok(count) => ensure_eq!(count, 0),
        Err(error) => ensure_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
    Ok(())
}

async fn an_address_can_be_listened_on_again_at_once<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    let (dialed, accepted) = on.pair_on(&listener, &address).await?;
    // This end closes first, so its side stays in TIME_WAIT.
    drop(accepted);
    drop(dialed);
    drop(listener);
    let listener = on.net.listen("tcp", &address).await?;
    let (mut dialed, mut accepted) = on.pair_on(&listener, &address).await?;
    round_trip(&mut dialed, &mut accepted).await?;
    Ok(())
}

async fn two_tasks_accept_from_one_listener_and_each_connection_goes_to_one<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    const COUNT: u8 = 60;
    let (listener, address) = on.listen().await?;
    let listener = Arc::new(listener);
    let (names, mut accepted) = tokio::sync::mpsc::channel(1);
    let servers: Vec<_> = (0..2)
        .map(|_| {
            let (listener, names) = (Arc::clone(&listener), names.clone());
            tokio::spawn(async move {
                loop {
                    let (mut stream, _) = listener.accept().await?;
                    let name = stream.read_u8().await?;
                    if names.send(name).await.is_err() {
                        return anyhow::Ok(());
                    }
                }
            })
        })
        .collect();
    let mut seen = HashSet::new();
    for burst in 0..COUNT / 3 {
        let mut dialed = Vec::new();
        for name in burst * 3..(burst + 1) * 3 {
            let mut stream = on.net.dial("tcp", &address).await?;
            stream.write_u8(name).await?;
            dialed.push(stream);
        }
        for _ in 0..3 {
            let name = on.timeout(SOON, accepted.recv()).await?;
            ensure!(seen.insert(name.context("a server has ended")?));
        }
    }
    ensure_eq!(seen.len(), usize::from(COUNT));
    for server in servers {
        server.abort();
    }
    Ok(())
}

async fn an_address_in_use_is_named<F: Fixture>(on: &Subject<F>) -> Checked {
    let (_listener, address) = on.listen().await?;
    let error = on.net.listen("tcp", &address).await.fails("in use")?;
    ensure_kind(&error, ErrorKind::AddrInUse)?;
    ensure_eq!(error.operation(), Operation::Listen);
    ensure_mentions(&error, &["listen tcp", &address])?;
    Ok(())
}

async fn an_address_that_is_not_ours_is_named<F: Fixture>(on: &Subject<F>) -> Checked {
    // For documentation only (RFC 5737): no machine has it.
    let address = "192.0.2.1:0";
    let error = on.net.listen("tcp", address).await.fails("not ours")?;
    ensure_kind(&error, ErrorKind::AddrNotAvailable)?;
    ensure_mentions(&error, &["listen tcp", address])?;
    on.needs(Capability::Udp)?;
    let error = on
        .net
        .listen_packet("udp", address)
        .await
        .fails("not ours")?;
    ensure_kind(&error, ErrorKind::AddrNotAvailable)?;
    ensure_mentions(&error, &["listen for packets udp", address])?;
    Ok(())
}
