//! `host:port` as people type it.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use net_traits::{Endpoint, Host, HostPort, Operation, Port};
use proptest::prelude::*;

use crate::strategy::{config, host, nearly_an_address, port, socket_addr};

fn parse(text: &str) -> HostPort {
    text.parse()
        .unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn refusal(text: &str) -> String {
    match text.parse::<HostPort>() {
        Ok(address) => panic!("{text:?} was read as {address:?}"),
        Err(error) => error.to_string(),
    }
}

/// How a message shows an address: as it was typed, but for control
/// characters, and never as nothing.
fn shown(text: &str) -> String {
    if text.is_empty() {
        return "\"\"".into();
    }
    let escaped = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    text.chars().map(escaped).collect()
}

fn ip(text: &str) -> Host {
    text.parse::<IpAddr>().unwrap().into()
}

fn zoned(text: &str, zone: &str) -> Host {
    let host = format!("{text}%{zone}").parse().unwrap();
    assert!(has_ip(&host, text.parse().unwrap(), Some(zone)), "{host:?}");
    host
}

fn name(text: &str) -> Host {
    let host = text.parse().unwrap();
    assert!(is_name(&host, text), "{host:?}");
    host
}

fn service(text: &str) -> Port {
    let port = text.parse().unwrap();
    assert!(is_service(&port, text), "{port:?}");
    port
}

fn has_ip(host: &Host, expected: IpAddr, expected_zone: Option<&str>) -> bool {
    match host {
        Host::Ip { ip, zone, .. } => *ip == expected && zone.as_deref() == expected_zone,
        _ => false,
    }
}

fn is_name(host: &Host, text: &str) -> bool {
    matches!(host, Host::Name(name) if name.as_str() == text)
}

fn is_service(port: &Port, text: &str) -> bool {
    matches!(port, Port::Service(name) if name.as_str() == text)
}

#[test]
fn hosts_of_every_form_are_read() {
    let table = [
        (":80", Host::Any),
        ("localhost:80", name("localhost")),
        ("example.com:80", name("example.com")),
        ("example.com.:80", name("example.com.")),
        ("EXAMPLE.com:80", name("EXAMPLE.com")),
        ("a_b-c.d:80", name("a_b-c.d")),
        ("bücher.example:80", name("bücher.example")),
        ("127.0.0.1:80", ip("127.0.0.1")),
        ("0.0.0.0:80", ip("0.0.0.0")),
        ("[::]:80", ip("::")),
        ("[::1]:80", ip("::1")),
        ("[2001:DB8::1]:80", ip("2001:db8::1")),
        ("[::ffff:192.0.2.1]:80", ip("::ffff:192.0.2.1")),
        ("[fe80::1%2]:80", zoned("fe80::1", "2")),
        ("[fe80::1%eth0]:80", zoned("fe80::1", "eth0")),
        ("[fe80::1%eth0.100]:80", zoned("fe80::1", "eth0.100")),
        // As in Go, brackets are for anything.
        ("[127.0.0.1]:80", ip("127.0.0.1")),
        ("[example.com]:80", name("example.com")),
        // Every character that a zone may have.
        ("[fe80::1%aZ09-_.~]:80", zoned("fe80::1", "aZ09-_.~")),
        // Compatible with IPv4 and not mapped: IPv6 still.
        ("[::192.0.2.1%2]:80", zoned("::192.0.2.1", "2")),
    ];
    for (text, host) in table {
        let address = parse(text);
        assert_eq!(address.host, host, "{text:?}");
        assert_eq!(address.port, Port::Number(80), "{text:?}");
    }
}

#[test]
fn ports_of_every_form_are_read() {
    let table = [
        ("h:0", Port::Number(0)),
        ("h:1", Port::Number(1)),
        ("h:65535", Port::Number(65535)),
        ("h:00080", Port::Number(80)),
        ("h:", Port::Number(0)),
        (":", Port::Number(0)),
        ("[::1]:", Port::Number(0)),
        ("h:http", service("http")),
        ("h:HTTP", service("HTTP")),
        ("h:domain-s", service("domain-s")),
        ("h:iso-tsap_2.x+y", service("iso-tsap_2.x+y")),
        // RFC 6335 §5.1: a service's name may begin with a digit.
        ("h:3com-tsmux", service("3com-tsmux")),
    ];
    for (text, port) in table {
        assert_eq!(parse(text).port, port, "{text:?}");
    }
}

#[test]
fn a_text_that_is_no_address_is_told_what_is_wrong_with_it() {
    let table = [
        ("", "missing port"),
        ("localhost", "missing port"),
        ("127.0.0.1", "missing port"),
        ("[::1]", "missing port"),
        ("[]", "missing port"),
        ("[::1", "missing ']'"),
        ("[", "missing ']'"),
        ("[::1]80", "unexpected text after ']'"),
        ("[::1]]:80", "unexpected text after ']'"),
        ("[::1] :80", "unexpected text after ']'"),
        ("[]:80", "no address in the brackets"),
        ("::1", "too many colons (an IPv6 address needs brackets)"),
        ("::1:80", "too many colons (an IPv6 address needs brackets)"),
        ("::", "too many colons (an IPv6 address needs brackets)"),
        ("a:b:80", "too many colons (an IPv6 address needs brackets)"),
        (
            "fe80::1%eth0:80",
            "too many colons (an IPv6 address needs brackets)",
        ),
        (
            "tcp://h:80",
            "too many colons (an IPv6 address needs brackets)",
        ),
        ("[::1]:80:90", "too many colons"),
        ("[[::1]:80", "unexpected bracket"),
        ("[::1]:[80]", "unexpected bracket"),
        (
            "::1]:80",
            "too many colons (an IPv6 address needs brackets)",
        ),
        ("h]:80", "unexpected bracket"),
        ("h[0]:80", "unexpected bracket"),
        ("[1:2:3]:80", "\"1:2:3\" is not an IPv6 address"),
        ("[::g]:80", "\"::g\" is not an IPv6 address"),
        ("[fe80::1%]:80", "invalid zone \"\""),
        ("[fe80::1%+1]:80", "invalid zone \"+1\""),
        ("[fe80::1%2 ]:80", "invalid zone \"2 \""),
        ("[fe80::1%a%b]:80", "invalid zone \"a%b\""),
        ("[fe80::1%a/b]:80", "invalid zone \"a/b\""),
        ("[fe80::1%a:b]:80", "invalid zone \"a:b\""),
        ("[fe80::1%é]:80", "invalid zone \"é\""),
        ("[fe80::1%２]:80", "invalid zone \"２\""),
        ("[fe80::1%a\n]:80", "invalid zone \"a\\n\""),
        ("[::ffff:192.0.2.1%2]:80", "an IPv4 address has no zone"),
        ("[::ffff:c000:201%eth0]:80", "an IPv4 address has no zone"),
        (
            "[127.0.0.1%eth0]:80",
            "\"127.0.0.1\" before the zone is not an IPv6 address",
        ),
        ("h%eth0:80", "\"h\" before the zone is not an IPv6 address"),
        ("%eth0:80", "\"\" before the zone is not an IPv6 address"),
        ("a b:80", "a host name cannot contain ' '"),
        (" h:80", "a host name cannot contain ' '"),
        ("h\n:80", "a host name cannot contain '\\n'"),
        ("h\0:80", "a host name cannot contain '\\0'"),
        ("h\u{a0}:80", "a host name cannot contain '\\u{a0}'"),
        ("user@h:80", "a host name cannot contain '@'"),
        ("h/path:80", "a host name cannot contain '/'"),
        ("h?q:80", "a host name cannot contain '?'"),
        ("h#f:80", "a host name cannot contain '#'"),
        ("h\\x:80", "a host name cannot contain '\\\\'"),
        ("h:65536", "port 65536 is not in 0 to 65535"),
        (
            "h:99999999999999999999",
            "port 99999999999999999999 is not in 0 to 65535",
        ),
        ("h:-1", "\"-1\" is neither a port number nor a service name"),
        (
            "h:+80",
            "\"+80\" is neither a port number nor a service name",
        ),
        (
            "h:80 ",
            "\"80 \" is neither a port number nor a service name",
        ),
        (
            "h: 80",
            "\" 80\" is neither a port number nor a service name",
        ),
        (
            "h:80/",
            "\"80/\" is neither a port number nor a service name",
        ),
        (
            "h:８０",
            "\"８０\" is neither a port number nor a service name",
        ),
    ];
    for (text, problem) in table {
        assert_eq!(
            refusal(text),
            format!("parse {}: {problem}, expected host:port", shown(text)),
        );
    }
}

/// What C libraries take for IPv4 in one of its old spellings is no name, nor
/// what only looks like an IPv4 address.
#[test]
fn a_name_whose_last_label_is_a_number_is_refused() {
    for host in [
        "1",
        "0",
        "2130706433",
        "99999999999999999999",
        "127.1",
        "1.2.3",
        "1.2.3.4.",
        "1.2.3.4.5",
        "127.0.0.01",
        "0177.0.0.1",
        "256.0.0.1",
        "1.",
        "h.1",
        "h.test.1",
        "a..1",
        ".1",
        "0x",
        "0X",
        "0x.",
        "0x7f.1",
        "0x7f000001",
        "h.0xFf",
        "h.0Xaf.",
        "1.0x",
    ] {
        let problem = format!("{host:?} is not an IPv4 address, expected host:port");
        for text in [format!("{host}:80"), format!("[{host}]:80")] {
            assert_eq!(refusal(&text), format!("parse {text}: {problem}"));
        }
    }
}

#[test]
fn a_name_that_has_numbers_elsewhere_is_a_name() {
    for host in [
        "a1",
        "1a",
        "0xg",
        "x0",
        "0x1g",
        "0xx1",
        "00x1",
        "1.a",
        "1.2.3.a",
        "127.0.0.1.test",
        "0x7f.test",
        "4.3.2.1.in-addr.arpa",
        "1-2",
        "h.1-2",
        "h.-1",
        "h._1",
        "1e5",
        "ab.cd",
        "dead.beef",
        "h.x",
        "h.٣",
    ] {
        for text in [format!("{host}:80"), format!("{host}.:80")] {
            let typed = text.strip_suffix(":80").unwrap();
            assert_eq!(parse(&text).host, name(typed), "{text:?}");
        }
    }
}

#[test]
fn the_whole_message_reads_as_a_sentence() {
    assert_eq!(
        refusal("localhost"),
        "parse localhost: missing port, expected host:port"
    );
    assert_eq!(
        refusal("::1:80"),
        "parse ::1:80: too many colons (an IPv6 address needs brackets), expected host:port"
    );
    assert_eq!(
        refusal("h:70000"),
        "parse h:70000: port 70000 is not in 0 to 65535, expected host:port"
    );
    assert_eq!(refusal(""), r#"parse "": missing port, expected host:port"#);
    assert_eq!(
        refusal("a\tb\u{1b}[2J"),
        "parse a\\tb\\u{1b}[2J: missing port, expected host:port"
    );
}

#[test]
fn a_refusal_is_invalid_input_of_parsing() {
    let error = "localhost".parse::<HostPort>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.operation(), Operation::Parse);
    assert_eq!(error.network(), None);
    assert_eq!(error.endpoint(), None);
    assert!(!error.is_timeout());
}

#[test]
fn the_text_that_was_refused_can_be_asked_as_it_was_typed() {
    for text in ["localhost", "", "::1:80", "a\nb:80", "h:\u{7f}", "1:80"] {
        let error = text.parse::<HostPort>().unwrap_err();
        assert_eq!(error.address(), Some(text));
    }
}

#[test]
fn a_refusal_of_odd_text_is_still_one_line() {
    for text in [
        "a\nb:80",
        "a\r\nb",
        "h:8\n0",
        "[fe80\n::1%x]:80",
        "\u{2028}:1",
    ] {
        let message = refusal(text);
        assert!(!message.contains(char::is_control), "{message:?}");
    }
}

#[test]
fn an_address_prints_as_it_is_typed() {
    for text in [
        ":0",
        ":80",
        "localhost:http",
        "127.0.0.1:80",
        "[::1]:80",
        "[fe80::1%eth0]:80",
        "[fe80::1%2]:domain",
        "example.com.:65535",
    ] {
        assert_eq!(parse(text).to_string(), text);
    }
}

#[test]
fn what_needs_no_brackets_prints_without_them() {
    assert_eq!(parse("[example.com]:80").to_string(), "example.com:80");
    assert_eq!(parse("[127.0.0.1]:80").to_string(), "127.0.0.1:80");
    assert_eq!(parse("[::0001]:").to_string(), "[::1]:0");
}

#[test]
fn parts_print_alone() {
    assert_eq!(Host::Any.to_string(), "");
    assert_eq!(ip("::1").to_string(), "::1");
    assert_eq!(zoned("fe80::1", "2").to_string(), "fe80::1%2");
    assert_eq!(name("h").to_string(), "h");
    assert_eq!(Port::Number(7).to_string(), "7");
    assert_eq!(service("ssh").to_string(), "ssh");
    let (Host::Name(host), Port::Service(service)) = (name("h"), service("ssh")) else {
        panic!("they are names");
    };
    assert_eq!(format!("{host}:{service}"), "h:ssh");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = text.parse::<HostPort>();
    }

    #[test]
    fn what_was_read_prints_as_a_text_that_reads_the_same(text in nearly_an_address()) {
        if let Ok(address) = text.parse::<HostPort>() {
            let printed = address.to_string();
            prop_assert_eq!(printed.parse::<HostPort>().unwrap(), address);
        }
    }

    #[test]
    fn what_was_refused_is_told(text in nearly_an_address()) {
        if let Err(error) = text.parse::<HostPort>() {
            let message = error.to_string();
            let begin = format!("parse {}: ", shown(&text));
            prop_assert!(message.starts_with(&begin), "{message}");
            prop_assert!(message.ends_with(", expected host:port"), "{message}");
            prop_assert!(!message.contains(char::is_control), "{message:?}");
            prop_assert_eq!(error.address(), Some(&*text));
            prop_assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn no_name_ends_in_a_number(
        head in "([a-z0-9]{1,4}\\.){0,3}",
        number in "[0-9]{1,12}|0[xX][0-9a-fA-F]{0,9}",
        dot in "\\.?",
    ) {
        let host = format!("{head}{number}{dot}");
        match format!("{host}:80").parse::<HostPort>() {
            Ok(address) => {
                let literal: IpAddr = host.parse().unwrap();
                prop_assert_eq!(address.host, Host::from(literal));
            }
            Err(error) => {
                let problem = format!("{host:?} is not an IPv4 address");
                prop_assert!(error.to_string().contains(&problem), "{error}");
            }
        }
    }

    #[test]
    fn every_ipv4_address_and_port_is_read(v4 in any::<u32>(), port in any::<u16>()) {
        let v4 = Ipv4Addr::from(v4);
        let address = parse(&format!("{v4}:{port}"));
        prop_assert!(has_ip(&address.host, v4.into(), None));
        prop_assert_eq!(address.port, Port::Number(port));
    }

    #[test]
    fn every_ipv6_address_zone_and_port_is_read(
        v6 in any::<u128>(),
        zone in prop::option::of("[a-z][a-z0-9.-]{0,9}"),
        port in any::<u16>(),
    ) {
        let v6 = Ipv6Addr::from(v6);
        let host = match &zone {
            Some(zone) => format!("{v6}%{zone}"),
            None => v6.to_string(),
        };
        let address = parse(&format!("[{host}]:{port}"));
        prop_assert!(has_ip(&address.host, v6.into(), zone.as_deref()));
        prop_assert_eq!(address.port, Port::Number(port));
    }

    #[test]
    fn every_name_and_service_is_read(
        host in "[a-z][a-z0-9-]{0,10}(\\.[a-z]{1,5}){0,3}",
        port in "[a-z][a-z0-9-]{0,14}",
    ) {
        let address = parse(&format!("{host}:{port}"));
        prop_assert!(is_name(&address.host, &host));
        prop_assert!(is_service(&address.port, &port));
    }

    #[test]
    fn every_resolved_address_prints_and_reads_as_the_same(address in socket_addr()) {
        let typed = HostPort::from(address);
        prop_assert_eq!(parse(&typed.to_string()), typed.clone());
        prop_assert_eq!(&typed.port, &Port::Number(address.port()));
        // It is told as sockets tell it, so that a log has one name for one peer.
        prop_assert_eq!(typed.to_string(), Endpoint::from(address).to_string());
    }

    #[test]
    fn every_host_and_port_joins_and_reads_as_the_same(host in host(), port in port()) {
        let address = HostPort::new(host, port);
        prop_assert_eq!(parse(&address.to_string()), address.clone());
        prop_assert_eq!(&address.host.to_string().parse::<Host>().unwrap(), &address.host);
        prop_assert_eq!(&address.port.to_string().parse::<Port>().unwrap(), &address.port);
    }

    #[test]
    fn no_text_alone_panics_and_what_was_read_prints_the_same(text in nearly_an_address()) {
        if let Ok(host) = text.parse::<Host>() {
            prop_assert_eq!(host.to_string().parse::<Host>().unwrap(), host);
        }
        if let Ok(port) = text.parse::<Port>() {
            prop_assert_eq!(port.to_string().parse::<Port>().unwrap(), port);
        }
    }
}

#[test]
fn a_resolved_address_becomes_what_a_person_types() {
    for (resolved, typed) in [
        ("192.0.2.1:80", "192.0.2.1:80"),
        ("[2001:db8::1]:80", "[2001:db8::1]:80"),
        ("[fe80::1%7]:80", "[fe80::1%7]:80"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1:80"),
        // An IPv4 address has no zone.
        ("[::ffff:192.0.2.1%7]:80", "192.0.2.1:80"),
    ] {
        let resolved: SocketAddr = resolved.parse().unwrap();
        assert_eq!(HostPort::from(resolved), parse(typed));
    }
}

#[test]
fn a_host_and_a_port_are_joined_without_text() {
    let host: Host = "fe80::1%eth0".parse().unwrap();
    let address = HostPort::new(host, 80);
    assert_eq!(address, parse("[fe80::1%eth0]:80"));
    let loopback: IpAddr = Ipv4Addr::LOCALHOST.into();
    let port: Port = "http".parse().unwrap();
    assert_eq!(HostPort::new(loopback, port), parse("127.0.0.1:http"));
}

#[test]
fn a_host_is_read_by_itself() {
    assert_eq!("".parse::<Host>().unwrap(), Host::Any);
    assert!(is_name(&"db.internal".parse().unwrap(), "db.internal"));
    let v4 = "192.0.2.1".parse().unwrap();
    assert!(has_ip(&v4, [192, 0, 2, 1].into(), None));
    let v6 = "fe80::1%eth0".parse().unwrap();
    assert!(has_ip(&v6, "fe80::1".parse().unwrap(), Some("eth0")));
    for text in ["[::1]", "a b", "127.1", "1:2"] {
        let error = text.parse::<Host>().unwrap_err();
        assert_eq!(error.address(), Some(text));
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn a_port_is_read_by_itself() {
    assert_eq!("".parse::<Port>().unwrap(), Port::Number(0));
    assert_eq!("080".parse::<Port>().unwrap(), Port::from(80));
    assert!(is_service(&"http".parse().unwrap(), "http"));
    for text in ["65536", "-1", "a b", "a:b", "é", "80\n"] {
        let error = text.parse::<Port>().unwrap_err();
        assert_eq!(error.address(), Some(text));
        assert_eq!(error.operation(), Operation::Parse);
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}
