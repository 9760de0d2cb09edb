//! Lookups, and what they let a guest reach. The network is a table here.

use std::net::IpAddr;

use net_run::{NameRule, NetRule, Policy};

use super::{Setting, connect_to, policy};
use crate::guest_sockets::errno;
use crate::recorded_network::RecordedNetwork;
use crate::remote_guest::RemoteGuest;

const PUBLIC: &str = "93.184.215.14";

fn network() -> RecordedNetwork {
    RecordedNetwork::new(&[
        ("public.example", &[PUBLIC]),
        ("rebind.example", &["127.0.0.1"]),
        ("rebind6.example", &["::ffff:127.0.0.1"]),
        (
            "mixed.example",
            &["10.0.0.1", PUBLIC, "::1", "169.254.169.254"],
        ),
        ("localhost", &["10.0.0.1"]),
    ])
}

fn in_network(policy: Policy, more: &dyn Fn(net_run::Guest) -> net_run::Guest) -> Setting<'_> {
    Setting { policy, more }
}

fn guest(policy: Policy) -> (RemoteGuest, RecordedNetwork) {
    let network = network();
    let used = network.clone();
    (
        RemoteGuest::with(policy, |guest| guest.network(used)),
        network,
    )
}

fn look_up(name: &str) -> impl Fn(&mut RemoteGuest) -> Result<(), u16> {
    move |guest| guest.lookup(name).map(drop)
}

fn net(rule: &str) -> NetRule {
    rule.parse().expect("a rule")
}

#[test]
fn a_lookup_without_a_rule_is_denied_and_never_reaches_the_network() {
    let asked = network();
    let record = asked.record.clone();
    let more = |guest: net_run::Guest| guest.network(asked.clone());
    let words = "lookup public.example is denied; allow it with --allow-net=public.example";
    let setting = in_network(policy(&["--allow-net=other.example"]), &more);
    setting.denies(words, &look_up("public.example"));
    assert_eq!(record.lines(), [""; 0]);
    setting.denies_until_allowed(words, &look_up("Public.EXAMPLE."));
    assert_eq!(record.lines(), ["lookup public.example"]);
}

#[test]
fn a_numeric_alias_is_the_address_that_it_means() {
    let loopback: IpAddr = [127, 0, 0, 1].into();
    let (mut guest, network) = guest(policy(&["--allow-net=public.example"]));
    for alias in [
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "127.1",
        "017700000001",
        "0X7F.0.0.1.",
    ] {
        assert_eq!(guest.lookup(alias), Ok(vec![loopback]), "{alias}");
    }
    assert_eq!(guest.lookup("0.0.0.0"), Ok(vec![[0, 0, 0, 0].into()]));
    assert_eq!(guest.lookup("0x0"), Ok(vec![[0, 0, 0, 0].into()]));
    assert_eq!(guest.lookup("::"), Ok(vec!["::".parse().unwrap()]));
    assert_eq!(guest.lookup("[::1]"), Ok(vec!["::1".parse().unwrap()]));
    // To know it is not to reach it.
    for at in ["127.0.0.1:80", "0.0.0.0:80", "[::]:80", "[::1]:80"] {
        assert_eq!(connect_to(at)(&mut guest), Err(errno::ACCES), "{at}");
    }
    assert_eq!(network.record.lines(), [""; 0]);
    let notices = guest.notices();
    assert!(
        notices[1].starts_with("connect tcp 0.0.0.0:80 (127.0.0.1) is denied"),
        "{notices:?}"
    );
}

#[test]
fn a_name_that_points_at_this_machine_is_denied() {
    let more = |guest: net_run::Guest| guest.network(network());
    for name in ["rebind.example", "rebind6.example"] {
        let policy = Policy::deny_all().allow_net(net(&format!("{name}:80")));
        let answer = if name == "rebind.example" {
            "127.0.0.1"
        } else {
            "::ffff:127.0.0.1"
        };
        in_network(policy.clone(), &more).denies_until_allowed(
            &format!(
                "lookup {name} is denied: it resolves to the private address {answer}; \
                 allow that with --allow-net=127.0.0.1:80"
            ),
            &look_up(name),
        );
        let (mut guest, network) = guest(policy);
        assert_eq!(guest.lookup(name), Err(errno::ACCES));
        assert_eq!(connect_to("127.0.0.1:80")(&mut guest), Err(errno::ACCES));
        assert_eq!(network.record.lines(), [format!("lookup {name}")]);
    }
}

