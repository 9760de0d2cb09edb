//! Socket options: set, read back, inherited; or refused by name.

use std::io::ErrorKind;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use net_traits::{KeepAlive, Listener, OptionName, PacketConn, SocketOption, Stream};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::{Capability, Fixture};
use crate::subject::{Checked, Fails, Subject, ensure_kind, ensure_mentions};

cases! {
    $ __options options:
    /// `nodelay` is on by default, as in Go, if the host supports it.
    /// Source: Go `TCPConn.SetNoDelay`; the contract of `Backend`.
    streams_send_small_writes_at_once_unless_told_otherwise;
    /// No option is ignored silently.
    /// Source: the contract of `Backend`.
    an_option_that_the_host_does_not_have_is_refused_by_name;
    /// A program sets its options once, for all types of sockets.
    /// Source: the contract of `Backend`.
    an_option_that_has_no_meaning_for_a_socket_is_no_obstacle;
    /// An option returns the value that was set.
    /// Source: POSIX `getsockopt`; wasmtime `p2_tcp_sockopts`.
    an_option_that_the_host_has_can_be_set_and_read;
    /// A stream has no accept queue.
    /// Source: POSIX `listen`.
    the_length_of_a_queue_is_for_listeners;
    /// Keep-alive is off by default.
    /// Source: RFC 1122 §4.2.3.6.
    keepalive_is_switched_on_and_off;
    /// Keep-alive times that the host cannot honour are an error.
    /// Source: Go `KeepAliveConfig`; Linux `tcp(7)`.
    the_times_of_keepalive_are_kept_or_refused_by_name;
    /// The error says which option, whatever the system would say.
    /// Source: Linux `tcp(7)`, EINVAL; `SocketOption::validate`.
    times_of_zero_for_keepalive_are_invalid_by_name;
    /// Systems may allocate more.
    /// Source: POSIX `SO_RCVBUF`; Linux `socket(7)`, which doubles them.
    buffers_are_at_least_as_large_as_asked_for;
    /// The largest sizes do not overflow.
    /// Source: wasmtime `p2_tcp_sockopts`, ranges.
    a_buffer_of_any_size_is_no_crash;
    /// Accepted streams inherit options.
    /// Source: Linux `tcp(7)`; wasmtime `p2_tcp_sockopts`, inheritance.
    accepted_streams_have_the_options_of_their_listener;
    /// Without the option, a broadcast is refused.
    /// Source: POSIX `SO_BROADCAST`.
    a_datagram_socket_may_be_allowed_to_broadcast;
    /// `tcp6` on `:0` does not accept IPv4.
    /// Source: Go `Listen`; RFC 3493 §5.3.
    tcp6_on_all_addresses_takes_ipv6_alone_or_is_refused_by_name;
}

async fn streams_send_small_writes_at_once_unless_told_otherwise<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (dialed, accepted) = on.pair().await?;
    if !on.supports(OptionName::NoDelay) {
        let error = dialed.option(OptionName::NoDelay).fails("no option")?;
        on.ensure_unsupported(&error, OptionName::NoDelay)?;
        return Ok(());
    }
    let is_on = SocketOption::NoDelay(true);
    ensure_eq!(dialed.option(OptionName::NoDelay)?, is_on);
    ensure_eq!(accepted.option(OptionName::NoDelay)?, is_on);
    let off = SocketOption::NoDelay(false);
    dialed.set_nodelay(false)?;
    ensure_eq!(dialed.option(OptionName::NoDelay)?, off);
    let slow = on.net.clone().with_option(off);
    let listener = slow.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let (dialed, (accepted, _)) = tokio::try_join!(slow.dial("tcp", &address), listener.accept())?;
    ensure_eq!(dialed.option(OptionName::NoDelay)?, off);
    ensure_eq!(accepted.option(OptionName::NoDelay)?, off);
    Ok(())
}

async fn an_option_that_the_host_does_not_have_is_refused_by_name<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (dialed, _accepted) = on.pair().await?;
    let (_listener, address) = on.listen().await?;
    for option in all() {
        let name = option.name();
        if on.supports(name) {
            continue;
        }
        on.ensure_unsupported(&dialed.set_option(option).fails("refused")?, name)?;
        on.ensure_unsupported(&dialed.option(name).fails("refused")?, name)?;
        let net = on.net.clone().with_option(option);
        if name == OptionName::Broadcast {
            // It does not apply to a stream.
            continue;
        }
        // Where it applies: `v6only` to what listens on IPv6 only.
        let local = if name == OptionName::V6Only {
            "[::1]:0"
        } else {
            let error = net.dial("tcp", &address).await.fails("refused")?;
            on.ensure_unsupported(&error, name)?;
            ensure_mentions(&error, &["dial tcp", &address])?;
            "127.0.0.1:0"
        };
        let error = net.listen("tcp", local).await.fails("refused")?;
        on.ensure_unsupported(&error, name)?;
        ensure_mentions(&error, &["listen tcp", local])?;
    }
    Ok(())
}

