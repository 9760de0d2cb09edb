//! Connections: addresses, both ends, both families.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use net::prelude::*;
use net::{Net, Result};

use crate::support::{has_ipv6, listen, pair, pair_on, pattern, round_trip, run};

#[test]
fn port_0_gets_a_port_that_can_be_dialed() -> Result<()> {
    run(async {
        for address in ["127.0.0.1:0", "127.0.0.1:", "localhost:0"] {
            let listener = net::listen("tcp", address).await?;
            let local = listener.local_addr()?;
            assert_ne!(local.port(), Some(0));
            let (mut dialed, mut accepted) = pair_on(&listener, &local.to_string()).await?;
            round_trip(&mut dialed, &mut accepted).await?;
        }
        Ok(())
    })
}

#[test]
fn an_empty_host_is_this_machine_to_a_dialer() -> Result<()> {
    run(async {
        let (listener, _) = listen().await?;
        let port = listener.local_addr()?.port().expect("a port");
        let (mut dialed, mut accepted) = pair_on(&listener, &format!(":{port}")).await?;
        round_trip(&mut dialed, &mut accepted).await?;
        Ok(())
    })
}

#[test]
fn both_ends_agree_on_their_addresses() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let (dialed, accepted) = tokio::join!(net::dial("tcp", &address), listener.accept());
        let (dialed, (accepted, peer)) = (dialed?, accepted?);
        assert_eq!(dialed.peer_addr()?, listener.local_addr()?);
        assert_eq!(accepted.local_addr()?, listener.local_addr()?);
        assert_eq!(accepted.peer_addr()?, dialed.local_addr()?);
        assert_eq!(peer, dialed.local_addr()?);
        Ok(())
    })
}

#[test]
fn a_connection_over_ipv6_carries_bytes() -> Result<()> {
    run(async {
        if !has_ipv6().await {
            return Ok(());
        }
        for network in ["tcp", "tcp6"] {
            let listener = net::listen(network, "[::1]:0").await?;
            let local = listener.local_addr()?;
            assert_eq!(local.ip(), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
            let (mut dialed, mut accepted) = pair_on(&listener, &local.to_string()).await?;
            assert_eq!(accepted.peer_addr()?, dialed.local_addr()?);
            round_trip(&mut dialed, &mut accepted).await?;
        }
        Ok(())
    })
}

#[test]
fn a_listener_on_all_addresses_takes_both_families_and_names_ipv4_peers_plainly() -> Result<()> {
    run(async {
        let listener = net::listen("tcp", ":0").await?;
        let port = listener.local_addr()?.port().expect("a port");
        let dial = |address: String| async move { net::dial("tcp", &address).await };
        let (dialed, accepted) = tokio::join!(dial(format!("127.0.0.1:{port}")), listener.accept());
        let (mut dialed, (mut accepted, peer)) = (dialed?, accepted?);
        assert_eq!(peer.ip(), Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        assert_eq!(accepted.peer_addr()?, dialed.local_addr()?);
        assert_eq!(
            accepted.local_addr()?.to_string(),
            format!("127.0.0.1:{port}")
        );
        round_trip(&mut dialed, &mut accepted).await?;
        if has_ipv6().await {
            let (dialed, accepted) = tokio::join!(dial(format!("[::1]:{port}")), listener.accept());
            let (mut dialed, (mut accepted, peer)) = (dialed?, accepted?);
            assert_eq!(peer.ip(), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
            round_trip(&mut dialed, &mut accepted).await?;
        }
        Ok(())
    })
}

#[test]
fn tcp4_on_all_addresses_takes_ipv4() -> Result<()> {
    run(async {
        let listener = net::listen("tcp4", ":0").await?;
        let local = listener.local_addr()?;
        assert_eq!(local.ip(), Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
        let port = local.port().expect("a port");
        let (mut dialed, mut accepted) = pair_on(&listener, &format!("127.0.0.1:{port}")).await?;
        round_trip(&mut dialed, &mut accepted).await?;
        Ok(())
    })
}

#[test]
fn two_ends_answer_each_other_a_thousand_times() -> Result<()> {
    async fn count(mut stream: net::target::Stream) -> std::io::Result<u64> {
        let mut last = 0;
        while last < 1_000 {
            match stream.read_u64_le().await {
                Ok(value) => last = value,
                // The other end has got there first.
                Err(_) => break,
            }
            stream.write_u64_le(last + 1).await?;
        }
        Ok(last)
    }
    run(async {
        let (mut dialed, accepted) = pair().await?;
        dialed.write_u64_le(1).await?;
        let one = net::spawn(count(dialed));
        let other = net::spawn(count(accepted));
        let (one, other) = (one.await??, other.await??);
        assert!(one.max(other) >= 1_000, "{one} and {other}");
        Ok(())
    })
}

#[test]
fn what_was_sent_before_the_accept_arrives() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let mut dialed = net::dial("tcp", &address).await?;
        dialed.write_all(b"early").await?;
        drop(dialed);
        let (mut accepted, _) = listener.accept().await?;
        let mut text = String::new();
        accepted.read_to_string(&mut text).await?;
        assert_eq!(text, "early");
        Ok(())
    })
}

#[test]
fn dropping_a_connection_does_not_lose_what_was_written() -> Result<()> {
    run(async {
        let sent = pattern(256 << 10);
        let (mut dialed, mut accepted) = pair().await?;
        let copy = sent.clone();
        let writer = net::spawn(async move {
            dialed.write_all(&copy).await?;
            std::io::Result::Ok(())
        });
        let mut received = Vec::new();
        accepted.read_to_end(&mut received).await?;
        writer.await??;
        assert!(received == sent);
        Ok(())
    })
}

#[test]
fn halves_of_a_connection_work_in_two_tasks() -> Result<()> {
    run(async {
        let (dialed, accepted) = pair().await?;
        let echo = net::spawn(crate::support::echo(accepted));
        let (mut read, mut write) = dialed.into_split();
        let sent = pattern(1 << 20);
        let copy = sent.clone();
        let writer = net::spawn(async move {
            write.write_all(&copy).await?;
            write.shutdown().await
        });
        let reader = net::spawn(async move {
            let mut received = Vec::new();
            read.read_to_end(&mut received).await?;
            std::io::Result::Ok(received)
        });
        writer.await??;
        assert!(reader.await?? == sent);
        echo.await??;
        Ok(())
    })
}

#[test]
fn types_can_be_erased() -> Result<()> {
    run(async {
        let listener = net::listen("tcp", "127.0.0.1:0").await?.boxed();
        let net = Net::default().boxed();
        let address = listener.local_addr()?.to_string();
        let (dialed, (accepted, _)) =
            tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
        let (mut read, mut write) = dialed.into_split();
        let (mut other_read, mut other_write) = accepted.into_split();
        write.write_all(b"there").await?;
        write.shutdown().await?;
        tokio::io::copy(&mut other_read, &mut other_write).await?;
        drop(other_write);
        let mut text = String::new();
        read.read_to_string(&mut text).await?;
        assert_eq!(text, "there");
        Ok(())
    })
}

#[test]
fn tokios_split_works_as_well() -> Result<()> {
    run(async {
        let (dialed, accepted) = pair().await?;
        let echo = tokio::spawn(crate::support::echo(accepted));
        let (mut read, mut write) = tokio::io::split(dialed);
        write.write_all(b"there and back").await?;
        write.shutdown().await?;
        let mut text = String::new();
        read.read_to_string(&mut text).await?;
        assert_eq!(text, "there and back");
        echo.await.expect("a task that does not panic")?;
        Ok(())
    })
}
