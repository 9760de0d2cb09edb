use super::super::Binding;
use super::*;

fn listener(rules: &[&str]) -> Guard {
    let add = |policy: Policy, rule: &&str| policy.allow_listen(rule.parse().unwrap());
    Guard::new(rules.iter().fold(Policy::deny_all(), add))
}

fn bind(rules: &[&str], to: &str) -> Result<Binding, Denial> {
    listener(rules).bind(Transport::Tcp, at(to))
}

#[test]
fn a_bind_needs_a_listen_rule() {
    assert_eq!(
        bind(&["127.0.0.1:8080"], "127.0.0.1:8080"),
        Ok(Binding::Granted)
    );
    assert!(bind(&["127.0.0.1:8080"], "127.0.0.1:8081").is_err());
    assert!(
        guard(&["127.0.0.1:8080"])
            .bind(Transport::Tcp, at("127.0.0.1:8080"))
            .is_err()
    );
    let all = Guard::new(Policy::allow_all());
    assert_eq!(
        all.bind(Transport::Udp, at("[::]:53")),
        Ok(Binding::Granted)
    );
}

#[test]
fn a_loopback_rule_does_not_grant_a_wildcard_bind() {
    for wildcard in ["0.0.0.0:8080", "[::]:8080", "[::ffff:0.0.0.0]:8080"] {
        assert!(
            bind(&["127.0.0.1", "[::1]", "localhost"], wildcard).is_err(),
            "{wildcard}"
        );
    }
}

#[test]
fn a_mapped_bind_is_checked_as_the_plain_one() {
    assert!(bind(&["127.0.0.1:80"], "[::ffff:127.0.0.1]:80").is_ok());
    assert!(bind(&["0.0.0.0:80"], "[::ffff:0.0.0.0]:80").is_ok());
    assert!(bind(&["[::1]:80"], "[::ffff:127.0.0.1]:80").is_err());
}

#[test]
fn any_free_port_is_granted_by_port_0() {
    assert_eq!(bind(&["127.0.0.1:0"], "127.0.0.1:0"), Ok(Binding::Granted));
    assert!(bind(&["127.0.0.1:8080"], "127.0.0.1:0").is_err());
    assert_eq!(bind(&["0.0.0.0:0"], "0.0.0.0:0"), Ok(Binding::Granted));
}

#[test]
fn the_bind_that_every_client_makes_needs_no_rule_but_is_no_grant() {
    for wildcard in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0"] {
        assert_eq!(bind(&[], wildcard), Ok(Binding::Client), "{wildcard}");
        assert_eq!(
            bind(&["127.0.0.1"], wildcard),
            Ok(Binding::Client),
            "{wildcard}"
        );
    }
    assert_eq!(bind(&["*"], "0.0.0.0:0"), Ok(Binding::Granted));
    assert!(bind(&[], "127.0.0.1:0").is_err());
    assert!(bind(&[], "0.0.0.0:8080").is_err());
}

#[test]
fn a_client_socket_does_not_listen_by_the_back_door() {
    for at in ["0.0.0.0:0", "0.0.0.0:40000", "[::]:0"].map(at) {
        assert!(listener(&[]).listen_unbound(at).is_err());
        assert!(listener(&["127.0.0.1"]).listen_unbound(at).is_err());
        assert!(listener(&["[::]:0"]).listen_unbound(at).is_ok());
        assert!(listener(&["*"]).listen_unbound(at).is_ok());
    }
    let denial = listener(&[])
        .listen_unbound(at("0.0.0.0:40000"))
        .unwrap_err();
    assert_eq!(
        denial.to_string(),
        "listen tcp 0.0.0.0:40000 is denied; allow it with --allow-listen=0.0.0.0:0"
    );
}

#[test]
fn a_client_socket_sees_datagrams_from_where_it_may_send_to() {
    let mut guard = guard(&["10.0.0.5:53", "example.com:53"]);
    guard.admit("example.com", vec![ip("1.2.3.4")]).unwrap();
    for (from, seen) in [
        ("10.0.0.5:53", true),
        ("[::ffff:10.0.0.5]:53", true),
        ("10.0.0.5:54", false),
        ("10.0.0.6:53", false),
        ("1.2.3.4:53", true),
        ("1.2.3.4:54", false),
    ] {
        assert_eq!(guard.receive(at(from)), seen, "{from}");
    }
    let policy = Policy::allow_all().deny_net("10.0.0.5".parse().unwrap());
    assert!(!Guard::new(policy).receive(at("10.0.0.5:53")));
}

#[test]
fn a_denied_bind_names_the_flag() {
    for (to, message) in [
        (
            "0.0.0.0:8080",
            "bind tcp 0.0.0.0:8080 is denied; allow it with --allow-listen=0.0.0.0:8080",
        ),
        (
            "[::]:8080",
            "bind tcp [::]:8080 is denied; allow it with --allow-listen=[::]:8080",
        ),
        (
            "[::ffff:127.0.0.1]:80",
            "bind tcp [::ffff:127.0.0.1]:80 (127.0.0.1) is denied; allow it with --allow-listen=127.0.0.1:80",
        ),
    ] {
        assert_eq!(bind(&[], to).unwrap_err().to_string(), message);
    }
}