#[test]
fn of_mixed_answers_only_the_public_ones_are_shown() {
    let (mut guest, _) = guest(policy(&["--allow-net=mixed.example:443"]));
    assert_eq!(
        guest.lookup("mixed.example"),
        Ok(vec![PUBLIC.parse().unwrap()])
    );
    assert_eq!(connect_to("10.0.0.1:443")(&mut guest), Err(errno::ACCES));
    assert_eq!(connect_to("[::1]:443")(&mut guest), Err(errno::ACCES));
}

#[test]
fn a_name_opens_its_addresses_at_the_ports_of_its_rule_only() {
    let (mut guest, network) = guest(policy(&["--allow-net=public.example:443"]));
    let to = |port| connect_to(format!("{PUBLIC}:{port}"));
    assert_eq!(
        to(443)(&mut guest),
        Err(errno::ACCES),
        "it was not looked up"
    );
    guest.lookup("public.example").unwrap();
    assert_eq!(to(443)(&mut guest), Ok(()));
    for _ in 0..100 {
        assert_eq!(to(80)(&mut guest), Err(errno::ACCES));
    }
    assert_eq!(
        guest.notices()[1..],
        [format!(
            "connect tcp {PUBLIC}:80 is denied; allow it with --allow-net={PUBLIC}:80"
        )]
    );
    let reached = [
        "lookup public.example".to_owned(),
        format!("connect {PUBLIC}:443"),
    ];
    assert_eq!(network.record.lines(), reached);
}

#[test]
fn a_rule_for_a_lookup_does_not_let_its_answers_be_reached() {
    let rule: NameRule = "*.example".parse().unwrap();
    let (mut guest, _) = guest(Policy::deny_all().allow_dns(rule));
    assert_eq!(
        guest.lookup("public.example"),
        Ok(vec![PUBLIC.parse().unwrap()])
    );
    assert_eq!(
        connect_to(format!("{PUBLIC}:443"))(&mut guest),
        Err(errno::ACCES)
    );
}

#[test]
fn a_denied_name_is_denied_in_every_spelling() {
    let policy = Policy::allow_all().deny_net(net("public.example"));
    let more = |guest: net_run::Guest| guest.network(network());
    let words = "lookup public.example is denied by --deny-net=public.example";
    for name in ["public.example", "PUBLIC.example", "public.example."] {
        in_network(policy.clone(), &more).denies(words, &look_up(name));
    }
}

#[test]
fn a_denied_port_of_a_name_is_denied_at_its_addresses() {
    let policy = Policy::allow_all().deny_net(net("public.example:443"));
    let (mut guest, _) = guest(policy);
    guest.lookup("public.example").unwrap();
    assert_eq!(
        connect_to(format!("{PUBLIC}:443"))(&mut guest),
        Err(errno::ACCES)
    );
    assert_eq!(
        connect_to(format!("[::ffff:{PUBLIC}]:443"))(&mut guest),
        Err(errno::ACCES)
    );
    assert_eq!(connect_to(format!("{PUBLIC}:80"))(&mut guest), Ok(()));
}

#[test]
fn localhost_is_this_machine_or_nothing() {
    let more = |guest: net_run::Guest| guest.network(network());
    in_network(Policy::loopback(), &more).denies(
        "lookup localhost is denied: it resolves to 10.0.0.1, which is not a loopback address",
        &look_up("localhost"),
    );
}

#[test]
fn a_name_that_is_not_found_is_no_denial() {
    let (mut guest, _) = guest(policy(&["--allow-net=*.example"]));
    assert_eq!(guest.lookup("nowhere.example"), Err(errno::AINONAME));
    assert_eq!(guest.notices(), [""; 0]);
}

#[test]
fn what_is_no_name_is_told_without_its_control_characters() {
    let (mut guest, network) = guest(Policy::allow_all());
    for name in [
        "a\u{1b}[2Jb",
        "a b",
        "",
        "..",
        "1.2.3.4.5",
        "१२७.०.०.१",
        "a..b",
    ] {
        assert!(guest.lookup(name).is_err(), "{name:?}");
    }
    assert!(
        !guest.notices().concat().contains('\u{1b}'),
        "{:?}",
        guest.notices()
    );
    assert_eq!(network.record.lines(), [""; 0]);
}

#[test]
fn a_guest_cannot_flood_whoever_reads_the_notices() {
    let (mut guest, _) = guest(Policy::deny_all());
    for number in 0..1100 {
        assert_eq!(
            guest.lookup(&format!("n{number}.example")),
            Err(errno::ACCES)
        );
    }
    assert_eq!(guest.notices().len(), 1000);
}
