//! Racing the addresses of a name, on real sockets.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use net::prelude::*;
use net::target::{Listener, Stream};
use net::{Error, Family, Net, Operation, Resolver, Result, SocketOption};
use net_traits::async_trait;

use crate::support::{SOON, has_ipv6, run};

/// Knows one name, with both addresses of this machine.
#[derive(Debug)]
struct Dual;

#[async_trait]
impl Resolver for Dual {
    async fn lookup(&self, name: &str, _family: Family) -> Result<Vec<IpAddr>> {
        if name == "dual.test" {
            return Ok(vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]);
        }
        Err(Error::new(Operation::Lookup, ErrorKind::NotFound).with_address(name))
    }
}

/// A server by IPv4, and by IPv6 one whose queue is full, so that it does not
/// answer; both on one port.
struct HalfDead {
    good: Listener,
    address: String,
    _full: Listener,
    _waiting: Vec<Stream>,
}

impl HalfDead {
    /// `None` where the machine has no IPv6.
    async fn start() -> Result<Option<Self>> {
        if !has_ipv6().await {
            return Ok(None);
        }
        let server = Net::default().with_option(SocketOption::Backlog(1));
        let (good, full, port) = loop {
            let good = net::listen("tcp4", "127.0.0.1:0").await?;
            let port = good.local_addr()?.port().expect("a port");
            // Another program may have the port there.
            if let Ok(full) = server.listen("tcp6", &format!("[::1]:{port}")).await {
                break (good, full, port);
            }
        };
        let hasty = Net::default().with_timeout(Duration::from_millis(100));
        let mut waiting = Vec::new();
        while let Ok(stream) = hasty.dial("tcp", &format!("[::1]:{port}")).await {
            waiting.push(stream);
            assert!(waiting.len() < 100, "the queue has no end");
        }
        Ok(Some(HalfDead {
            good,
            address: format!("dual.test:{port}"),
            _full: full,
            _waiting: waiting,
        }))
    }
}

#[test]
fn an_address_that_does_not_answer_is_overtaken() -> Result<()> {
    run(async {
        let Some(server) = HalfDead::start().await? else {
            return Ok(());
        };
        let net = Net::default().with_resolver(Dual);
        let start = Instant::now();
        let (dialed, _) = tokio::try_join!(net.dial("tcp", &server.address), server.good.accept())?;
        assert!(dialed.peer_addr()?.ip().is_some_and(|ip| ip.is_ipv4()));
        // IPv6 was tried first, and had its time.
        assert!(start.elapsed() >= Duration::from_millis(200));
        assert!(start.elapsed() < SOON);
        Ok(())
    })
}

#[test]
fn an_address_that_refuses_costs_no_time() -> Result<()> {
    run(async {
        let good = net::listen("tcp4", "127.0.0.1:0").await?;
        let port = good.local_addr()?.port().expect("a port");
        let net = Net::default()
            .with_resolver(Dual)
            .with_fallback_delay(Duration::from_secs(2));
        let address = format!("dual.test:{port}");
        let start = Instant::now();
        let (dialed, _) = tokio::try_join!(net.dial("tcp", &address), good.accept())?;
        assert!(dialed.peer_addr()?.ip().is_some_and(|ip| ip.is_ipv4()));
        assert!(start.elapsed() < Duration::from_secs(1));
        Ok(())
    })
}

/// Go's `TestDialerDualStackFDLeak`, so often that guests, which may open
/// 1,024 sockets, would run out of them.
#[test]
fn racing_dials_leave_no_descriptor() -> Result<()> {
    run(async {
        let Some(server) = HalfDead::start().await? else {
            return Ok(());
        };
        let net = Net::default()
            .with_resolver(Dual)
            .with_fallback_delay(Duration::from_millis(10));
        for _ in 0..110 {
            let dials: Vec<_> = (0..10)
                .map(|_| {
                    let (net, address) = (net.clone(), server.address.clone());
                    net::spawn(async move { net.dial("tcp", &address).await })
                })
                .collect();
            for dial in dials {
                let (mut accepted, _) = server.good.accept().await?;
                drop(dial.await??);
                assert_eq!(accepted.read(&mut [0]).await?, 0);
            }
        }
        Ok(())
    })
}

#[test]
fn a_race_that_is_given_up_leaves_nothing_behind() -> Result<()> {
    run(async {
        let Some(server) = HalfDead::start().await? else {
            return Ok(());
        };
        let dead = server.address.replace("dual.test", "[::1]");
        let net = Net::default().with_timeout(Duration::from_millis(5));
        for _ in 0..1100 {
            let error = net.dial("tcp", &dead).await.expect_err("nobody answers");
            assert!(error.is_timeout(), "{error}");
        }
        Ok(())
    })
}
