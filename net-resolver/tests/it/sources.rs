//! Where servers and hosts come from.

use std::io::ErrorKind;
use std::time::Duration;

use net::{Family, Resolver, Result};

use crate::support::{asking, builder, file, found, refusal, run};
use crate::zone::Zone;

#[test]
fn without_a_server_the_error_tells_the_three_ways_out() -> Result<()> {
    run(async {
        let dns = builder().build();
        let error = refusal(&dns, "h.test").await;
        assert_eq!(error.kind(), ErrorKind::NotConnected);
        assert_eq!(
            error.to_string(),
            "lookup h.test: no DNS server is configured: set one in code, in the environment \
             variable DNS_SERVER, or in an /etc/resolv.conf that the program can read"
        );
        let error = dns.lookup_mx("h.test").await.expect_err("no server");
        assert_eq!(error.kind(), ErrorKind::NotConnected);
        Ok(())
    })
}

#[test]
fn servers_are_named_by_a_list() -> Result<()> {
    run(async {
        let server = Zone::new().address("h.test.", "192.0.2.1").serve().await?;
        let port = server.address.port();
        for list in [
            format!("127.0.0.1:{port}"),
            format!(" 127.0.0.1:{port} , "),
            format!("127.0.0.1:{port},127.0.0.1:{port}"),
        ] {
            let dns = builder().server_list(list).build();
            assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        }
        Ok(())
    })
}

#[test]
fn a_list_that_cannot_be_read_is_an_error_that_quotes_it() -> Result<()> {
    run(async {
        for (list, item) in [
            ("dns.example.com", "dns.example.com"),
            ("127.0.0.1,1.2.3.4:x", "1.2.3.4:x"),
            ("127.0.0.1:99999", "127.0.0.1:99999"),
            ("[::1", "[::1"),
            (":53", ":53"),
        ] {
            let error = refusal(&builder().server_list(list).build(), "h.test").await;
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(
                error.to_string(),
                format!(
                    "lookup h.test: DNS_SERVER: invalid server address {item:?}, \
                     expected ip or ip:port"
                )
            );
        }
        Ok(())
    })
}

#[test]
fn what_is_set_in_code_goes_before_the_list() -> Result<()> {
    run(async {
        let server = Zone::new().address("h.test.", "192.0.2.1").serve().await?;
        let dns = asking(&[&server]).server_list("nonsense").build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        Ok(())
    })
}

/// A file cannot name a port, so what it says shows in what is asked.
#[test]
fn a_file_says_what_the_manual_has() -> Result<()> {
    run(async {
        let text = "# a comment\nnameserver 127.0.0.99\nnonsense here\nsearch corp.test\n\
                    options ndots:2 attempts:1 timeout:1 unknown\n";
        let Some(path) = file("resolv.conf", text) else {
            return Ok(());
        };
        let dns = net::dns::builder()
            .server_list("")
            .resolv_conf(&path)
            .hosts("/nowhere")
            .timeout(Duration::from_millis(50))
            .build();
        // Nobody listens there.
        let error = refusal(&dns, "h").await;
        assert!(error.to_string().contains("127.0.0.99:53"), "{error}");
        std::fs::remove_file(path)?;
        Ok(())
    })
}

/// Go's `TestUpdateResolvConf`, without the wait of five seconds: a file that
/// is not there yet is looked for again.
#[test]
fn a_file_that_changes_is_read_again() -> Result<()> {
    run(async {
        let Some(hosts) = file("hosts", "192.0.2.1 h.test\n") else {
            return Ok(());
        };
        let dns = builder().hosts(&hosts).build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        std::fs::write(&hosts, "192.0.2.2 h.test\n")?;
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        net::time::sleep(Duration::from_millis(5100)).await;
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.2"]);
        std::fs::remove_file(hosts)?;
        Ok(())
    })
}

#[test]
fn the_file_of_hosts_goes_before_every_server() -> Result<()> {
    run(async {
        let text = "\u{feff}127.0.0.1 localhost\n192.0.2.7\tPrinter.test printer # a comment\n\
                    nonsense printer\n2001:db8::7 printer\n192.0.2.8 printer\n\n# end";
        let Some(hosts) = file("hosts-first", text) else {
            return Ok(());
        };
        let server = Zone::new()
            .address("printer.", "198.51.100.1")
            .address("h.test.", "192.0.2.1")
            .serve()
            .await?;
        let dns = asking(&[&server]).hosts(&hosts).build();
        let all = ["192.0.2.7", "192.0.2.8", "2001:db8::7"];
        assert_eq!(found(&dns, "printer").await?, all);
        assert_eq!(found(&dns, "PRINTER.TEST.").await?, ["192.0.2.7"]);
        assert_eq!(dns.lookup("printer", Family::V6).await?.len(), 1);
        assert!(server.asked().is_empty());
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        std::fs::remove_file(hosts)?;
        Ok(())
    })
}

#[test]
fn another_resolver_is_asked_where_no_server_is_named() -> Result<()> {
    run(async {
        let server = Zone::new().address("h.test.", "192.0.2.1").serve().await?;
        let other = asking(&[&server]).build();
        let dns = builder().fallback(other.clone()).build();
        assert_eq!(found(&dns, "h.test").await?, ["192.0.2.1"]);
        assert_eq!(server.asked().len(), 2);
        // Not where one is.
        let silent = Zone::new().serve().await?;
        let dns = asking(&[&silent]).fallback(other).build();
        refusal(&dns, "h.test").await;
        assert!(server.asked().is_empty());
        Ok(())
    })
}
