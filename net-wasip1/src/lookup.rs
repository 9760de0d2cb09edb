//! The host's own resolver, which blocks the whole module.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::abi::{self, Errno, FoundAddress};
use crate::host::HostKind;
use crate::runtime::host_kind;

/// The offset of an IPv6 address in WasmEdge's data: after the port and the flow
/// information, as in C.
const V6_AFTER_FLOWINFO: usize = 6;
/// Its offset in wasi-go's: after the port.
const V6_AFTER_PORT: usize = 2;
/// The length that WasmEdge writes for an IPv6 address.
const V6_LEN_WITH_FLOWINFO: u32 = 26;

pub(crate) fn lookup(name: &str) -> io::Result<Vec<IpAddr>> {
    if name.is_empty() || name.contains('\0') {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "invalid host name",
        ));
    }
    let host = host_kind();
    let found = abi::getaddrinfo(name).map_err(|errno| lookup_error(errno, host))?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.iter().filter_map(read_address) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "no address found for the host name",
        ));
    }
    Ok(addresses)
}

fn read_address(found: &FoundAddress) -> Option<IpAddr> {
    match found.family {
        1 => {
            let octets: [u8; 4] = std::array::from_fn(|i| found.data[2 + i]);
            Some(Ipv4Addr::from(octets).into())
        }
        2 => {
            let start = if found.data_len == V6_LEN_WITH_FLOWINFO {
                V6_AFTER_FLOWINFO
            } else {
                V6_AFTER_PORT
            };
            let octets: [u8; 16] = std::array::from_fn(|i| found.data[start + i]);
            Some(Ipv6Addr::from(octets).into())
        }
        _ => None,
    }
}

/// Converts a failure: WasmEdge numbers those of `getaddrinfo` past the
/// standard's errnos, and wasi-go has one errno for all.
fn lookup_error(errno: Errno, host: HostKind) -> io::Error {
    let (kind, message) = match errno.0 {
        78 => (
            io::ErrorKind::TimedOut,
            "temporary failure in name resolution",
        ),
        83 | 84 => (io::ErrorKind::NotFound, "no such host"),
        77..=87 => (io::ErrorKind::Other, "name resolution failed"),
        11 if host == HostKind::WasiGo => (
            io::ErrorKind::NotFound,
            "no such host, or name resolution failed",
        ),
        _ => return errno.into(),
    };
    io::Error::new(kind, message)
}