async fn an_option_that_has_no_meaning_for_a_socket_is_no_obstacle<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let everyone = on.net.clone().with_option(SocketOption::Broadcast(true));
    everyone.listen("tcp", "127.0.0.1:0").await?;
    on.needs(Capability::Udp)?;
    for option in all() {
        if matches!(
            option.name(),
            OptionName::NoDelay
                | OptionName::KeepAlive
                | OptionName::Linger
                | OptionName::V6Only
                | OptionName::Backlog
        ) {
            let net = on.net.clone().with_option(option);
            net.listen_packet("udp", "127.0.0.1:0").await?;
        }
    }
    Ok(())
}

async fn an_option_that_the_host_has_can_be_set_and_read<F: Fixture>(on: &Subject<F>) -> Checked {
    let (dialed, _accepted) = on.pair().await?;
    let same = [
        SocketOption::NoDelay(false),
        SocketOption::NoDelay(true),
        SocketOption::Linger(Some(Duration::from_secs(3))),
        SocketOption::Linger(None),
        SocketOption::ReuseAddr(true),
        SocketOption::ReuseAddr(false),
    ];
    for option in same {
        if on.supports(option.name()) {
            dialed.set_option(option)?;
            ensure_eq!(dialed.option(option.name())?, option);
        }
    }
    Ok(())
}

async fn the_length_of_a_queue_is_for_listeners<F: Fixture>(on: &Subject<F>) -> Checked {
    let (dialed, _accepted) = on.pair().await?;
    let error = dialed
        .set_option(SocketOption::Backlog(1))
        .fails("no listener")?;
    on.ensure_unsupported(&error, OptionName::Backlog)?;
    let net = on.net.clone().with_option(SocketOption::Backlog(7));
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
    Ok(())
}

async fn keepalive_is_switched_on_and_off<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs_option(OptionName::KeepAlive)?;
    let (dialed, _accepted) = on.pair().await?;
    let off = SocketOption::KeepAlive(None);
    ensure_eq!(dialed.option(OptionName::KeepAlive)?, off);
    dialed.set_keepalive(Some(KeepAlive::new()))?;
    let read = dialed.option(OptionName::KeepAlive)?;
    ensure!(matches!(read, SocketOption::KeepAlive(Some(_))), "{read:?}");
    dialed.set_keepalive(None)?;
    ensure_eq!(dialed.option(OptionName::KeepAlive)?, off);
    Ok(())
}

async fn the_times_of_keepalive_are_kept_or_refused_by_name<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    on.needs_option(OptionName::KeepAlive)?;
    let (dialed, _accepted) = on.pair().await?;
    let times = KeepAlive::new()
        .idle(Duration::from_secs(33))
        .interval(Duration::from_secs(11))
        .count(5);
    let set = dialed.set_keepalive(Some(times));
    match set {
        Ok(()) => {
            let read = dialed.option(OptionName::KeepAlive)?;
            ensure_eq!(read, SocketOption::KeepAlive(Some(times)));
        }
        Err(error) => {
            on.ensure_unsupported(&error, OptionName::KeepAlive)?;
            let off = SocketOption::KeepAlive(None);
            ensure_eq!(dialed.option(OptionName::KeepAlive)?, off);
        }
    }
    Ok(())
}

async fn times_of_zero_for_keepalive_are_invalid_by_name<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs_option(OptionName::KeepAlive)?;
    let (dialed, _accepted) = on.pair().await?;
    let (_listener, address) = on.listen().await?;
    let zeros = [
        KeepAlive::new().idle(Duration::ZERO),
        KeepAlive::new().interval(Duration::ZERO),
        KeepAlive::new().count(0),
    ];
    for zero in zeros {
        let net = on.net.clone().with_keepalive(zero);
        for error in [
            dialed.set_keepalive(Some(zero)).fails("zero")?,
            net.dial("tcp", &address).await.fails("zero")?,
            net.listen("tcp", "127.0.0.1:0").await.fails("zero")?,
        ] {
            ensure_kind(&error, ErrorKind::InvalidInput)?;
            ensure_mentions(&error, &["keepalive"])?;
        }
    }
    let off = SocketOption::KeepAlive(None);
    ensure_eq!(dialed.option(OptionName::KeepAlive)?, off);
    Ok(())
}

