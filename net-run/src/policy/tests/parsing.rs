use super::super::{NameRule, NetRule, RuleError, UnixRule};

fn net(text: &str) -> Result<String, RuleError> {
    text.parse::<NetRule>().map(|rule| rule.to_string())
}

/// The message of the error, which must quote the text.
fn problem(text: &str) -> String {
    let message = net(text).unwrap_err().to_string();
    assert!(message.starts_with(&format!("{text:?}: ")), "{message}");
    assert!(message.ends_with("(expected host[:port[-port]], such as example.com:443)"));
    message
}

#[test]
fn every_form_of_a_host_is_read() {
    for (text, shown) in [
        ("*", "*"),
        ("*:443", "*:443"),
        ("10.0.0.5", "10.0.0.5"),
        ("10.0.0.5:80-90", "10.0.0.5:80-90"),
        ("10.0.0.0/8:80", "10.0.0.0/8:80"),
        ("10.0.0.5/32", "10.0.0.5"),
        ("[::1]:80", "[::1]:80"),
        ("::1", "[::1]"),
        ("fe80::/10", "[fe80::/10]"),
        ("[fe80::/10]:80", "[fe80::/10]:80"),
        ("::ffff:10.0.0.5", "10.0.0.5"),
        ("Example.COM.:443", "example.com:443"),
        ("*.Example.com", "*.example.com"),
        ("LocalHost:80", "localhost:80"),
        ("_sip._udp.example.com", "_sip._udp.example.com"),
        ("a:0-65535", "a"),
        ("a:080", "a:80"),
        ("a:7-7", "a:7"),
    ] {
        assert_eq!(net(text).as_deref(), Ok(shown), "{text}");
    }
}

#[test]
fn a_numeric_alias_is_refused_with_the_address_it_would_be_read_as() {
    for (text, address) in [
        ("0x7f.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.1:80", "127.0.0.1"),
        ("010.0.0.1", "8.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
    ] {
        let message = problem(text);
        assert!(message.contains(&format!("read as {address}")), "{message}");
    }
}

#[test]
fn a_rule_that_would_never_match_is_refused_with_the_one_that_does() {
    assert!(problem("0.0.0.0:80").contains("127.0.0.1"));
    assert!(problem("[::]:80").contains("::1"));
    assert!(problem("[::ffff:0.0.0.0]").contains("127.0.0.1"));
    assert!(problem("10.0.0.5/8").contains("10.0.0.0/8"));
}

#[test]
fn ports_are_checked() {
    assert!(problem("a:").contains("leave it out for every port"));
    assert!(problem("a:90-80").contains("80-90"));
    assert!(problem("a:65536").contains("0 to 65535"));
    for text in [
        "a:-", "a:80-", "a:-80", "a:+80", "a:80-+90", "a: 80", "a:http", "a:1-2-3", "[::1]:", "*:",
    ] {
        problem(text);
    }
}

#[test]
fn what_is_no_host_is_refused() {
    for text in [
        "",
        ":",
        ":80",
        ":80:",
        " ",
        " a",
        "a ",
        "a b",
        "**",
        "*.",
        "*.*.a",
        "a.*",
        "*a",
        "a*.b",
        "*.1.2.3.4",
        "[",
        "]",
        "[]",
        "[]:80",
        "[a]",
        "[1.2.3.4]",
        "[::1",
        "[::1]80",
        "[::1]/128",
        "[[::1]]",
        "fe80::/10:80",
        "fe80::1%eth0",
        "[fe80::1%1]:80",
        "::g",
        "1.2.3.4/33",
        "/",
        "https://example.com",
        "example.com/path",
        "a@b",
        "é.com",
        "1.2.3.4.5",
        "a..b",
    ] {
        problem(text);
    }
}

#[test]
fn names_to_look_up_have_no_port_and_are_no_address() {
    for (text, part) in [
        ("example.com:443", "a lookup has no port"),
        ("10.0.0.5", "an address needs no lookup"),
        ("[::1]", "an address needs no lookup"),
        ("::1", "an address needs no lookup"),
        ("127.1", "127.0.0.1"),
        ("", "no host"),
    ] {
        let message = text.parse::<NameRule>().unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    for text in ["*", "*.example.com", "localhost"] {
        assert_eq!(text.parse::<NameRule>().unwrap().to_string(), text);
    }
}

#[test]
fn sockets_are_a_path_a_folder_or_an_abstract_name() {
    for text in [
        "/run/db.sock",
        "/run/",
        "run/db.sock",
        "./@x",
        "../",
        "/",
        "@name",
        "*",
    ] {
        assert_eq!(text.parse::<UnixRule>().unwrap().to_string(), text);
    }
    for text in ["", "@", "a\0b", "/run/..", ".", "/run/."] {
        let message = text.parse::<UnixRule>().unwrap_err().to_string();
        assert!(message.starts_with(&format!("{text:?}: ")), "{message}");
    }
}
