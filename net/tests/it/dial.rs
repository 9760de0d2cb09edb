//! Names, and dials that are given up.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use net::prelude::*;
use net::{Family, Net, Resolver, Result, SocketOption};

use crate::support::{SOON, assert_mentions, listen, pair_on, round_trip, run};

#[test]
fn localhost_reaches_a_server_that_has_ipv4_only() -> Result<()> {
    run(async {
        let (listener, _) = listen().await?;
        let port = listener.local_addr()?.port().expect("a port");
        for name in ["localhost", "LocalHost", "localhost.", "db.localhost"] {
            let (mut dialed, mut accepted) = pair_on(&listener, &format!("{name}:{port}")).await?;
            round_trip(&mut dialed, &mut accepted).await?;
        }
        Ok(())
    })
}

#[test]
fn an_error_for_a_name_tells_each_attempt() -> Result<()> {
    run(async {
        let (listener, _) = listen().await?;
        let port = listener.local_addr()?.port().expect("a port");
        drop(listener);
        let address = format!("localhost:{port}");
        let error = net::dial("tcp", &address).await.expect_err("nobody there");
        let tried: Vec<_> = error
            .attempts()
            .iter()
            .filter_map(net::Error::endpoint)
            .collect();
        let ips: Vec<_> = tried.iter().filter_map(|endpoint| endpoint.ip()).collect();
        assert!(ips.contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)), "{error}");
        assert!(ips.contains(&IpAddr::V6(Ipv6Addr::LOCALHOST)), "{error}");
        assert_mentions(
            &error,
            &[
                "dial tcp",
                &address,
                &format!("127.0.0.1:{port}: "),
                &format!("[::1]:{port}: "),
            ],
        );
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
        Ok(())
    })
}

#[test]
fn a_network_of_one_family_tries_that_family_only() -> Result<()> {
    run(async {
        let (listener, _) = listen().await?;
        let port = listener.local_addr()?.port().expect("a port");
        drop(listener);
        let address = format!("localhost:{port}");
        for (network, ip) in [("tcp4", "127.0.0.1"), ("tcp6", "[::1]")] {
            let error = net::dial(network, &address)
                .await
                .expect_err("nobody there");
            assert!(error.attempts().is_empty(), "{error}");
            assert_mentions(
                &error,
                &["dial", network, &address, &format!("{ip}:{port}")],
            );
        }
        Ok(())
    })
}

#[test]
fn the_lookup_of_a_literal_or_of_localhost_gives_its_address() -> Result<()> {
    run(async {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(net::lookup("127.0.0.1").await?, [loopback]);
        let found = net::lookup("localhost").await?;
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
        Ok(())
    })
}

/// What the feature `getaddrinfo` selects, and what net-run falls back to.
#[test]
fn the_host_s_own_resolver_finds_this_machine() -> Result<()> {
    run(async {
        let host = net_dial::HostResolver::new(*Net::default().backend());
        let found = host.lookup("localhost", Family::Any).await?;
        assert!(!found.is_empty());
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
        let error = host.lookup("does-not-exist.invalid", Family::Any).await;
        let error = error.expect_err("no such name");
        assert_mentions(&error, &["lookup does-not-exist.invalid"]);
        Ok(())
    })
}

#[test]
fn without_a_server_a_guest_is_told_how_to_name_one() -> Result<()> {
    run(async {
        let net = Net::default().with_resolver(
            net::dns::builder()
                .server_list("")
                .resolv_conf("/nowhere")
                .build(),
        );
        let error = net.dial("tcp", "h.test:1").await.expect_err("no server");
        assert_mentions(
            &error,
            &["dial tcp h.test:1", "DNS_SERVER", "/etc/resolv.conf"],
        );
        let net = Net::default().with_resolver(net::NoResolver);
        let error = net.dial("tcp", "h.test:1").await.expect_err("no resolver");
        assert_mentions(&error, &["`dns`", "`getaddrinfo`"]);
        Ok(())
    })
}

