use std::time::{Duration, Instant};

use super::super::Query;
use super::*;

fn dns(rules: &[&str]) -> Policy {
    let add = |policy: Policy, rule: &&str| policy.allow_dns(rule.parse().unwrap());
    rules.iter().fold(Policy::deny_all(), add)
}

fn query(name: &str) -> Query {
    Query::Name(name.into())
}

fn admit(guard: &mut Guard, name: &str, answers: &[&str]) -> Result<Vec<IpAddr>, Denial> {
    guard.admit(name, answers.iter().map(|text| ip(text)).collect())
}

#[test]
fn a_lookup_needs_a_rule_with_the_name() {
    let guard = guard(&["example.com:443", "*.example.org", "10.0.0.0/8"]);
    assert_eq!(guard.lookup("example.com"), Ok(query("example.com")));
    assert_eq!(
        guard.lookup("a.b.example.org"),
        Ok(query("a.b.example.org"))
    );
    for name in [
        "example.org",
        "a.example.com",
        "evilexample.org",
        "localhost",
        "com",
    ] {
        assert!(guard.lookup(name).is_err(), "{name}");
    }
    assert_eq!(
        guard.lookup("db.internal").unwrap_err().to_string(),
        "lookup db.internal is denied; allow it with --allow-net=db.internal"
    );
}

#[test]
fn a_rule_for_every_host_allows_every_lookup() {
    for policy in [
        allow(&["*"]),
        allow(&["*:443"]),
        dns(&["*"]),
        Policy::allow_all(),
    ] {
        assert_eq!(
            Guard::new(policy).lookup("example.com"),
            Ok(query("example.com"))
        );
    }
}

#[test]
fn names_are_looked_up_in_lower_case_without_the_dot_at_the_end() {
    let mut guard = guard(&["Example.com"]);
    assert_eq!(guard.lookup("EXAMPLE.COM."), Ok(query("example.com")));
    admit(&mut guard, "eXample.Com.", &["1.2.3.4"]).unwrap();
    assert!(is_allowed(&mut guard, "1.2.3.4:80"));
}

#[test]
fn numeric_aliases_are_addresses_and_never_reach_a_resolver() {
    let mut guard = guard(&["*.example.com"]);
    for name in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "017700000001",
        "127.0.0.1.",
    ] {
        assert_eq!(
            guard.lookup(name),
            Ok(Query::Address(ip("127.0.0.1"))),
            "{name}"
        );
    }
    assert_eq!(guard.lookup("010.0.0.1"), Ok(Query::Address(ip("8.0.0.1"))));
    assert_eq!(guard.lookup("[::1]"), Ok(Query::Address(ip("::1"))));
    assert_eq!(
        guard.lookup("::ffff:1.2.3.4"),
        Ok(Query::Address(ip("::ffff:1.2.3.4")))
    );
    assert!(!is_allowed(&mut guard, "127.0.0.1:80"));
}

#[test]
fn what_is_no_name_is_not_looked_up_even_if_all_is_allowed() {
    let guard = Guard::new(Policy::allow_all());
    for name in [
        "",
        ".",
        "a b",
        "a\0.example.com",
        "１２７.0.0.1",
        "1.2.3.4.5",
        "09.1.1.1",
        "fe80::1%eth0",
        "[127.0.0.1]",
        "[::1",
        "*",
        "*.example.com",
        "-h",
    ] {
        assert_eq!(guard.lookup(name), Ok(Query::NoName), "{name}");
    }
}

#[test]
fn answers_are_reached_at_the_ports_of_the_rule_with_the_name() {
    let mut guard = guard(&[
        "example.com:443",
        "*.example.com:8000-8010",
        "example.com:80",
    ]);
    admit(&mut guard, "example.com", &["1.2.3.4", "2606::1"]).unwrap();
    admit(&mut guard, "a.example.com", &["1.2.3.5"]).unwrap();
    for (to, allowed) in [
        ("1.2.3.4:443", true),
        ("1.2.3.4:80", true),
        ("[::ffff:1.2.3.4]:80", true),
        ("1.2.3.4:8000", false),
        ("[2606::1]:443", true),
        ("1.2.3.5:8010", true),
        ("1.2.3.5:443", false),
        ("1.2.3.6:443", false),
    ] {
        assert_eq!(is_allowed(&mut guard, to), allowed, "{to}");
    }
}

