//! What names have besides addresses.

use std::io::ErrorKind;

use net::Result;

use crate::support::{asking, builder, file, run};
use crate::zone::Zone;

fn zone() -> Zone {
    Zone::new()
        .mx("d.test.", 20, "mx2.d.test.")
        .mx("d.test.", 10, "mx1.d.test.")
        .ns("d.test.", "ns1.d.test.")
        .txt("d.test.", &["hello world"])
        .txt("d.test.", &["in ", "parts"])
        .srv("_http._tcp.d.test.", [20, 0, 81], "b.d.test.")
        .srv("_http._tcp.d.test.", [10, 5, 80], "a.d.test.")
        .ptr("1.2.0.192.in-addr.arpa.", "h.test.")
        .ptr(
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
            "h6.test.",
        )
        .address("a.d.test.", "192.0.2.1")
}

#[test]
fn each_kind_of_record_is_read() -> Result<()> {
    run(async {
        let server = zone().serve().await?;
        let dns = asking(&[&server]).build();
        let mail = dns.lookup_mx("d.test").await?;
        let mail: Vec<_> = mail
            .iter()
            .map(|mx| (mx.preference, mx.host.as_str()))
            .collect();
        assert_eq!(mail, [(10, "mx1.d.test."), (20, "mx2.d.test.")]);
        assert_eq!(dns.lookup_ns("d.test").await?, ["ns1.d.test."]);
        assert_eq!(dns.lookup_txt("d.test").await?, ["hello world", "in parts"]);
        let servers = dns.lookup_srv("http", "tcp", "d.test").await?;
        let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["a.d.test.:80", "b.d.test.:81"]);
        let same = dns.lookup_srv("", "", "_http._tcp.d.test").await?;
        assert_eq!(same.len(), 2);
        let names = dns.lookup_addr([192, 0, 2, 1].into()).await?;
        assert_eq!(names, ["h.test."]);
        // Networks ask in the same way.
        let net = net::Net::default().with_resolver(dns.clone());
        let names = net.lookup_addr([192, 0, 2, 1].into()).await?;
        assert_eq!(names, ["h.test."]);
        let names = dns
            .lookup_addr("2001:db8::1".parse().expect("an address"))
            .await?;
        assert_eq!(names, ["h6.test."]);
        Ok(())
    })
}

#[test]
fn a_record_that_is_not_there_is_an_error() -> Result<()> {
    run(async {
        let server = zone().serve().await?;
        let dns = asking(&[&server]).build();
        for error in [
            dns.lookup_mx("a.d.test").await.expect_err("none"),
            dns.lookup_txt("nosuch.test").await.expect_err("none"),
            dns.lookup_srv("x", "tcp", "d.test")
                .await
                .expect_err("none"),
            dns.lookup_addr([192, 0, 2, 9].into())
                .await
                .expect_err("none"),
            dns.lookup_cname("nosuch.test").await.expect_err("none"),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(error.to_string().ends_with("no such host or record"));
        }
        let error = dns.lookup_mx("a..b").await.expect_err("no name");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        Ok(())
    })
}

/// Within a priority, chance follows the weights (RFC 2782).
#[test]
fn servers_of_one_priority_are_shuffled_by_weight() -> Result<()> {
    run(async {
        let server = Zone::new()
            .srv("s.test.", [1, 90, 1], "heavy.test.")
            .srv("s.test.", [1, 10, 2], "light.test.")
            .srv("s.test.", [0, 0, 3], "first.test.")
            .serve()
            .await?;
        let dns = asking(&[&server]).build();
        let mut heavy = 0;
        for _ in 0..300 {
            let servers = dns.lookup_srv("", "", "s.test").await?;
            let hosts: Vec<&str> = servers.iter().map(|srv| srv.host.as_str()).collect();
            assert_eq!((hosts[0], hosts.len()), ("first.test.", 3));
            heavy += usize::from(hosts[1] == "heavy.test.");
        }
        // 270 of 300 on average; far from either end of what chance may do.
        assert!((200..300).contains(&heavy), "{heavy}");
        Ok(())
    })
}

#[test]
fn names_of_addresses_are_read_from_the_file_of_hosts() -> Result<()> {
    run(async {
        let Some(hosts) = file("ptr", "192.0.2.7 printer.test alias\n") else {
            return Ok(());
        };
        let dns = builder().hosts(&hosts).build();
        let names = dns.lookup_addr([192, 0, 2, 7].into()).await?;
        assert!(names.contains(&"printer.test.".to_owned()), "{names:?}");
        std::fs::remove_file(hosts)?;
        Ok(())
    })
}
