//! Encoding of addresses.
//!
//! An address is either the plain 4 or 16 bytes of an IPv4 or IPv6 address, or a
//! storage of 128 bytes that starts with the family. Ports are separate arguments.

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::address::{Address, UnixAddress};
use crate::calls::memory::GuestMemory;
use crate::errno::Errno;
use crate::network::Family;

const STORAGE_LEN: u32 = 128;

/// The numbers of families in the extension.
const UNSPECIFIED: u16 = 0;
const INET4: u16 = 1;
const INET6: u16 = 2;
const UNIX: u16 = 3;

impl Family {
    /// Decodes the family that a guest requests.
    pub(crate) fn from_number(number: u32) -> Result<Self, Errno> {
        match u16::try_from(number) {
            Ok(INET4) => Ok(Family::V4),
            Ok(INET6) => Ok(Family::V6),
            Ok(UNIX) => Ok(Family::Unix),
            _ => Err(Errno::INVAL),
        }
    }
}

/// Reads the address in the buffer that is described at `at`.
pub(crate) fn read(memory: &GuestMemory<'_>, at: u32, port: u32) -> Result<Address, Errno> {
    let buffer = memory.iov(at, 0)?;
    let bytes = memory.bytes(buffer.offset, buffer.len)?;
    let ip: IpAddr = match (buffer.len, bytes) {
        (4, &[a, b, c, d]) => Ipv4Addr::new(a, b, c, d).into(),
        (16, bytes) => v6(bytes)?.into(),
        (STORAGE_LEN, [low, high, rest @ ..]) => match u16::from_le_bytes([*low, *high]) {
            INET4 => Ipv4Addr::from(*rest.first_chunk::<4>().ok_or(Errno::INVAL)?).into(),
            INET6 => v6(&rest[..16])?.into(),
            UNIX => return Ok(unix(rest).into()),
            _ => return Err(Errno::INVAL),
        },
        _ => return Err(Errno::INVAL),
    };
    let port = u16::try_from(port).map_err(|_| Errno::INVAL)?;
    Ok(SocketAddr::new(ip, port).into())
}

fn v6(bytes: &[u8]) -> Result<Ipv6Addr, Errno> {
    let bytes: [u8; 16] = bytes.try_into().map_err(|_| Errno::INVAL)?;
    Ok(bytes.into())
}

/// Decodes a NUL-terminated path; a leading `@` makes it an abstract name.
fn unix(bytes: &[u8]) -> UnixAddress {
    let end = bytes.iter().position(|&byte| byte == 0);
    match &bytes[..end.unwrap_or(bytes.len())] {
        [] => UnixAddress::Unnamed,
        [b'@', name @ ..] => UnixAddress::Abstract(name.to_vec()),
        path => UnixAddress::Path(PathBuf::from(OsStr::from_bytes(path))),
    }
}

/// How an address is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The plain bytes of the family, in a buffer that may be longer.
    Plain,
    /// A storage if the buffer has 128 bytes, plain bytes otherwise.
    Storage,
}

/// Writes an address into the buffer that is described at `at`; the result is
/// the port.
pub(crate) fn write(
    memory: &mut GuestMemory<'_>,
    at: u32,
    address: &Address,
    form: Form,
) -> Result<u16, Errno> {
    let buffer = memory.iov(at, 0)?;
    let place = memory.bytes_mut(buffer.offset, buffer.len)?;
    if form == Form::Storage && buffer.len == STORAGE_LEN {
        return write_storage(place, address);
    }
    match address {
        Address::Ip(address) => {
            match address.ip() {
                IpAddr::V4(ip) => put(place, 0, &ip.octets())?,
                IpAddr::V6(ip) => put(place, 0, &ip.octets())?,
            }
            Ok(address.port())
        }
        Address::Unix(_) => Err(Errno::INVAL),
    }
}

fn write_storage(place: &mut [u8], address: &Address) -> Result<u16, Errno> {
    let family = match address {
        Address::Ip(SocketAddr::V4(_)) => INET4,
        Address::Ip(SocketAddr::V6(_)) => INET6,
        Address::Unix(_) => UNIX,
    };
    put(place, 0, &family.to_le_bytes())?;
    match address {
        Address::Ip(address) => {
            match address.ip() {
                IpAddr::V4(ip) => put(place, 2, &ip.octets())?,
                IpAddr::V6(ip) => put(place, 2, &ip.octets())?,
            }
            Ok(address.port())
        }
        Address::Unix(address) => {
            place[2..].fill(0);
            match address {
                UnixAddress::Unnamed => {}
                UnixAddress::Path(path) => put(place, 2, path.as_os_str().as_bytes())?,
                UnixAddress::Abstract(name) => {
                    put(place, 2, b"@")?;
                    put(place, 3, name)?;
                }
            }
            Ok(0)
        }
    }
}

/// Checks that an address of the family fits into the buffer.
pub(crate) fn check_room(memory: &GuestMemory<'_>, at: u32, family: Family) -> Result<(), Errno> {
    let room = memory.iov(at, 0)?.len;
    match family {
        Family::V4 if room < 4 => Err(Errno::INVAL),
        Family::V6 if room < 16 => Err(Errno::INVAL),
        Family::Unix if room != STORAGE_LEN => Err(Errno::INVAL),
        _ => Ok(()),
    }
}

/// Writes that there is no address.
pub(crate) fn write_none(memory: &mut GuestMemory<'_>, at: u32) -> Result<(), Errno> {
    let buffer = memory.iov(at, 0)?;
    let place = memory.bytes_mut(buffer.offset, buffer.len)?;
    if buffer.len == STORAGE_LEN {
        put(place, 0, &UNSPECIFIED.to_le_bytes())?;
    }
    Ok(())
}

fn put(place: &mut [u8], at: usize, bytes: &[u8]) -> Result<(), Errno> {
    let place = place.get_mut(at..at + bytes.len()).ok_or(Errno::NOMEM)?;
    place.copy_from_slice(bytes);
    Ok(())
}
