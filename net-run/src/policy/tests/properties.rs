use std::fmt::{Debug, Display};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use proptest::prelude::*;

use super::super::{ListenRule, NameRule, NetRule, UnixRule};
use super::*;

/// Texts that are a rule more often than not.
fn rule() -> impl Strategy<Value = String> {
    let v4 = any::<Ipv4Addr>();
    let v6 = any::<Ipv6Addr>();
    let name =
        "[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,6}[a-zA-Z0-9_])?(\\.[a-zA-Z_][a-zA-Z0-9_]{0,6}){0,3}\\.?";
    let block4 = (any::<u32>(), 0..=32_u32).prop_map(|(bits, length)| {
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        format!("{}/{length}", Ipv4Addr::from_bits(bits & mask))
    });
    let block6 = (any::<u128>(), 0..=128_u32).prop_map(|(bits, length)| {
        let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
        format!("[{}/{length}]", Ipv6Addr::from_bits(bits & mask))
    });
    let host = prop_oneof![
        Just("*".to_owned()),
        Just("localhost".to_owned()),
        Just("0.0.0.0".to_owned()),
        Just("[::]".to_owned()),
        v4.clone().prop_map(|ip| ip.to_string()),
        v4.prop_map(|ip| format!("[{}]", ip.to_ipv6_mapped())),
        v6.prop_map(|ip| format!("[{ip}]")),
        block4,
        block6,
        name,
        name.prop_map(|name| format!("*.{name}")),
    ];
    let ports = prop_oneof![
        Just(String::new()),
        any::<u16>().prop_map(|port| format!(":{port}")),
        any::<(u16, u16)>().prop_map(|(a, b)| format!(":{}-{}", a.min(b), a.max(b))),
    ];
    (host, ports).prop_map(|(host, ports)| host + &ports)
}

/// Texts of the characters that mean something, in any order.
fn soup() -> impl Strategy<Value = String> {
    "[*.:/%@\\[\\]0-9a-fx_ -]{0,24}"
}

fn round_trip<T: FromStr + Display + Debug + PartialEq>(text: &str) -> Result<(), TestCaseError> {
    if let Ok(rule) = text.parse::<T>() {
        let again = rule.to_string().parse::<T>();
        prop_assert_eq!(again.ok(), Some(rule), "{}", text);
    }
    Ok(())
}

fn round_trips(text: &str) -> Result<(), TestCaseError> {
    round_trip::<NetRule>(text)?;
    round_trip::<ListenRule>(text)?;
    round_trip::<NameRule>(text)?;
    round_trip::<UnixRule>(text)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_displayed_rule_parses_back_to_itself(text in rule()) {
        round_trips(&text)?;
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in prop_oneof![soup(), ".*"]) {
        round_trips(&text)?;
        let mut guard = Guard::new(Policy::allow_all());
        let _ = guard.lookup(&text);
        let _ = guard.admit(&text, vec![Ipv4Addr::LOCALHOST.into()]);
        let _ = Policy::from_toml(&text);
        let _ = Policy::from_toml(&format!("allow-net = {text:?}"));
    }

    #[test]
    fn a_mapped_address_is_allowed_exactly_when_the_plain_one_is(
        rules in prop::collection::vec(rule(), 0..4),
        denied in prop::collection::vec(rule(), 0..2),
        listened in prop::collection::vec(rule(), 0..4),
        ip in prop_oneof![any::<Ipv4Addr>(), Just(Ipv4Addr::UNSPECIFIED), Just(Ipv4Addr::LOCALHOST)],
        port in any::<u16>(),
    ) {
        let mut policy = Policy::deny_all();
        for rule in rules.iter().filter_map(|text| text.parse().ok()) {
            policy = policy.allow_net(rule);
        }
        for rule in denied.iter().filter_map(|text| text.parse().ok()) {
            policy = policy.deny_net(rule);
        }
        for rule in listened.iter().filter_map(|text| text.parse().ok()) {
            policy = policy.allow_listen(rule);
        }
        let mut guard = Guard::new(policy);
        let plain = SocketAddr::new(ip.into(), port);
        let mapped = SocketAddr::new(ip.to_ipv6_mapped().into(), port);
        let mut dial = |to| guard.dial(Dial::Connect, Transport::Tcp, to);
        let (dialled, mapped_dialled) = (dial(plain), dial(mapped));
        prop_assert_eq!(dialled.is_ok(), mapped_dialled.is_ok());
        prop_assert!(mapped_dialled.is_ok_and(|to| to.is_ipv6()) || dialled.is_err());
        prop_assert_eq!(guard.receive(plain), guard.receive(mapped));
        prop_assert_eq!(
            guard.bind(Transport::Tcp, plain).ok(),
            guard.bind(Transport::Tcp, mapped).ok()
        );
        prop_assert_eq!(
            guard.listen_unbound(plain).is_ok(),
            guard.listen_unbound(mapped).is_ok()
        );
    }
}
