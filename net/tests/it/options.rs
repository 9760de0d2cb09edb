//! Socket options: set, read back, inherited; or refused by name.

use std::io::ErrorKind;
use std::time::Duration;

use net::prelude::*;
use net::{KeepAlive, Net, OptionName, Result, SocketOption};

use crate::support::{
    assert_mentions, assert_unsupported, host, is_guest, listen, pair, run, supports,
};

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

#[test]
fn streams_send_small_writes_at_once_unless_told_otherwise() -> Result<()> {
    run(async {
        let (dialed, accepted) = pair().await?;
        if !supports(OptionName::NoDelay) {
            let error = dialed.option(OptionName::NoDelay).expect_err("no option");
            assert_unsupported(&error, OptionName::NoDelay);
            return Ok(());
        }
        let on = SocketOption::NoDelay(true);
        assert_eq!(dialed.option(OptionName::NoDelay)?, on);
        assert_eq!(accepted.option(OptionName::NoDelay)?, on);
        let off = SocketOption::NoDelay(false);
        dialed.set_nodelay(false)?;
        assert_eq!(dialed.option(OptionName::NoDelay)?, off);
        let slow = Net::default().with_option(off);
        let listener = slow.listen("tcp", "127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (dialed, (accepted, _)) =
            tokio::try_join!(slow.dial("tcp", &address), listener.accept())?;
        assert_eq!(dialed.option(OptionName::NoDelay)?, off);
        assert_eq!(accepted.option(OptionName::NoDelay)?, off);
        Ok(())
    })
}

#[test]
fn an_option_that_the_host_does_not_have_is_refused_by_name() -> Result<()> {
    run(async {
        let (dialed, _accepted) = pair().await?;
        let (_listener, address) = listen().await?;
        for option in all() {
            let name = option.name();
            if supports(name) {
                continue;
            }
            assert_unsupported(&dialed.set_option(option).expect_err("refused"), name);
            assert_unsupported(&dialed.option(name).expect_err("refused"), name);
            let net = Net::default().with_option(option);
            // Where it has a meaning: `v6only` on what listens on IPv6 alone.
            let local = if name == OptionName::V6Only {
                let error = net.listen_packet("udp", "[::1]:0").await;
                assert_unsupported(&error.expect_err("refused"), name);
                "[::1]:0"
            } else {
                let error = net.dial("tcp", &address).await.expect_err("refused");
                assert_unsupported(&error, name);
                assert_mentions(&error, &["dial tcp", &address]);
                "127.0.0.1:0"
            };
            let error = net.listen("tcp", local).await.expect_err("refused");
            assert_unsupported(&error, name);
            assert_mentions(&error, &["listen tcp", local]);
        }
        Ok(())
    })
}

#[test]
fn an_option_that_has_no_meaning_for_a_socket_is_no_obstacle() -> Result<()> {
    run(async {
        for option in all() {
            let net = Net::default().with_option(option);
            if matches!(
                option.name(),
                OptionName::NoDelay
                    | OptionName::KeepAlive
                    | OptionName::Linger
                    | OptionName::V6Only
                    | OptionName::Backlog
            ) {
                net.listen_packet("udp", "127.0.0.1:0").await?;
            } else {
                net.listen("tcp", "127.0.0.1:0").await?;
            }
        }
        Ok(())
    })
}

#[test]
fn an_option_that_the_host_has_can_be_set_and_read() -> Result<()> {
    run(async {
        let (dialed, _accepted) = pair().await?;
        let same = [
            SocketOption::NoDelay(false),
            SocketOption::NoDelay(true),
            SocketOption::Linger(Some(Duration::from_secs(3))),
            SocketOption::Linger(None),
            SocketOption::ReuseAddr(true),
            SocketOption::ReuseAddr(false),
        ];
        for option in same {
            if supports(option.name()) {
                dialed.set_option(option)?;
                assert_eq!(dialed.option(option.name())?, option);
            }
        }
        Ok(())
    })
}

#[test]
fn the_length_of_a_queue_is_for_listeners() -> Result<()> {
    run(async {
        let (dialed, _accepted) = pair().await?;
        let error = dialed
            .set_option(SocketOption::Backlog(1))
            .expect_err("no listener");
        assert_unsupported(&error, OptionName::Backlog);
        let net = Net::default().with_option(SocketOption::Backlog(7));
        let listener = net.listen("tcp", "127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
        Ok(())
    })
}

#[test]
fn keepalive_is_switched_on_and_off() -> Result<()> {
    run(async {
        let (dialed, _accepted) = pair().await?;
        let off = SocketOption::KeepAlive(None);
        assert_eq!(dialed.option(OptionName::KeepAlive)?, off);
        dialed.set_keepalive(Some(KeepAlive::new()))?;
        let read = dialed.option(OptionName::KeepAlive)?;
        assert!(matches!(read, SocketOption::KeepAlive(Some(_))), "{read:?}");
        dialed.set_keepalive(None)?;
        assert_eq!(dialed.option(OptionName::KeepAlive)?, off);
        Ok(())
    })
}

#[test]
fn the_times_of_keepalive_are_kept_or_refused_by_name() -> Result<()> {
    run(async {
        let (dialed, _accepted) = pair().await?;
        let times = KeepAlive::new()
            .idle(Duration::from_secs(33))
            .interval(Duration::from_secs(11))
            .count(5);
        let set = dialed.set_keepalive(Some(times));
        if matches!(&*host(), "native" | "net-run") {
            set?;
            let read = dialed.option(OptionName::KeepAlive)?;
            assert_eq!(read, SocketOption::KeepAlive(Some(times)));
        } else {
            let error = set.expect_err("no times");
            assert_unsupported(&error, OptionName::KeepAlive);
            let off = SocketOption::KeepAlive(None);
            assert_eq!(dialed.option(OptionName::KeepAlive)?, off);
        }
        Ok(())
    })
}

#[test]
fn buffers_are_at_least_as_large_as_asked_for() -> Result<()> {
    const SIZE: usize = 64 << 10;
    fn size(option: SocketOption) -> usize {
        match option {
            SocketOption::SendBuffer(size) | SocketOption::RecvBuffer(size) => size,
            other => panic!("{other:?} is no size"),
        }
    }
    run(async {
        let net = Net::default()
            .with_option(SocketOption::SendBuffer(SIZE))
            .with_option(SocketOption::RecvBuffer(SIZE));
        let listener = net.listen("tcp", "127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (dialed, (accepted, _)) =
            tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
        for stream in [&dialed, &accepted] {
            for name in [OptionName::SendBuffer, OptionName::RecvBuffer] {
                let size = size(stream.option(name)?);
                assert!((SIZE..=4 * SIZE).contains(&size), "{name}: {size}");
            }
        }
        // Whatever is asked for, the system takes what it can.
        for option in [SocketOption::SendBuffer(0), SocketOption::RecvBuffer(0)] {
            dialed.set_option(option)?;
            assert!(size(dialed.option(option.name())?) > 0);
        }
        let packets = net.listen_packet("udp", "127.0.0.1:0").await?;
        assert!(size(packets.option(OptionName::RecvBuffer)?) >= SIZE);
        Ok(())
    })
}

#[test]
fn a_buffer_of_any_size_is_no_crash() -> Result<()> {
    run(async {
        let (dialed, _accepted) = pair().await?;
        for size in [usize::MAX, 1 << 31, (1 << 31) - 1] {
            // Systems clamp or refuse.
            let _ = dialed.set_option(SocketOption::SendBuffer(size));
            let _ = dialed.set_option(SocketOption::RecvBuffer(size));
        }
        let _ = dialed.set_linger_if_any(Duration::MAX);
        Ok(())
    })
}

/// Linger where there is any.
trait LingerIfAny {
    fn set_linger_if_any(&self, time: Duration) -> Result<()>;
}

impl<S: net::Stream> LingerIfAny for S {
    fn set_linger_if_any(&self, time: Duration) -> Result<()> {
        let set = self.set_linger(Some(time));
        // It must not hold up the end of the test.
        self.set_linger(None)?;
        set
    }
}

#[test]
fn accepted_streams_have_the_options_of_their_listener() -> Result<()> {
    run(async {
        let net = Net::default().with_option(SocketOption::KeepAlive(Some(KeepAlive::new())));
        let listener = net.listen("tcp", "127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (dialed, (accepted, _)) =
            tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
        for stream in [dialed, accepted] {
            let read = stream.option(OptionName::KeepAlive)?;
            assert!(matches!(read, SocketOption::KeepAlive(Some(_))), "{read:?}");
        }
        Ok(())
    })
}

#[test]
fn a_datagram_socket_may_be_allowed_to_broadcast() -> Result<()> {
    run(async {
        let socket = net::listen_packet("udp4", "127.0.0.1:0").await?;
        for on in [true, false] {
            let option = SocketOption::Broadcast(on);
            socket.set_option(option)?;
            assert_eq!(socket.option(OptionName::Broadcast)?, option);
        }
        let everyone: std::net::SocketAddr = "255.255.255.255:9".parse().expect("an address");
        let error = socket
            .send_to(b"x", &everyone.into())
            .await
            .expect_err("not allowed");
        assert_mentions(&error, &["send", "255.255.255.255:9"]);
        Ok(())
    })
}

#[test]
fn tcp6_on_all_addresses_takes_ipv6_alone_or_is_refused_by_name() -> Result<()> {
    run(async {
        for operation in ["listen", "listen_packet"] {
            let opened = if operation == "listen" {
                let opened = net::listen("tcp6", ":0").await;
                opened.map(|listener| listener.local_addr())
            } else {
                let opened = net::listen_packet("udp6", ":0").await;
                opened.map(|socket| socket.local_addr())
            };
            if !supports(OptionName::V6Only) {
                let error = opened.expect_err("no option");
                assert_unsupported(&error, OptionName::V6Only);
                continue;
            }
            match opened {
                Ok(local) => assert!(local?.ip().is_some_and(|ip| ip.is_ipv6())),
                // A machine without IPv6.
                Err(error) => assert_ne!(error.kind(), ErrorKind::InvalidInput, "{error}"),
            }
        }
        if supports(OptionName::V6Only) {
            let listener = net::listen("tcp6", ":0").await?;
            let port = listener.local_addr()?.port().expect("a port");
            let error = net::dial("tcp4", &format!("127.0.0.1:{port}"))
                .await
                .expect_err("IPv6 alone");
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
        } else {
            assert!(is_guest(), "{}", host());
        }
        Ok(())
    })
}
