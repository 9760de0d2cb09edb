use super::*;

#[test]
fn nothing_is_reached_without_a_rule() {
    for policy in [Policy::deny_all(), Policy::default()] {
        let mut guard = Guard::new(policy);
        for to in [
            "127.0.0.1:80",
            "1.1.1.1:443",
            "[::1]:80",
            "0.0.0.0:80",
            "[::]:0",
        ] {
            assert!(!is_allowed(&mut guard, to), "{to}");
        }
    }
}

#[test]
fn an_address_is_reached_at_the_ports_of_its_rule() {
    let mut guard = guard(&["10.0.0.5:80-82", "10.0.0.5:443", "[fd00::/8]", "*:53"]);
    for (to, allowed) in [
        ("10.0.0.5:80", true),
        ("10.0.0.5:82", true),
        ("10.0.0.5:83", false),
        ("10.0.0.5:443", true),
        ("10.0.0.6:80", false),
        ("[fd12::1]:1", true),
        ("[fe80::1]:1", false),
        ("9.9.9.9:53", true),
    ] {
        assert_eq!(is_allowed(&mut guard, to), allowed, "{to}");
    }
}

#[test]
fn a_mapped_address_is_checked_as_the_plain_one_and_stays_mapped() {
    let mut guard = guard(&["10.0.0.5:5432"]);
    let to = "[::ffff:10.0.0.5]:5432";
    assert_eq!(connect(&mut guard, to), Ok(at(to)));
    assert!(!is_allowed(&mut guard, "[::ffff:10.0.0.6]:5432"));
    let denied = Policy::allow_all().deny_net("10.0.0.0/8".parse().unwrap());
    assert!(!is_allowed(&mut Guard::new(denied), to));
}

#[test]
fn a_rule_for_all_of_ipv6_does_not_cover_mapped_addresses() {
    assert!(!is_allowed(&mut guard(&["::/0"]), "[::ffff:10.0.0.5]:80"));
    assert!(is_allowed(
        &mut guard(&["0.0.0.0/0"]),
        "[::ffff:10.0.0.5]:80"
    ));
}

#[test]
fn the_unspecified_address_is_this_machine_and_needs_its_rule() {
    let mut none = guard(&["10.0.0.0/8"]);
    for to in ["0.0.0.0:80", "[::]:80", "[::ffff:0.0.0.0]:80"] {
        assert!(!is_allowed(&mut none, to), "{to}");
    }
    let mut local = guard(&["127.0.0.1", "[::1]"]);
    for (to, reached) in [
        ("0.0.0.0:80", "127.0.0.1:80"),
        ("[::]:80", "[::1]:80"),
        ("[::ffff:0.0.0.0]:80", "[::ffff:127.0.0.1]:80"),
    ] {
        assert_eq!(connect(&mut local, to), Ok(at(reached)));
    }
}

#[test]
fn a_deny_rule_for_this_machine_covers_the_unspecified_address() {
    let policy = Policy::allow_all().deny_net("localhost".parse().unwrap());
    let mut guard = Guard::new(policy);
    for to in [
        "0.0.0.0:80",
        "[::]:80",
        "[::ffff:0.0.0.0]:80",
        "127.0.0.1:1",
        "[::1]:1",
    ] {
        assert!(!is_allowed(&mut guard, to), "{to}");
    }
    assert!(is_allowed(&mut guard, "1.1.1.1:80"));
}

#[test]
fn the_zone_of_an_address_is_kept() {
    let to = "[fe80::1%3]:80";
    assert_eq!(connect(&mut guard(&["fe80::/10"]), to), Ok(at(to)));
}

#[test]
fn port_0_is_a_port_like_any_other() {
    assert!(!is_allowed(&mut guard(&["10.0.0.5:80"]), "10.0.0.5:0"));
    assert!(is_allowed(&mut guard(&["10.0.0.5"]), "10.0.0.5:0"));
}

#[test]
fn each_datagram_of_an_unconnected_socket_is_checked() {
    let mut guard = guard(&["10.0.0.5:53"]);
    let send = |guard: &mut Guard, to| guard.dial(Dial::Send, Transport::Udp, at(to));
    assert!(send(&mut guard, "10.0.0.5:53").is_ok());
    let denial = send(&mut guard, "10.0.0.6:53").unwrap_err();
    assert_eq!(
        denial.to_string(),
        "send udp 10.0.0.6:53 is denied; allow it with --allow-net=10.0.0.6:53"
    );
    assert!(send(&mut guard, "255.255.255.255:53").is_err());
}

#[test]
fn a_deny_rule_wins_over_every_rule_that_allows() {
    let deny = |policy: Policy| policy.deny_net("1.2.3.4:80".parse().unwrap());
    for policy in [
        deny(Policy::allow_all()),
        deny(allow(&["1.2.3.4:80"])),
        deny(allow(&["*"])),
        deny(Policy::deny_all()).and(allow(&["*"])),
        Policy::allow_all().and(deny(Policy::deny_all())),
    ] {
        assert!(!policy.allows_all());
        let mut guard = Guard::new(policy);
        assert!(!is_allowed(&mut guard, "1.2.3.4:80"));
        assert!(is_allowed(&mut guard, "1.2.3.5:80") == is_allowed(&mut guard, "1.2.3.5:81"));
    }
}

