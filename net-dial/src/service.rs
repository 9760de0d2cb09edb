//! Ports of services that people type by name.
//!
//! Source: the IANA Service Name and Transport Protocol Port Number Registry.

/// A service's name and port.
const SERVICES: [(&str, u16); 32] = [
    ("amqp", 5672),
    ("amqps", 5671),
    ("domain", 53),
    ("domain-s", 853),
    ("echo", 7),
    ("ftp", 21),
    ("ftps", 990),
    ("git", 9418),
    ("http", 80),
    ("http-alt", 8080),
    ("https", 443),
    ("imap", 143),
    ("imaps", 993),
    ("irc", 194),
    ("kerberos", 88),
    ("ldap", 389),
    ("ldaps", 636),
    ("mqtt", 1883),
    ("mysql", 3306),
    ("nntp", 119),
    ("ntp", 123),
    ("pop3", 110),
    ("pop3s", 995),
    ("postgresql", 5432),
    ("redis", 6379),
    ("sip", 5060),
    ("smtp", 25),
    ("snmp", 161),
    ("socks", 1080),
    ("ssh", 22),
    ("submission", 587),
    ("telnet", 23),
];

/// The port of a service, whatever the case of its name.
pub(crate) fn port(name: &str) -> Option<u16> {
    SERVICES
        .iter()
        .find(|(service, _)| service.eq_ignore_ascii_case(name))
        .map(|&(_, port)| port)
}