#[test]
fn answers_are_forgotten_an_hour_after_the_last_dial() {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let mut guard = guard(&["example.com"]);
    let start = Instant::now();
    guard
        .admit_at(start, "example.com", vec![ip("1.2.3.4")])
        .unwrap();
    let mut dial = |after| {
        let now = start + minutes(after);
        guard
            .dial_at(now, Dial::Connect, Transport::Tcp, at("1.2.3.4:80"))
            .is_ok()
    };
    assert!(dial(59));
    assert!(dial(118));
    assert!(!dial(178));
    assert!(!dial(179));
    guard
        .admit_at(start + minutes(180), "example.com", vec![ip("1.2.3.4")])
        .unwrap();
    // A socket that was connected may be answered for longer.
    assert!(guard.receive(at("1.2.3.4:80")));
}

#[test]
fn a_name_that_is_rebound_to_a_private_address_gives_nothing() {
    let mut guard = guard(&["example.com:443"]);
    for answer in [
        "127.0.0.1",
        "10.0.0.5",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "0.0.0.0",
        "::ffff:10.0.0.5",
        "64:ff9b::10.0.0.5",
        "2002:a00:5::1",
    ] {
        let denial = admit(&mut guard, "example.com", &[answer]).unwrap_err();
        assert!(
            denial.to_string().contains(&ip(answer).to_string()),
            "{denial}"
        );
        assert!(!guard.receive(SocketAddr::new(ip(answer), 443)), "{answer}");
    }
    let denial = admit(&mut guard, "example.com", &["10.0.0.5", "10.0.0.6"]).unwrap_err();
    assert_eq!(
        denial.to_string(),
        "lookup example.com is denied: it resolves to the private address 10.0.0.5; \
         allow that with --allow-net=10.0.0.5:443"
    );
}

#[test]
fn private_answers_are_dropped_and_public_ones_stay() {
    let mut guard = guard(&["example.com"]);
    let left = admit(&mut guard, "example.com", &["10.0.0.5", "1.2.3.4", "::1"]);
    assert_eq!(left, Ok(vec![ip("1.2.3.4")]));
    assert!(!is_allowed(&mut guard, "10.0.0.5:80"));
}

#[test]
fn a_private_answer_stays_where_a_rule_has_its_address_and_only_that_rule_counts() {
    let mut guard = guard(&["example.com", "10.0.0.0/8:80"]);
    let left = admit(&mut guard, "example.com", &["10.0.0.5", "192.168.0.1"]);
    assert_eq!(left, Ok(vec![ip("10.0.0.5")]));
    assert!(is_allowed(&mut guard, "10.0.0.5:80"));
    assert!(!is_allowed(&mut guard, "10.0.0.5:81"));
}

#[test]
fn the_flag_of_a_private_answer_lets_it_through() {
    for answer in ["10.0.0.5", "0.0.0.0", "::", "::1", "::ffff:10.0.0.5"] {
        let denial = admit(&mut guard(&["example.com:80"]), "example.com", &[answer]).unwrap_err();
        let rule = denial.flag().unwrap().strip_prefix("--allow-net=").unwrap();
        let mut guard = guard(&["example.com:80", rule]);
        assert_eq!(
            admit(&mut guard, "example.com", &[answer]),
            Ok(vec![ip(answer)])
        );
        let to = SocketAddr::new(ip(answer), 80);
        assert!(guard.dial(Dial::Connect, Transport::Tcp, to).is_ok());
    }
}

#[test]
fn localhost_is_never_anywhere_else() {
    for rules in [&["localhost", "*.localhost"][..], &["*"]] {
        let mut guard = guard(rules);
        for name in ["localhost", "LOCALHOST.", "a.localhost"] {
            let left = admit(
                &mut guard,
                name,
                &["1.2.3.4", "127.0.0.1", "10.0.0.1", "::1"],
            );
            assert_eq!(left, Ok(vec![ip("127.0.0.1"), ip("::1")]), "{name}");
            let denial = admit(&mut guard, name, &["1.2.3.4"]).unwrap_err();
            assert!(
                denial.to_string().ends_with(
                    "is denied: it resolves to 1.2.3.4, which is not a loopback address"
                )
            );
        }
    }
    assert!(!is_allowed(&mut guard(&["localhost"]), "1.2.3.4:80"));
    assert!(!is_allowed(&mut guard(&["localhost"]), "127.0.0.2:80"));
    let all = &mut Guard::new(Policy::allow_all());
    assert!(admit(all, "localhost", &["1.2.3.4"]).is_err());
}