#[test]
fn a_deny_rule_wins_over_an_address_found_by_name() {
    let policy = allow(&["example.com"]).deny_net("1.2.3.4".parse().unwrap());
    let mut guard = Guard::new(policy);
    guard
        .admit("example.com", vec![ip("1.2.3.4"), ip("1.2.3.5")])
        .unwrap();
    assert!(!is_allowed(&mut guard, "1.2.3.4:80"));
    assert!(is_allowed(&mut guard, "1.2.3.5:80"));
}

#[test]
fn a_deny_rule_covers_addresses_that_a_gateway_would_translate() {
    let mut guard = Guard::new(allow(&["*"]).deny_net("10.0.0.0/8".parse().unwrap()));
    for to in [
        "[64:ff9b::10.0.0.5]:80",
        "[::10.0.0.5]:80",
        "[2002:a00:5::1]:80",
    ] {
        assert!(!is_allowed(&mut guard, to), "{to}");
    }
    assert!(is_allowed(&mut guard, "[64:ff9b::1.1.1.1]:80"));
}

#[test]
fn the_union_of_two_policies_allows_what_either_does() {
    let mut guard = Guard::new(allow(&["10.0.0.5"]).and(allow(&["10.0.0.6"])));
    assert!(is_allowed(&mut guard, "10.0.0.5:1"));
    assert!(is_allowed(&mut guard, "10.0.0.6:1"));
    assert!(!is_allowed(&mut guard, "10.0.0.7:1"));
    assert!(Policy::deny_all().and(Policy::allow_all()).allows_all());
}

#[test]
fn the_developers_policy_stays_on_this_machine() {
    let mut guard = Guard::new(Policy::loopback());
    for to in [
        "127.0.0.1:1",
        "127.9.9.9:65535",
        "[::1]:80",
        "[::ffff:127.0.0.1]:80",
    ] {
        assert!(is_allowed(&mut guard, to), "{to}");
    }
    for to in ["10.0.0.1:80", "1.1.1.1:80", "[fe80::1]:80"] {
        assert!(!is_allowed(&mut guard, to), "{to}");
    }
    assert!(guard.lookup("localhost").is_ok());
    assert!(guard.lookup("example.com").is_err());
    for bound in ["127.0.0.1:0", "127.0.0.2:8080", "[::1]:0"] {
        assert!(guard.bind(Transport::Tcp, at(bound)).is_ok(), "{bound}");
    }
    assert!(guard.bind(Transport::Tcp, at("0.0.0.0:8080")).is_err());
}

#[test]
fn a_denial_names_what_was_tried_what_it_is_and_the_flag() {
    let mut guard = guard(&[]);
    for (to, message) in [
        (
            "10.0.0.5:5432",
            "connect tcp 10.0.0.5:5432 is denied; allow it with --allow-net=10.0.0.5:5432",
        ),
        (
            "[::ffff:10.0.0.5]:5432",
            "connect tcp [::ffff:10.0.0.5]:5432 (10.0.0.5) is denied; allow it with --allow-net=10.0.0.5:5432",
        ),
        (
            "[::]:80",
            "connect tcp [::]:80 (::1) is denied; allow it with --allow-net=[::1]:80",
        ),
        (
            "[fe80::1%3]:80",
            "connect tcp [fe80::1%3]:80 is denied; allow it with --allow-net=[fe80::1]:80",
        ),
    ] {
        assert_eq!(connect(&mut guard, to).unwrap_err().to_string(), message);
    }
    let policy = Policy::allow_all().deny_net("10.0.0.0/8:80".parse().unwrap());
    let denial = connect(&mut Guard::new(policy), "10.0.0.5:80").unwrap_err();
    assert_eq!(
        denial.to_string(),
        "connect tcp 10.0.0.5:80 is denied by --deny-net=10.0.0.0/8:80"
    );
    assert_eq!(denial.flag(), Some("--deny-net=10.0.0.0/8:80"));
    assert_eq!(denial.network(), Some("tcp"));
    assert_eq!(denial.target(), "10.0.0.5:80");
}

#[test]
fn the_flag_of_a_denial_allows_just_that() {
    for to in [
        "10.0.0.5:5432",
        "[::ffff:10.0.0.5]:80",
        "0.0.0.0:80",
        "[::]:0",
        "[fe80::1%3]:80",
    ] {
        let denial = connect(&mut guard(&[]), to).unwrap_err();
        let rule = denial.flag().unwrap().strip_prefix("--allow-net=").unwrap();
        assert!(is_allowed(&mut guard(&[rule]), to), "{to}");
    }
}
