//! Which texts are names, and what is known without a question.

use std::io::ErrorKind;

use net::{Family, Resolver, Result};

use crate::support::{asking, builder, found, ips, refusal, run};
use crate::zone::Zone;

#[test]
fn what_can_be_no_name_is_refused_without_a_question() -> Result<()> {
    run(async {
        let server = Zone::new().serve().await?;
        let dns = asking(&[&server]).build();
        let long = format!("{}.test", "x".repeat(64));
        for (name, message) in [
            ("", "lookup \"\": empty name"),
            (".", "lookup .: empty name"),
            ("a..b", "lookup a..b: empty label in a name"),
            (".a", "lookup .a: empty label in a name"),
            ("a..", "lookup a..: empty label in a name"),
            ("a b", "lookup a b: unexpected ' ' in a name"),
            ("a\nb", "lookup a\\nb: unexpected '\\n' in a name"),
            ("a\\.b", "lookup a\\.b: unexpected '\\\\' in a name"),
            (
                &long,
                &format!("lookup {long}: label of more than 63 bytes in a name"),
            ),
        ] {
            let error = refusal(&dns, name).await;
            assert_eq!(error.to_string(), message);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        assert!(server.asked().is_empty());
        Ok(())
    })
}

/// Go's `TestLongDNSNames`.
#[test]
fn a_name_has_253_bytes_at_most() -> Result<()> {
    run(async {
        let prefix = "verylongdomainlabel.".repeat(20);
        let cut = |len: usize, end: &str| {
            let head = prefix[..len - end.len()].trim_end_matches('.');
            format!("{head:x<width$}{end}", width = len - end.len())
        };
        for (name, is_asked) in [
            (cut(255, ".go.dev."), false),
            (cut(254, ".go.dev."), true),
            (cut(253, ".go.dev."), true),
            (cut(253, ".go.dev"), true),
            (cut(254, ".go.dev"), false),
        ] {
            let server = Zone::new().serve().await?;
            let dns = asking(&[&server]).build();
            let error = refusal(&dns, &name).await;
            let kind = if is_asked {
                ErrorKind::NotFound
            } else {
                ErrorKind::InvalidInput
            };
            assert_eq!(error.kind(), kind, "{} bytes: {error}", name.len());
            assert_eq!(!server.asked().is_empty(), is_asked);
            assert!(dns.lookup_txt(&name).await.is_err());
            assert_eq!(!server.asked().is_empty(), is_asked);
        }
        Ok(())
    })
}

#[test]
fn a_name_in_another_script_is_asked_for_in_its_ascii_form() -> Result<()> {
    run(async {
        let server = Zone::new()
            .address("xn--bcher-kva.test.", "192.0.2.1")
            .serve()
            .await?;
        let dns = asking(&[&server]).cache_size(0).build();
        for name in ["bücher.test", "BÜCHER.test", "xn--bcher-kva.test"] {
            assert_eq!(found(&dns, name).await?, ["192.0.2.1"], "{name}");
        }
        let asked = server.asked();
        assert!(
            asked
                .iter()
                .all(|line| line.contains("xn--bcher-kva.test."))
        );
        Ok(())
    })
}

#[test]
fn underscores_are_part_of_names() -> Result<()> {
    run(async {
        let server = Zone::new()
            .address("_a_b_.test.", "192.0.2.1")
            .serve()
            .await?;
        let dns = asking(&[&server]).build();
        assert_eq!(found(&dns, "_a_b_.test").await?, ["192.0.2.1"]);
        Ok(())
    })
}

#[test]
fn literal_addresses_and_this_machine_are_known_without_a_server() -> Result<()> {
    run(async {
        let dns = builder().build();
        assert_eq!(found(&dns, "192.0.2.1").await?, ["192.0.2.1"]);
        assert_eq!(found(&dns, "2001:db8::1").await?, ["2001:db8::1"]);
        for name in ["localhost", "LocalHost.", "a.b.localhost"] {
            assert_eq!(found(&dns, name).await?, ["127.0.0.1", "::1"]);
        }
        let six = dns.lookup("localhost", Family::V6).await?;
        assert_eq!(six, ips(&["::1"]));
        let error = dns.lookup("192.0.2.1", Family::V6).await;
        assert_eq!(
            error.expect_err("another family").kind(),
            ErrorKind::NotFound
        );
        Ok(())
    })
}

/// RFC 6761 §6.4, RFC 7686; Go's `TestLookupTorOnion`.
#[test]
fn names_that_are_not_in_the_dns_are_not_asked_for() -> Result<()> {
    run(async {
        let server = Zone::new().serve().await?;
        let dns = asking(&[&server]).build();
        for name in ["foo.onion", "foo.ONION.", "a.invalid", "invalid."] {
            assert_eq!(refusal(&dns, name).await.kind(), ErrorKind::NotFound);
        }
        assert!(server.asked().is_empty());
        Ok(())
    })
}
