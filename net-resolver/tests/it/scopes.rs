//! Servers on link-local addresses, which are asked in their zone (RFC 4007 §11).

use std::io::ErrorKind;

use net::Result;

use crate::support::{builder, file, found, refusal, run};
use crate::zone::Zone;

#[test]
fn a_zone_that_does_not_exist_is_named() -> Result<()> {
    run(async {
        for (list, server) in [
            (
                "fe80::1%none-0.7",
                "[fe80::1%none-0.7]:53: zone \"none-0.7\": ",
            ),
            (
                "[fe80::1%none0]:5353",
                "[fe80::1%none0]:5353: zone \"none0\": ",
            ),
        ] {
            let error = refusal(&builder().server_list(list).build(), "h.test").await;
            assert!(error.to_string().contains(server), "{error}");
            // That kind is for the name that is looked up.
            assert_ne!(error.kind(), ErrorKind::NotFound, "{error}");
        }
        Ok(())
    })
}

#[test]
fn an_index_that_no_interface_can_have_is_named() -> Result<()> {
    run(async {
        let dns = builder().server_list("fe80::1%4294967296").build();
        let error = refusal(&dns, "h.test").await;
        let server = "[fe80::1%4294967296]:53: zone \"4294967296\": ";
        assert!(error.to_string().contains(server), "{error}");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        Ok(())
    })
}

#[test]
fn a_server_in_a_zone_that_does_not_exist_is_skipped() -> Result<()> {
    run(async {
        let server = Zone::new().address("h.test.", "192.0.2.1").serve().await?;
        let list = format!("fe80::1%none0,{}", server.address);
        let dns = builder().server_list(list).build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        Ok(())
    })
}

#[test]
fn a_file_may_name_a_zone() -> Result<()> {
    run(async {
        let text = "nameserver fe80::1%none-0.7 # a comment\n";
        let Some(path) = file("resolv-zone.conf", text) else {
            return Ok(());
        };
        let dns = net::dns::builder().server_list("").resolv_conf(&path);
        let error = refusal(&dns.hosts("/nowhere").build(), "h.test").await;
        let server = "[fe80::1%none-0.7]:53: zone \"none-0.7\": ";
        assert!(error.to_string().contains(server), "{error}");
        std::fs::remove_file(path)?;
        Ok(())
    })
}

/// Linux refuses a link-local address without a zone as an invalid argument.
#[cfg(target_os = "linux")]
#[test]
fn the_zone_in_a_file_reaches_the_system() -> Result<()> {
    use crate::support::TIMEOUT;

    run(async {
        for zone in ["lo", "1"] {
            let text = format!("nameserver fe80::1%{zone}\noptions attempts:1\n");
            let Some(path) = file(&format!("resolv-zone-{zone}.conf"), &text) else {
                return Ok(());
            };
            let dns = net::dns::builder().server_list("").resolv_conf(&path);
            let dns = dns.hosts("/nowhere").timeout(TIMEOUT).build();
            let error = refusal(&dns, "h.test").await;
            assert!(error.to_string().contains(&format!("%{zone}")), "{error}");
            assert_ne!(error.kind(), ErrorKind::InvalidInput, "{error}");
            std::fs::remove_file(path)?;
        }
        Ok(())
    })
}

/// Where this machine has a link-local address.
#[cfg(target_os = "linux")]
#[test]
fn a_server_answers_in_its_zone_by_name_and_by_index() -> Result<()> {
    run(async {
        let Some((address, index, name)) = link_local() else {
            eprintln!("skipped, no link-local address");
            return Ok(());
        };
        let zone = Zone::new().address("h.test.", "192.0.2.1");
        let server = zone.serve_on(&format!("[{address}%{index}]")).await?;
        let port = server.address.port();
        for zone in [index.to_string(), name] {
            let list = format!("[{address}%{zone}]:{port}");
            let dns = builder().server_list(list).build();
            assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        }
        Ok(())
    })
}

/// A link-local address of this machine with the index and name of its interface.
#[cfg(target_os = "linux")]
fn link_local() -> Option<(std::net::Ipv6Addr, u32, String)> {
    let table = std::fs::read_to_string("/proc/net/if_inet6").ok()?;
    table.lines().find_map(|line| {
        let mut fields = line.split_whitespace();
        let address = u128::from_str_radix(fields.next()?, 16).ok()?;
        let address = std::net::Ipv6Addr::from_bits(address);
        let index = u32::from_str_radix(fields.next()?, 16).ok()?;
        let name = fields.nth(3)?.to_owned();
        (address.is_unicast_link_local()).then_some((address, index, name))
    })
}