#[test]
fn the_names_below_localhost_need_a_rule_with_an_address() {
    let mut guard = guard(&["*.localhost"]);
    assert!(admit(&mut guard, "a.localhost", &["127.0.0.1"]).is_err());
    assert!(!is_allowed(&mut guard, "127.0.0.1:80"));
}

#[test]
fn a_name_that_may_be_looked_up_only_gives_all_answers_and_no_access() {
    let mut guard = Guard::new(dns(&["*.example.com"]));
    let answers = ["10.0.0.5", "1.2.3.4"];
    assert_eq!(
        admit(&mut guard, "a.example.com", &answers).unwrap().len(),
        2
    );
    assert!(!is_allowed(&mut guard, "1.2.3.4:80"));
    assert!(admit(&mut guard, "example.com", &answers).is_err());
}

#[test]
fn answers_to_a_name_without_a_rule_are_not_admitted() {
    let mut guard = guard(&["example.com"]);
    assert!(admit(&mut guard, "example.org", &["1.2.3.4"]).is_err());
    assert!(!is_allowed(&mut guard, "1.2.3.4:80"));
}

#[test]
fn no_answers_are_no_denial() {
    assert_eq!(
        admit(&mut guard(&["example.com"]), "example.com", &[]),
        Ok(vec![])
    );
}

#[test]
fn a_denied_name_is_not_looked_up() {
    let policy = Policy::allow_all().deny_net("*.example.com".parse().unwrap());
    let mut guard = Guard::new(policy);
    let denial = guard.lookup("a.EXAMPLE.com").unwrap_err();
    assert_eq!(
        denial.to_string(),
        "lookup a.example.com is denied by --deny-net=*.example.com"
    );
    assert!(guard.lookup("example.com").is_ok());
    assert!(admit(&mut guard, "a.example.com", &["1.2.3.4"]).is_err());
    assert!(!is_allowed(&mut guard, "1.2.3.4:80"));
}

#[test]
fn denied_ports_of_a_name_are_denied_at_its_addresses_forever() {
    let policy = allow(&["example.com", "1.0.0.0/8"]).deny_net("example.com:25".parse().unwrap());
    let mut guard = Guard::new(policy);
    assert!(guard.lookup("example.com").is_ok());
    admit(&mut guard, "example.com", &["1.2.3.4"]).unwrap();
    assert!(is_allowed(&mut guard, "1.2.3.4:443"));
    assert!(!is_allowed(&mut guard, "1.2.3.4:25"));
    assert!(!is_allowed(&mut guard, "[::ffff:1.2.3.4]:25"));
    assert!(!guard.receive(at("1.2.3.4:25")));
    let much_later = Instant::now() + Duration::from_secs(1_000_000);
    let to = at("1.2.3.4:25");
    assert!(
        guard
            .dial_at(much_later, Dial::Connect, Transport::Tcp, to)
            .is_err()
    );
}

#[test]
fn a_denied_name_at_the_unspecified_address_is_denied_at_this_machine() {
    let mut guard = Guard::new(allow(&["*"]).deny_net("example.com:25".parse().unwrap()));
    admit(&mut guard, "example.com", &["0.0.0.0"]).unwrap();
    assert!(!is_allowed(&mut guard, "127.0.0.1:25"));
    assert!(!is_allowed(&mut guard, "0.0.0.0:25"));
}

#[test]
fn a_guest_cannot_push_denied_addresses_out_with_more_lookups() {
    let mut guard = Guard::new(allow(&["*"]).deny_net("*.example.com:25".parse().unwrap()));
    for number in 0..1024_u32 {
        let answer = IpAddr::V4((0x0102_0000 + number).into());
        guard.admit("a.example.com", vec![answer]).unwrap();
    }
    assert!(admit(&mut guard, "b.example.com", &["9.9.9.9"]).is_err());
    assert!(admit(&mut guard, "b.example.com", &["1.2.0.1"]).is_ok());
    assert!(!is_allowed(&mut guard, "1.2.0.0:25"));
}

#[test]
fn of_too_many_answers_the_first_are_forgotten() {
    let mut guard = guard(&["example.com"]);
    let start = Instant::now();
    for number in 0..1025_u32 {
        let now = start + Duration::from_millis(number.into());
        let answer = IpAddr::V4((0x0102_0000 + number).into());
        guard.admit_at(now, "example.com", vec![answer]).unwrap();
    }
    assert!(!guard.receive(at("1.2.0.0:80")));
    assert!(guard.receive(at("1.2.0.1:80")));
    assert!(guard.receive(at("1.2.4.0:80")));
}
