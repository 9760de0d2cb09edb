//! From where an address is reached: local addresses, zones.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use net::prelude::*;
use net::{Endpoint, Family, Net, Result};
use net_traits::Backend as _;

use crate::support::{assert_mentions, has_ipv6, is_guest, listen, run};

#[test]
fn the_source_of_this_machine_s_address_is_the_same() -> Result<()> {
    run(async {
        let net = Net::default();
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        assert_eq!(net.backend().source(local).await?, local.ip());
        if has_ipv6().await {
            let local: SocketAddr = "[::1]:1".parse().expect("an address");
            assert_eq!(net.backend().source(local).await?, local.ip());
        }
        Ok(())
    })
}

#[test]
fn a_dial_comes_from_the_local_address_that_was_chosen() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        // Linux has all of 127/8; others only the first.
        let chosen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let net = Net::default().with_local_addr(chosen);
        let (dialed, (_, peer)) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
        assert_eq!(dialed.local_addr()?, peer);
        assert_eq!(peer.ip(), Some(chosen.ip()));

        // A port of one's own. Another test may take it first.
        for _ in 0..20 {
            let port = free_port().await?;
            let chosen = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
            let net = Net::default().with_local_addr(chosen);
            match tokio::try_join!(net.dial("tcp", &address), listener.accept()) {
                Ok((dialed, _)) => {
                    assert_eq!(dialed.local_addr()?.port(), Some(port));
                    return Ok(());
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}"),
            }
        }
        panic!("no port stayed free");
    })
}

async fn free_port() -> Result<u16> {
    let free = net::listen("tcp", "127.0.0.1:0").await?;
    Ok(free.local_addr()?.port().expect("a port"))
}

#[test]
fn a_local_address_of_another_family_is_refused() -> Result<()> {
    run(async {
        let local: SocketAddr = "[::1]:0".parse().expect("an address");
        let net = Net::default().with_local_addr(Endpoint::from(local));
        let error = net.dial("tcp", "127.0.0.1:1").await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_mentions(&error, &["dial tcp 127.0.0.1:1", "[::1]:0"]);
        Ok(())
    })
}

#[test]
fn a_family_is_kept_to() -> Result<()> {
    run(async {
        let (listener, _) = listen().await?;
        let port = listener.local_addr()?.port().expect("a port");
        let address = format!("localhost:{port}");
        let net = Net::default().with_family(Family::V4);
        let (dialed, _) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
        assert!(dialed.peer_addr()?.ip().is_some_and(|ip| ip.is_ipv4()));
        let net = Net::default().with_family(Family::V6);
        let error = net.dial("tcp", &address).await.expect_err("IPv4 only");
        assert!(error.attempts().is_empty(), "{error}");
        Ok(())
    })
}

#[test]
fn a_zone_that_is_no_interface_is_told() -> Result<()> {
    run(async {
        let address = "[fe80::1%nosuch0]:1";
        let error = net::dial("tcp", address).await.expect_err("no such zone");
        let (kind, why) = if is_guest() {
            (ErrorKind::Unsupported, Net::default().host().to_owned())
        } else {
            (ErrorKind::NotFound, "no such network interface".to_owned())
        };
        assert_eq!(error.kind(), kind, "{error}");
        assert_mentions(&error, &["dial tcp", address, "nosuch0", &why]);
        Ok(())
    })
}
