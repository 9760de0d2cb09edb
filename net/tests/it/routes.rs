//! From where an address is reached: local addresses, zones.

use std::io::ErrorKind;
use std::net::SocketAddr;

use net::prelude::*;
use net::{Endpoint, Family, Net, Result};

use crate::support::{assert_mentions, is_guest, listen, run};

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
