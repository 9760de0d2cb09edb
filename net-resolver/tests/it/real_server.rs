//! A DNS server in use elsewhere, which `cargo xtask test` starts with a zone
//! of its own.

use std::io::ErrorKind;

use net::dns::Dns;
use net::{Family, Resolver, Result};

use crate::support::{found, refusal, run};

/// A resolver that asks it; says so if there is none.
fn dns() -> Option<Dns> {
    let Ok(server) = std::env::var("NET_TEST_DNS_SERVER") else {
        eprintln!("skipped: no NET_TEST_DNS_SERVER, `cargo xtask test` starts one");
        return None;
    };
    let builder = net::dns::builder().server_list(server);
    Some(builder.hosts("/nowhere").build())
}

/// Runs a test with that resolver.
fn with_server(test: impl AsyncFnOnce(Dns) -> Result<()>) -> Result<()> {
    match dns() {
        Some(dns) => run(test(dns)),
        None => Ok(()),
    }
}

#[test]
fn addresses_of_both_families_are_found() -> Result<()> {
    with_server(async |dns| {
        assert_eq!(found(&dns, "v4.net.test").await?, ["192.0.2.1"]);
        assert_eq!(found(&dns, "v6.net.test").await?, ["2001:db8::1"]);
        let mut both = found(&dns, "both.net.test").await?;
        both.sort();
        assert_eq!(both, ["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
        let four = dns.lookup("both.net.test", Family::V4).await?;
        assert_eq!(four.len(), 2);
        Ok(())
    })
}

#[test]
fn aliases_are_followed() -> Result<()> {
    with_server(async |dns| {
        assert_eq!(found(&dns, "alias.net.test").await?.len(), 3);
        assert_eq!(found(&dns, "chain.net.test").await?.len(), 3);
        assert_eq!(dns.lookup_cname("chain.net.test").await?, "both.net.test.");
        Ok(())
    })
}

#[test]
fn other_records_are_found() -> Result<()> {
    with_server(async |dns| {
        let mail = dns.lookup_mx("net.test").await?;
        let hosts: Vec<&str> = mail.iter().map(|mx| mx.host.as_str()).collect();
        assert_eq!(hosts, ["mx1.net.test.", "mx2.net.test."]);
        assert_eq!(dns.lookup_ns("net.test").await?, ["ns1.net.test."]);
        let mut texts = dns.lookup_txt("txt.net.test").await?;
        texts.sort();
        assert_eq!(texts, ["ab", "hello world"]);
        let servers = dns.lookup_srv("http", "tcp", "net.test").await?;
        let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["v4.net.test.:8080", "v6.net.test.:8081"]);
        let names = dns.lookup_addr([192, 0, 2, 1].into()).await?;
        assert_eq!(names, ["v4.net.test."]);
        let six = "2001:db8::1".parse().expect("an address");
        assert_eq!(dns.lookup_addr(six).await?, ["v6.net.test."]);
        Ok(())
    })
}

#[test]
fn what_is_not_there_is_not_found() -> Result<()> {
    with_server(async |dns| {
        for name in ["missing.net.test", "empty.net.test"] {
            assert_eq!(refusal(&dns, name).await.kind(), ErrorKind::NotFound);
        }
        Ok(())
    })
}

#[test]
fn an_answer_too_long_for_udp_is_complete() -> Result<()> {
    with_server(async |dns| {
        let big = dns.lookup("big.net.test", Family::V4).await?;
        assert_eq!(big.len(), 120);
        Ok(())
    })
}

#[test]
fn a_name_in_another_script_is_found() -> Result<()> {
    with_server(async |dns| {
        assert_eq!(found(&dns, "bücher.net.test").await?, ["192.0.2.7"]);
        Ok(())
    })
}

#[test]
fn a_program_dials_by_name() -> Result<()> {
    with_server(async |dns| {
        use net::prelude::*;
        let listener = net::listen("tcp4", "127.0.0.1:0").await?;
        let port = listener.local_addr()?.port().expect("a port");
        let net = net::Net::default().with_resolver(dns);
        for name in ["local", "dual"] {
            let address = format!("{name}.net.test:{port}");
            let (mut dialed, (mut accepted, _)) =
                tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
            dialed.write_u8(7).await?;
            assert_eq!(accepted.read_u8().await?, 7);
        }
        Ok(())
    })
}