#[test]
fn a_name_that_does_not_exist_is_an_error() -> Result<()> {
    run(async {
        let net = Net::default().with_timeout(Duration::from_secs(30));
        let address = "does-not-exist.invalid:80";
        let error = net.dial("tcp", address).await.expect_err("no such name");
        assert_mentions(&error, &["dial tcp", address]);
        let error = net
            .lookup("does-not-exist.invalid")
            .await
            .expect_err("no such name");
        assert_mentions(&error, &["lookup", "does-not-exist.invalid"]);
        Ok(())
    })
}

#[test]
fn a_name_that_cannot_exist_is_an_error() -> Result<()> {
    run(async {
        let long = "x".repeat(10_000);
        let labels = "x.".repeat(300);
        for name in [
            long.as_str(),
            &labels,
            "..",
            ".invalid",
            "-.invalid",
            "ü.invalid",
        ] {
            let error = net::dial("tcp", &format!("{name}:80"))
                .await
                .expect_err("no such name");
            assert_mentions(&error, &["dial tcp", name]);
        }
        for name in ["", "a\0b"] {
            net::lookup(name).await.expect_err("no such name");
        }
        Ok(())
    })
}

/// A listener whose queue is full does not answer; no packet leaves the
/// machine.
#[test]
fn a_dial_that_nobody_answers_ends_at_its_timeout() -> Result<()> {
    const TIMEOUT: Duration = Duration::from_millis(300);
    run(async {
        let net = Net::default();
        let server = net.clone().with_option(SocketOption::Backlog(1));
        let listener = server.listen("tcp", "127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let net = net.with_timeout(TIMEOUT);
        let mut waiting = Vec::new();
        let (error, took) = loop {
            let start = Instant::now();
            match net.dial("tcp", &address).await {
                Ok(stream) => waiting.push(stream),
                Err(error) => break (error, start.elapsed()),
            }
            assert!(waiting.len() < 100, "the queue has no end");
        };
        assert!(error.is_timeout(), "{error}");
        assert_mentions(&error, &["dial tcp", &address]);
        assert!(took >= TIMEOUT, "{took:?}");
        assert!(took < SOON, "{took:?}");
        // Not sticky: there is room again.
        for _ in &waiting {
            listener.accept().await?;
        }
        net::dial("tcp", &address).await?;
        Ok(())
    })
}

#[test]
fn the_timeout_of_a_dial_is_for_all_attempts_together() -> Result<()> {
    run(async {
        let net = Net::default().with_timeout(Duration::ZERO);
        let (_listener, address) = listen().await?;
        // Either there was time for it or not; an error says that it was time.
        if let Err(error) = net.dial("tcp", &address).await {
            assert!(error.is_timeout(), "{error}");
        }
        Ok(())
    })
}

#[test]
fn a_long_timeout_is_no_trouble() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let net = Net::default().with_timeout(Duration::MAX);
        let (dialed, accepted) = tokio::join!(net.dial("tcp", &address), listener.accept());
        round_trip(&mut dialed?, &mut accepted?.0).await?;
        Ok(())
    })
}

#[test]
fn a_dial_that_was_given_up_closes_its_connection() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        for _ in 0..20 {
            tokio::select! {
                biased;
                dialed = net::dial("tcp", &address) => drop(dialed?),
                () = std::future::ready(()) => {}
            }
            let accepted = net::time::timeout(SOON, listener.accept()).await?;
            // Where the close was seen before the accept, there is none.
            let Ok((mut accepted, _)) = accepted else {
                continue;
            };
            let end = net::time::timeout(SOON, accepted.read(&mut [0])).await?;
            assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
        }
        Ok(())
    })
}

#[test]
fn a_timeout_that_passes_after_the_dial_does_not_harm_the_connection() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let timeout = Duration::from_secs(2);
        let net = Net::default().with_timeout(timeout);
        let (dialed, accepted) = tokio::join!(net.dial("tcp", &address), listener.accept());
        let (mut dialed, (mut accepted, _)) = (dialed?, accepted?);
        net::time::sleep(timeout + Duration::from_millis(100)).await;
        round_trip(&mut dialed, &mut accepted).await?;
        Ok(())
    })
}
