//! Addresses as the socket extension lays them out.
//!
//! An address goes in as 4 bytes (IPv4), 16 bytes (IPv6) or a 128-byte
//! storage (Unix), with the port beside it. It comes out in a 128-byte storage:
//! the family as a little-endian `u16`, then the address, or a path that ends
//! with a NUL byte.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use net_traits::{Endpoint, EndpointKind, UnixAddress};

use crate::host::HostKind;

/// The size of the storage that hosts write addresses into.
pub(crate) const STORAGE_LEN: usize = 128;
/// The longest path, as Linux and wasi-go have it.
const UNIX_PATH_MAX: usize = 107;

/// An address family of the extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Inet4 = 1,
    Inet6 = 2,
    Unix = 3,
}

/// An address ready to be passed to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawAddress {
    bytes: [u8; STORAGE_LEN],
    len: usize,
    pub(crate) family: Family,
    pub(crate) port: u16,
}

impl RawAddress {
    /// Returns the bytes to pass.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Lays an endpoint out for a socket of family `family`; an IPv4 address
    /// on an IPv6 socket is passed v4-mapped.
    pub(crate) fn for_socket(
        endpoint: &Endpoint,
        family: Family,
        host: HostKind,
    ) -> io::Result<Self> {
        match endpoint.as_ip() {
            Some(SocketAddr::V4(v4)) if family == Family::Inet6 => {
                let mapped = v4.ip().to_ipv6_mapped();
                Ok(RawAddress::new(&mapped.octets(), Family::Inet6, v4.port()))
            }
            _ => RawAddress::from_endpoint(endpoint, host),
        }
    }

    /// Lays an endpoint out in its own family.
    pub(crate) fn from_endpoint(endpoint: &Endpoint, host: HostKind) -> io::Result<Self> {
        match endpoint.kind() {
            EndpointKind::Ip(SocketAddr::V4(v4)) => {
                Ok(RawAddress::new(&v4.ip().octets(), Family::Inet4, v4.port()))
            }
            EndpointKind::Ip(SocketAddr::V6(v6)) if v6.scope_id() != 0 => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("IPv6 zones are not supported by {host}"),
            )),
            EndpointKind::Ip(SocketAddr::V6(v6)) => {
                Ok(RawAddress::new(&v6.ip().octets(), Family::Inet6, v6.port()))
            }
            EndpointKind::Unix(address) => {
                let name = unix_name(address, host)?;
                let mut storage = [0; STORAGE_LEN];
                storage[0] = Family::Unix as u8;
                storage[2..2 + name.len()].copy_from_slice(&name);
                Ok(RawAddress::new(&storage, Family::Unix, 0))
            }
            _ => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("addresses such as {endpoint} are not supported by {host}"),
            )),
        }
    }

    fn new(address: &[u8], family: Family, port: u16) -> Self {
        let mut bytes = [0; STORAGE_LEN];
        bytes[..address.len()].copy_from_slice(address);
        RawAddress {
            bytes,
            len: address.len(),
            family,
            port,
        }
    }
}

/// Returns a Unix address as the host takes it after the family.
fn unix_name(address: &UnixAddress, host: HostKind) -> io::Result<Vec<u8>> {
    let invalid = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why.to_owned());
    let name = match (address.as_path(), address.as_abstract_name()) {
        (Some(path), _) => {
            let path = path
                .to_str()
                .ok_or_else(|| invalid("the path is not UTF-8"))?;
            if path.bytes().any(|byte| byte == 0) {
                return Err(invalid("the path contains a NUL byte"));
            }
            if host.pads_unix_paths() {
                padded(path)
            } else {
                path.as_bytes().to_vec()
            }
        }
        (_, Some(name)) if host.has_abstract_names() => {
            if name.contains(&0) {
                return Err(invalid("the name contains a NUL byte"));
            }
            [b"@", name].concat()
        }
        (_, Some(_)) => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("abstract Unix addresses are not supported by {host}"),
            ));
        }
        (None, None) => return Err(invalid("the address is unnamed")),
    };
    if name.len() > UNIX_PATH_MAX {
        return Err(invalid("the path is longer than 107 bytes"));
    }
    Ok(name)
}

/// Returns the same path with as many slashes as give it the greatest length.
fn padded(path: &str) -> Vec<u8> {
    let (head, tail) = match path.strip_prefix('/') {
        Some(tail) => ("/", tail),
        None => ("./", path),
    };
    let slashes = UNIX_PATH_MAX.saturating_sub(head.len() + tail.len());
    format!("{head}{}{tail}", "/".repeat(slashes)).into_bytes()
}

/// Reads the address that a host wrote into a zeroed storage for a socket of
/// family `of`, with its port.
///
/// Where a peer has no name, hosts leave the storage as it was or write an
/// empty name.
pub(crate) fn read_storage(
    storage: &[u8; STORAGE_LEN],
    port: u16,
    of: Family,
    host: HostKind,
) -> Endpoint {
    let [f0, f1, address @ ..] = storage;
    let family = u16::from_le_bytes([*f0, *f1]);
    match family {
        // For a sender without a name, WasmEdge leaves any family behind.
        _ if of == Family::Unix => read_unix_name(address, host).into(),
        1 => {
            let octets: [u8; 4] = std::array::from_fn(|i| address[i]);
            SocketAddr::new(IpAddr::V4(Ipv4Addr::from(octets)), port).into()
        }
        2 => {
            let octets: [u8; 16] = std::array::from_fn(|i| address[i]);
            SocketAddr::new(IpAddr::V6(Ipv6Addr::from(octets)), port).into()
        }
        _ => read_unix_name(address, host).into(),
    }
}