async fn buffers_are_at_least_as_large_as_asked_for<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs_option(OptionName::SendBuffer)?;
    let net = on
        .net
        .clone()
        .with_option(SocketOption::SendBuffer(SIZE))
        .with_option(SocketOption::RecvBuffer(SIZE));
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let (dialed, (accepted, _)) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
    for stream in [&dialed, &accepted] {
        for name in [OptionName::SendBuffer, OptionName::RecvBuffer] {
            let size = size(stream.option(name)?);
            ensure!((SIZE..=4 * SIZE).contains(&size), "{name}: {size}");
        }
    }
    // Whatever is requested, the system clamps it.
    for option in [SocketOption::SendBuffer(0), SocketOption::RecvBuffer(0)] {
        dialed.set_option(option)?;
        ensure!(size(dialed.option(option.name())?) > 0);
    }
    let packets = net.listen_packet("udp", "127.0.0.1:0").await?;
    ensure!(size(packets.option(OptionName::RecvBuffer)?) >= SIZE);
    Ok(())
}

async fn a_buffer_of_any_size_is_no_crash<F: Fixture>(on: &Subject<F>) -> Checked {
    let (dialed, _accepted) = on.pair().await?;
    for size in [usize::MAX, 1 << 31, (1 << 31) - 1] {
        // Systems clamp or refuse.
        let _ = dialed.set_option(SocketOption::SendBuffer(size));
        let _ = dialed.set_option(SocketOption::RecvBuffer(size));
    }
    let _ = dialed.set_linger(Some(Duration::MAX));
    if on.supports(OptionName::Linger) {
        // Otherwise it would delay the end of the case.
        dialed.set_linger(None)?;
    }
    Ok(())
}

async fn accepted_streams_have_the_options_of_their_listener<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    on.needs_option(OptionName::KeepAlive)?;
    let net = on
        .net
        .clone()
        .with_option(SocketOption::KeepAlive(Some(KeepAlive::new())));
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let (dialed, (accepted, _)) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
    for stream in [dialed, accepted] {
        let read = stream.option(OptionName::KeepAlive)?;
        ensure!(matches!(read, SocketOption::KeepAlive(Some(_))), "{read:?}");
    }
    Ok(())
}

async fn a_datagram_socket_may_be_allowed_to_broadcast<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Udp)?;
    on.needs_option(OptionName::Broadcast)?;
    let socket = on.net.listen_packet("udp4", "127.0.0.1:0").await?;
    for on in [true, false] {
        let option = SocketOption::Broadcast(on);
        socket.set_option(option)?;
        ensure_eq!(socket.option(OptionName::Broadcast)?, option);
    }
    let everyone: std::net::SocketAddr = "255.255.255.255:9".parse()?;
    let error = socket
        .send_to(b"x", &everyone.into())
        .await
        .fails("not allowed")?;
    ensure_mentions(&error, &["send", "255.255.255.255:9"])?;
    Ok(())
}

async fn tcp6_on_all_addresses_takes_ipv6_alone_or_is_refused_by_name<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let opened = on.net.listen("tcp6", ":0").await;
    if !on.supports(OptionName::V6Only) {
        let error = opened.fails("it does not have the option")?;
        return on.ensure_unsupported(&error, OptionName::V6Only);
    }
    on.needs_ipv6().await?;
    let local = opened?.local_addr()?;
    ensure!(local.ip().is_some_and(|ip| ip.is_ipv6()), "{local}");

    let listener = on.net.listen("tcp6", ":0").await?;
    let port = listener.local_addr()?.port().context("it has no port")?;
    let error = on.net.dial("tcp4", &format!("127.0.0.1:{port}")).await;
    ensure_kind(&error.fails("IPv6 alone")?, ErrorKind::ConnectionRefused)
}

/// The size of a buffer.
const SIZE: usize = 64 << 10;

fn size(option: SocketOption) -> usize {
    match option {
        SocketOption::SendBuffer(size) | SocketOption::RecvBuffer(size) => size,
        _ => 0,
    }
}

/// One value of each option.
fn all() -> [SocketOption; 9] {
    [
        SocketOption::NoDelay(true),
        SocketOption::KeepAlive(Some(KeepAlive::new())),
        SocketOption::Linger(Some(Duration::from_secs(1))),
        SocketOption::ReuseAddr(true),
        SocketOption::SendBuffer(65_536),
        SocketOption::RecvBuffer(65_536),
        SocketOption::V6Only(true),
        SocketOption::Broadcast(true),
        SocketOption::Backlog(10),
    ]
}
