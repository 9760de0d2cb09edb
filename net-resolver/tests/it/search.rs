//! Names with few dots (`man 5 resolv.conf`, `search` and `ndots`).

use net::Result;

use crate::server::Server;
use crate::support::{asking, found, refusal, run};
use crate::zone::Zone;

/// The names that were asked for, each once, in the order of a lookup that
/// finds none.
async fn tried(search: &[&str], ndots: usize, name: &str) -> Result<Vec<String>> {
    let server = Zone::new().serve().await?;
    let dns = asking(&[&server])
        .search(search.iter().copied())?
        .ndots(ndots)
        .cache_size(0)
        .build();
    // With texts, since one question is easier to follow.
    dns.lookup_txt(name).await.expect_err("it knows none");
    Ok(in_order(&server))
}

fn in_order(server: &Server) -> Vec<String> {
    let asked = server.asked_in_order();
    asked
        .iter()
        .filter_map(|line| line.split(' ').nth(1).map(str::to_owned))
        .collect()
}

#[test]
fn the_list_is_searched_as_the_manual_has_it() -> Result<()> {
    run(async {
        let list = ["go.dev", "corp.test."];
        for (ndots, name, expected) in [
            (1, "www", vec!["www.go.dev.", "www.corp.test.", "www."]),
            (1, "a.b", vec!["a.b.", "a.b.go.dev.", "a.b.corp.test."]),
            (1, "a.b.", vec!["a.b."]),
            (1, "www.", vec!["www."]),
            (2, "a.b", vec!["a.b.go.dev.", "a.b.corp.test.", "a.b."]),
            (
                2,
                "a.b.c",
                vec!["a.b.c.", "a.b.c.go.dev.", "a.b.c.corp.test."],
            ),
            (0, "www", vec!["www.", "www.go.dev.", "www.corp.test."]),
        ] {
            assert_eq!(tried(&list, ndots, name).await?, expected, "{ndots} {name}");
        }
        assert_eq!(tried(&[], 1, "www").await?, ["www."]);
        Ok(())
    })
}

/// Go's `TestNameListAvoidDNS`.
#[test]
fn names_that_are_not_in_the_dns_are_left_out() -> Result<()> {
    run(async {
        let list = ["go.dev.", "onion."];
        assert_eq!(tried(&list, 1, "www").await?, ["www.go.dev.", "www."]);
        assert_eq!(tried(&list, 1, "www.onion").await?, ["www.onion.go.dev."]);
        Ok(())
    })
}

#[test]
fn a_name_that_would_become_too_long_is_left_out() -> Result<()> {
    run(async {
        let long = ["x".repeat(60).as_str(); 4].join(".");
        let expected = format!("{long}.");
        assert_eq!(tried(&["corporate.test."], 9, &long).await?, [expected]);
        Ok(())
    })
}

/// Two families that each walk the list by themselves would mix the addresses
/// of two machines.
#[test]
fn both_families_are_of_the_same_name() -> Result<()> {
    run(async {
        let server = Zone::new()
            .address("h.one.test.", "192.0.2.1")
            .address("h.two.test.", "2001:db8::2")
            .address("h.two.test.", "192.0.2.2")
            .serve()
            .await?;
        let dns = asking(&[&server]).search(["one.test", "two.test"])?.build();
        assert_eq!(found(&dns, "h").await?, ["192.0.2.1"]);
        Ok(())
    })
}

#[test]
fn a_name_of_the_list_without_an_address_is_passed_over() -> Result<()> {
    run(async {
        let server = Zone::new()
            .txt("h.one.test.", &["no address"])
            .address("h.two.test.", "192.0.2.2")
            .serve()
            .await?;
        let dns = asking(&[&server]).search(["one.test", "two.test"])?.build();
        assert_eq!(found(&dns, "h").await?, ["192.0.2.2"]);
        assert_eq!(
            refusal(&dns, "nosuch").await.kind(),
            std::io::ErrorKind::NotFound
        );
        Ok(())
    })
}

#[test]
fn a_domain_that_is_no_name_is_refused() {
    let error = crate::support::builder().search(["a..b"]);
    assert_eq!(
        error.expect_err("no name").to_string(),
        "parse a..b: empty label in a name"
    );
}
