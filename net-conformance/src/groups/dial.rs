//! Opening connections.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use net_dial::Net;
use net_traits::{Backend, Control, Listener, Operation, OptionName, SocketOption, Stream};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::{Capability, Fixture};
use crate::subject::{Checked, Fails, SOON, Subject, ensure_kind, ensure_mentions, round_trip};

cases! {
    $ __dial dial:
    /// Dialing a port without a listener fails with `ConnectionRefused`.
    /// Source: RFC 9293 §3.10.7.1; Go TestDialError.
    a_refused_dial_names_operation_network_and_address;
    /// Source: RFC 6335 §6; wasmtime p3 `tcp-connect`, port 0.
    port_0_cannot_be_dialed;
    /// `tcp6` does not dial `127.0.0.1`.
    /// Source: Go TestProhibitionaryDialArg.
    a_literal_of_the_other_family_is_refused;
    /// `:80` dials a port of this machine.
    /// Source: Go TestDialLocal.
    an_empty_host_is_this_machine_to_a_dialer;
    /// `localhost` and its subdomains need no resolver.
    /// Source: RFC 6761 §6.3.
    localhost_reaches_a_server_that_has_ipv4_only;
    /// The error lists every attempt.
    /// Source: Go `OpError`.
    an_error_for_a_name_tells_each_attempt;
    /// If the accept queue is full, a dial waits until its timeout; later dials succeed once there is space.
    /// Source: Go TestDialTimeout; Linux `listen(2)`.
    a_dial_that_nobody_answers_ends_at_its_timeout;
    /// Source: Go TestCancelAfterDial, TestDialWithNonZeroDeadline.
    a_timeout_that_passes_after_the_dial_does_not_harm_the_connection;
    /// `Duration::MAX` does not overflow.
    /// Source: Go, `Dialer.Timeout`.
    a_long_timeout_is_no_trouble;
    /// Source: Go TestDialerLocalAddr.
    a_dial_comes_from_the_local_address_that_was_chosen;
    /// `Backend::source` returns the local address from which an address is reached.
    /// Source: RFC 6724 §5, rule 1.
    the_source_of_this_machine_s_address_is_the_same;
    /// Source: Go TestDialerControl, TestListenConfigControl.
    a_hook_runs_before_a_socket_is_connected_or_bound;
}

async fn a_refused_dial_names_operation_network_and_address<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (listener, address) = on.listen().await?;
    drop(listener);
    for network in ["tcp", "tcp4"] {
        let error = on.net.dial(network, &address).await.fails("nobody there")?;
        ensure_kind(&error, ErrorKind::ConnectionRefused)?;
        ensure_eq!(error.operation(), Operation::Dial);
        ensure_eq!(error.network(), Some(network));
        ensure_eq!(error.address(), Some(&*address));
        ensure!(!error.is_timeout());
        ensure_mentions(&error, &["dial", network, &address])?;
    }
    Ok(())
}

async fn port_0_cannot_be_dialed<F: Fixture>(on: &Subject<F>) -> Checked {
    let error = on.net.dial("tcp", "127.0.0.1:0").await.fails("no port")?;
    ensure_mentions(&error, &["dial tcp", "127.0.0.1:0"])?;
    Ok(())
}

async fn a_literal_of_the_other_family_is_refused<F: Fixture>(on: &Subject<F>) -> Checked {
    for (network, address) in [("tcp6", "127.0.0.1:1"), ("tcp4", "[::1]:1")] {
        let dial = on.net.dial(network, address).await.fails("other family")?;
        let listen = on
            .net
            .listen(network, address)
            .await
            .fails("other family")?;
        for (what, error) in [("dial", dial), ("listen", listen)] {
            ensure_kind(&error, ErrorKind::InvalidInput)?;
            ensure_mentions(&error, &[what, network, address])?;
        }
    }
    Ok(())
}

async fn an_empty_host_is_this_machine_to_a_dialer<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, port) = on.listen_on_port().await?;
    let (mut dialed, mut accepted) = on.pair_on(&listener, &format!(":{port}")).await?;
    round_trip(&mut dialed, &mut accepted).await?;
    Ok(())
}

async fn localhost_reaches_a_server_that_has_ipv4_only<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, port) = on.listen_on_port().await?;
    for name in ["localhost", "LocalHost", "localhost.", "db.localhost"] {
        let (mut dialed, mut accepted) = on.pair_on(&listener, &format!("{name}:{port}")).await?;
        round_trip(&mut dialed, &mut accepted).await?;
    }
    Ok(())
}

async fn an_error_for_a_name_tells_each_attempt<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, port) = on.listen_on_port().await?;
    drop(listener);
    let address = format!("localhost:{port}");
    let error = on.net.dial("tcp", &address).await.fails("nobody there")?;
    let tried: Vec<_> = error
        .attempts()
        .iter()
        .filter_map(net_traits::Error::endpoint)
        .collect();
    let ips: Vec<_> = tried.iter().filter_map(|endpoint| endpoint.ip()).collect();
    ensure!(ips.contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)), "{error}");
    ensure!(ips.contains(&IpAddr::V6(Ipv6Addr::LOCALHOST)), "{error}");
    ensure_mentions(
        &error,
        &[
            "dial tcp",
            &address,
            &format!("127.0.0.1:{port}: "),
            &format!("[::1]:{port}: "),
        ],
    )?;
    ensure_kind(&error, ErrorKind::ConnectionRefused)?;
    Ok(())
}

