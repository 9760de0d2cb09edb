//! What property tests draw from.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use net_traits::{Host, Port, UnixAddress};
use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        // A guest has no file to write failures to.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Texts that look like addresses often enough to get deep into the parser.
pub(crate) fn nearly_an_address() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just(":".to_owned()),
        Just("%".to_owned()),
        Just(".".to_owned()),
        Just("::".to_owned()),
        Just("fe80::1".to_owned()),
        Just("127.0.0.1".to_owned()),
        Just("localhost".to_owned()),
        Just("http".to_owned()),
        "[0-9]{1,6}",
        "[a-f0-9:]{1,8}",
        any::<char>().prop_map(String::from),
    ];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// Texts that are paths, names and escapes, whole and broken.
pub(crate) fn nearly_a_path() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("@".to_owned()),
        Just("/".to_owned()),
        Just("./".to_owned()),
        Just("\\".to_owned()),
        Just("\\x".to_owned()),
        Just("\\x40".to_owned()),
        Just("(unnamed)".to_owned()),
        "\\\\x[0-9a-fA-F]{2}",
        "[ -~]{0,4}",
        any::<char>().prop_map(String::from),
    ];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// Bytes among which those that matter are frequent.
pub(crate) fn odd_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        Just(b'\\'),
        Just(b'x'),
        Just(b'4'),
        Just(b'0'),
        Just(b'@'),
        Just(b'/'),
        Just(b'.'),
        0_u8..0x20,
        any::<u8>(),
    ];
    let character = any::<char>().prop_map(|char| char.to_string().into_bytes());
    let part = prop_oneof![vec(byte, 1..4), character];
    vec(part, 1..6).prop_map(|parts| parts.concat())
}

#[cfg(unix)]
fn os_string(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(target_os = "wasi")]
fn os_string(bytes: &[u8]) -> OsString {
    std::os::wasi::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(any(unix, target_os = "wasi")))]
fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Any path and any abstract name.
pub(crate) fn unix_address() -> impl Strategy<Value = UnixAddress> {
    prop_oneof![
        odd_bytes().prop_map(|bytes| UnixAddress::path(os_string(&bytes))),
        odd_bytes().prop_map(UnixAddress::abstract_name),
    ]
}

/// Any resolved address; scopes and mapped addresses are frequent.
pub(crate) fn socket_addr() -> impl Strategy<Value = SocketAddr> {
    let mapped = any::<u32>().prop_map(|bits| std::net::Ipv4Addr::from(bits).to_ipv6_mapped());
    let v6 = prop_oneof![any::<u128>().prop_map(Ipv6Addr::from), mapped];
    let scope = prop_oneof![Just(0), any::<u32>()];
    prop_oneof![
        (any::<[u8; 4]>(), any::<u16>()).prop_map(SocketAddr::from),
        (v6, any::<u16>(), scope)
            .prop_map(|(ip, port, scope)| SocketAddrV6::new(ip, port, 0, scope).into()),
    ]
}

/// Any host, however it is made.
pub(crate) fn host() -> impl Strategy<Value = Host> {
    let zoned = (socket_addr(), "[a-zA-Z0-9._~-]{1,15}")
        .prop_filter_map("only IPv6 has zones", |(address, zone)| {
            format!("{}%{zone}", address.ip()).parse().ok()
        });
    prop_oneof![
        Just(Host::Any),
        socket_addr().prop_map(|address| Host::from(address.ip())),
        any::<u128>().prop_map(|bits| Host::from(IpAddr::from(bits.to_be_bytes()))),
        zoned,
        "\\PC{1,12}".prop_filter_map("not a name", |text| text.parse().ok()),
        "[a-z][a-z0-9-]{0,10}(\\.[a-z]{1,5}){0,3}\\.?".prop_map(|name| name.parse().unwrap()),
    ]
}

/// Any port, however it is made.
pub(crate) fn port() -> impl Strategy<Value = Port> {
    prop_oneof![
        any::<u16>().prop_map(Port::from),
        "[a-zA-Z0-9][a-zA-Z0-9._+-]{0,14}"
            .prop_filter_map("too large a number", |name| name.parse().ok()),
    ]
}