fn read_unix_name(name: &[u8], host: HostKind) -> UnixAddress {
    let end = name.iter().position(|&byte| byte == 0);
    match &name[..end.unwrap_or(name.len())] {
        // wasi-go calls an unnamed peer "@".
        [] | [b'@'] => UnixAddress::unnamed(),
        [b'@', name @ ..] => UnixAddress::abstract_name(name),
        path => {
            let path = String::from_utf8_lossy(path);
            UnixAddress::path(if host.pads_unix_paths() {
                unpadded(&path)
            } else {
                path.into_owned()
            })
        }
    }
}

/// Removes the slashes that [`padded`] added.
fn unpadded(path: &str) -> String {
    if let Some(tail) = path.strip_prefix("./") {
        tail.trim_start_matches('/').to_owned()
    } else if path.starts_with("//") {
        format!("/{}", path.trim_start_matches('/'))
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: [HostKind; 4] = [
        HostKind::WasmEdge,
        HostKind::WasiGo,
        HostKind::NetRun,
        HostKind::Other,
    ];

    fn endpoint(text: &str) -> Endpoint {
        text.parse::<SocketAddr>().expect("an address").into()
    }

    fn unix(text: &str) -> Endpoint {
        match text.strip_prefix('@') {
            Some(name) => UnixAddress::abstract_name(name).into(),
            None => UnixAddress::path(text).into(),
        }
    }

    #[test]
    fn ip_addresses_go_in_bare_with_the_port_beside() {
        for host in HOSTS {
            let v4 = RawAddress::from_endpoint(&endpoint("127.0.0.1:80"), host).expect("v4");
            assert_eq!((v4.bytes(), v4.port), (&[127, 0, 0, 1][..], 80));
            let v6 = RawAddress::from_endpoint(&endpoint("[::1]:80"), host).expect("v6");
            assert_eq!(v6.bytes(), Ipv6Addr::LOCALHOST.octets());
        }
    }

    #[test]
    fn an_ipv4_address_on_an_ipv6_socket_is_mapped() {
        let raw = RawAddress::for_socket(&endpoint("1.2.3.4:5"), Family::Inet6, HostKind::WasmEdge)
            .expect("mapped");
        let mapped = Ipv4Addr::new(1, 2, 3, 4).to_ipv6_mapped();
        assert_eq!(raw.bytes(), mapped.octets());
    }

    #[test]
    fn a_zone_is_refused_by_name_of_the_host() {
        let zoned = endpoint("[fe80::1%2]:80");
        let error = RawAddress::from_endpoint(&zoned, HostKind::WasmEdge).expect_err("a zone");
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert!(error.to_string().contains("WasmEdge"), "{error}");
    }

    #[test]
    fn on_wasi_go_every_path_has_one_length_and_still_names_the_same_file() {
        for path in ["/tmp/a", "/tmp/longer-name.sock", "relative", "@odd"] {
            let address = Endpoint::from(UnixAddress::path(path));
            let raw = RawAddress::from_endpoint(&address, HostKind::WasiGo).expect("a path");
            let name = &raw.bytes()[2..];
            assert_eq!(name.iter().position(|&b| b == 0), Some(UNIX_PATH_MAX));
            let mut storage = [0; STORAGE_LEN];
            storage.copy_from_slice(raw.bytes());
            assert_eq!(
                read_storage(&storage, 0, Family::Unix, HostKind::WasiGo),
                address
            );
        }
    }

    #[test]
    fn unix_addresses_that_a_host_cannot_take_are_errors() {
        let long = format!("/{}", "x".repeat(UNIX_PATH_MAX));
        for host in HOSTS {
            for bad in [unix(""), unix(&long), unix("/a\0b")] {
                RawAddress::from_endpoint(&bad, host).expect_err("refused");
            }
        }
        RawAddress::from_endpoint(&unix("@name"), HostKind::WasmEdge).expect_err("abstract");
    }

    #[test]
    fn an_unnamed_sender_has_no_address_whatever_family_is_left_behind() {
        for family in [1, 2, 0xff] {
            let mut storage = [0; STORAGE_LEN];
            storage[0] = family;
            let sender = read_storage(&storage, 9, Family::Unix, HostKind::WasmEdge);
            assert_eq!(sender, UnixAddress::unnamed().into());
        }
    }

    #[test]
    fn a_storage_left_empty_is_an_unnamed_peer() {
        let empty = [0; STORAGE_LEN];
        assert_eq!(
            read_storage(&empty, 0, Family::Unix, HostKind::WasmEdge),
            UnixAddress::unnamed().into()
        );
        let mut at = empty;
        (at[0], at[2]) = (3, b'@');
        assert_eq!(
            read_storage(&at, 0, Family::Unix, HostKind::WasiGo),
            UnixAddress::unnamed().into()
        );
    }

    proptest::proptest! {
        #[test]
        fn any_storage_is_read_without_a_panic(bytes: Vec<u8>, port: u16) {
            let mut storage = [0; STORAGE_LEN];
            let len = bytes.len().min(STORAGE_LEN);
            storage[..len].copy_from_slice(&bytes[..len]);
            for of in [Family::Inet4, Family::Inet6, Family::Unix] {
                let _ = read_storage(&storage, port, of, HostKind::Other);
            }
        }

        #[test]
        fn an_ip_address_survives_the_way_through_a_storage(ip: u128, port: u16) {
            let address = SocketAddr::new(Ipv6Addr::from(ip).into(), port);
            let raw = RawAddress::from_endpoint(&address.into(), HostKind::Other).unwrap();
            let mut storage = [0; STORAGE_LEN];
            storage[0] = 2;
            storage[2..18].copy_from_slice(raw.bytes());
            proptest::prop_assert_eq!(read_storage(&storage, port, Family::Inet6, HostKind::Other), Endpoint::from(address));
        }
    }
}
