//! Names, and dials that are given up.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use net::prelude::*;
use net::{Family, Net, Resolver, Result};

use crate::support::{assert_mentions, listen, run};

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
        let host = net::HostResolver::new(*Net::default().backend());
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