async fn a_dial_that_nobody_answers_ends_at_its_timeout<F: Fixture>(on: &Subject<F>) -> Checked {
    const TIMEOUT: Duration = Duration::from_millis(300);
    let net = on.net.clone();
    on.needs_option(OptionName::Backlog)?;
    let server = net.clone().with_option(SocketOption::Backlog(1));
    let listener = server.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let net = net.with_timeout(TIMEOUT);
    let mut waiting = Vec::new();
    let (error, took) = loop {
        let start = on.now();
        match net.dial("tcp", &address).await {
            Ok(stream) => waiting.push(stream),
            Err(error) => break (error, on.now() - start),
        }
        ensure!(waiting.len() < 100, "the queue has no end");
    };
    ensure!(error.is_timeout(), "{error}");
    ensure_mentions(&error, &["dial tcp", &address])?;
    ensure!(took >= TIMEOUT, "{took:?}");
    ensure!(took < SOON, "{took:?}");
    // Not sticky: there is space again.
    for _ in &waiting {
        listener.accept().await?;
    }
    on.net.dial("tcp", &address).await?;
    Ok(())
}

async fn a_timeout_that_passes_after_the_dial_does_not_harm_the_connection<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (listener, address) = on.listen().await?;
    let timeout = Duration::from_secs(2);
    let net = on.net.clone().with_timeout(timeout);
    let (dialed, accepted) = tokio::join!(net.dial("tcp", &address), listener.accept());
    let (mut dialed, (mut accepted, _)) = (dialed?, accepted?);
    on.sleep(timeout + Duration::from_millis(100)).await;
    round_trip(&mut dialed, &mut accepted).await?;
    Ok(())
}

async fn a_long_timeout_is_no_trouble<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    let net = on.net.clone().with_timeout(Duration::MAX);
    let (dialed, accepted) = tokio::join!(net.dial("tcp", &address), listener.accept());
    round_trip(&mut dialed?, &mut accepted?.0).await?;
    Ok(())
}

async fn a_dial_comes_from_the_local_address_that_was_chosen<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (listener, address) = on.listen().await?;
    // Linux has all of 127/8, other systems only 127.0.0.1.
    let chosen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let net = on.net.clone().with_local_addr(chosen);
    let (dialed, (_, peer)) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
    ensure_eq!(dialed.local_addr()?, peer);
    ensure_eq!(peer.ip(), Some(chosen.ip()));

    // A free port, which another test may bind first.
    for _ in 0..20 {
        let port = free_port(on).await?;
        let chosen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let net = on.net.clone().with_local_addr(chosen);
        match tokio::try_join!(net.dial("tcp", &address), listener.accept()) {
            Ok((dialed, _)) => {
                ensure_eq!(dialed.local_addr()?.port(), Some(port));
                return Ok(());
            }
            Err(error) => ensure_eq!(error.kind(), ErrorKind::AddrInUse, "{error}"),
        }
    }
    bail!("no port stays free")
}

async fn the_source_of_this_machine_s_address_is_the_same<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Udp)?;
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    ensure_eq!(on.net.backend().source(local)?, local.ip());
    if on.has_ipv6().await {
        let local: SocketAddr = "[::1]:1".parse()?;
        ensure_eq!(on.net.backend().source(local)?, local.ip());
    }
    Ok(())
}

async fn a_hook_runs_before_a_socket_is_connected_or_bound<F: Fixture>(on: &Subject<F>) -> Checked {
    let seen = Seen::default();
    let net = seen.net(on);
    let (listener, address) = on.listen().await?;
    let (dialed, _accepted) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
    ensure_eq!(seen.take(), std::slice::from_ref(&address));
    ensure_eq!(dialed.peer_addr()?.to_string(), address);

    net.listen("tcp", "127.0.0.1:0").await?;
    ensure_eq!(seen.take(), ["127.0.0.1:0"]);

    let refuses = Control::new(|_socket, _address| Err(ErrorKind::PermissionDenied.into()));
    let net = on.net.clone().with_control(refuses);
    let error = net.dial("tcp", &address).await.fails("the hook refuses")?;
    ensure_kind(&error, ErrorKind::PermissionDenied)
}

async fn free_port<F: Fixture>(on: &Subject<F>) -> Result<u16> {
    let (free, _) = on.listen().await?;
    free.local_addr()?.port().context("it has no port")
}

/// What a hook was called with.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// A network that writes down the address of each new socket.
    fn net<F: Fixture>(&self, on: &Subject<F>) -> Net<F::Backend> {
        let seen = self.clone();
        let control = Control::new(move |_socket, address| {
            seen.lock().push(address.to_string());
            Ok(())
        });
        on.net.clone().with_control(control)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lock())
    }
}
