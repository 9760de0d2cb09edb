//! The machine's own network.

use std::ffi::OsStr;
use std::io::IoSlice;
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use dns_lookup::{AddrInfoHints, LookupErrorKind, SockType};
use rustix::io::Errno as Os;
use rustix::net::{
    self, AddressFamily, RecvFlags, SendAncillaryBuffer, SendFlags, SocketAddrAny, SocketAddrUnix,
    SocketFlags, SocketType,
};

use super::{
    Family, Lookup, LookupError, Network, Readiness, Received, Socket, SocketKind, SocketOption,
    os_options,
};
use crate::address::{Address, UnixAddress};
use crate::errno::Errno;

/// The machine's own network, with the resolver of its C library.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct OsNetwork;

impl OsNetwork {
    /// Returns the machine's own network.
    #[must_use]
    pub fn new() -> Self {
        OsNetwork
    }
}

/// The longest path of a Unix socket, and its address with family and NUL.
const UNIX_PATH_MAX: usize = 107;
const UNIX_LEN_MAX: u32 = 110;

const FLAGS: SocketFlags = SocketFlags::NONBLOCK.union(SocketFlags::CLOEXEC);

impl Network for OsNetwork {
    fn open(&mut self, family: Family, kind: SocketKind) -> Result<Box<dyn Socket>, Errno> {
        let domain = match family {
            Family::V4 => AddressFamily::INET,
            Family::V6 => AddressFamily::INET6,
            Family::Unix => AddressFamily::UNIX,
        };
        let socket_type = match kind {
            SocketKind::Stream => SocketType::STREAM,
            SocketKind::Datagram => SocketType::DGRAM,
        };
        let fd = net::socket_with(domain, socket_type, FLAGS, None)?;
        Ok(Box::new(OsSocket { fd, kind }))
    }

    fn lookup(&mut self, name: &str) -> Lookup {
        let name = name.to_owned();
        Box::new(move || look_up(&name))
    }
}

fn look_up(name: &str) -> Result<Vec<IpAddr>, LookupError> {
    // Without a socket type, every address is returned once per type.
    let hints = AddrInfoHints {
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    };
    let found = dns_lookup::getaddrinfo(Some(name), None, Some(hints));
    let found = found.map_err(|error| match error.kind() {
        LookupErrorKind::NoName | LookupErrorKind::NoData => LookupError::NoSuchName,
        LookupErrorKind::Again => LookupError::TryAgain,
        _ => LookupError::Failed,
    })?;
    Ok(found
        .filter_map(|info| info.ok().map(|info| info.sockaddr.ip()))
        .collect())
}

struct OsSocket {
    fd: OwnedFd,
    kind: SocketKind,
}

impl OsSocket {
    fn recv_flags(&self, peek: bool) -> RecvFlags {
        let mut flags = RecvFlags::empty();
        flags.set(RecvFlags::PEEK, peek);
        // With it, Linux returns the full length of a datagram.
        flags.set(RecvFlags::TRUNC, self.kind == SocketKind::Datagram);
        flags
    }
}

fn received(room: usize, len: usize) -> Received {
    Received {
        len: len.min(room),
        truncated: len > room,
    }
}

impl Socket for OsSocket {
    fn bind(&mut self, address: &Address) -> Result<(), Errno> {
        Ok(net::bind(&self.fd, &to_os(address)?)?)
    }

    fn listen(&mut self, backlog: i32) -> Result<(), Errno> {
        Ok(net::listen(&self.fd, backlog)?)
    }

    fn accept(&mut self) -> Result<(Box<dyn Socket>, Address), Errno> {
        let (fd, peer) = net::acceptfrom_with(&self.fd, FLAGS)?;
        let peer = peer.map_or(Ok(UnixAddress::Unnamed.into()), from_os)?;
        let kind = self.kind;
        Ok((Box::new(OsSocket { fd, kind }), peer))
    }

    fn connect(&mut self, address: &Address) -> Result<(), Errno> {
        Ok(net::connect(&self.fd, &to_os(address)?)?)
    }

    fn recv(&mut self, buf: &mut [u8], peek: bool) -> Result<Received, Errno> {
        let room = buf.len();
        let (_, len) = net::recv(&self.fd, buf, self.recv_flags(peek))?;
        Ok(received(room, len))
    }

    fn recv_from(
        &mut self,
        buf: &mut [u8],
        peek: bool,
    ) -> Result<(Received, Option<Address>), Errno> {
        let room = buf.len();
        let (_, len, from) = net::recvfrom(&self.fd, buf, self.recv_flags(peek))?;
        Ok((received(room, len), from.map(from_os).transpose()?))
    }

    fn send(&mut self, bufs: &[IoSlice<'_>]) -> Result<usize, Errno> {
        let sent = match bufs {
            [buf] => net::send(&self.fd, buf, SendFlags::NOSIGNAL),
            bufs => {
                let mut control = SendAncillaryBuffer::default();
                net::sendmsg(&self.fd, bufs, &mut control, SendFlags::NOSIGNAL)
            }
        };
        Ok(sent?)
    }

    fn send_to(&mut self, bufs: &[IoSlice<'_>], address: &Address) -> Result<usize, Errno> {
        let to = to_os(address)?;
        let sent = match bufs {
            [buf] => net::sendto(&self.fd, buf, SendFlags::NOSIGNAL, &to),
            bufs => {
                let mut control = SendAncillaryBuffer::default();
                net::sendmsg_addr(&self.fd, &to, bufs, &mut control, SendFlags::NOSIGNAL)
            }
        };
        Ok(sent?)
    }

    fn shutdown(&mut self, how: Shutdown) -> Result<(), Errno> {
        let how = match how {
            Shutdown::Read => net::Shutdown::Read,
            Shutdown::Write => net::Shutdown::Write,
            Shutdown::Both => net::Shutdown::Both,
        };
        Ok(net::shutdown(&self.fd, how)?)
    }

    fn local_address(&self) -> Result<Address, Errno> {
        from_os(net::getsockname(&self.fd)?)
    }

    fn peer_address(&self) -> Result<Address, Errno> {
        match net::getpeername(&self.fd)? {
            Some(peer) => from_os(peer),
            None => Ok(UnixAddress::Unnamed.into()),
        }
    }

    fn option(&mut self, option: SocketOption) -> Result<i32, Errno> {
        os_options::get(self.fd.as_fd(), option)
    }

    fn set_option(&mut self, option: SocketOption, value: i32) -> Result<(), Errno> {
        os_options::set(self.fd.as_fd(), option, value)
    }

    fn readiness(&self) -> Readiness<'_> {
        Readiness::Descriptor(self.fd.as_fd())
    }
}

fn to_os(address: &Address) -> Result<SocketAddrAny, Os> {
    Ok(match address {
        Address::Ip(address) => (*address).into(),
        Address::Unix(UnixAddress::Path(path)) => {
            // One byte more would fit, but without the NUL that readers expect.
            if path.as_os_str().len() > UNIX_PATH_MAX {
                return Err(Os::NAMETOOLONG);
            }
            SocketAddrUnix::new(path.as_os_str())?.into()
        }
        Address::Unix(UnixAddress::Abstract(name)) => {
            SocketAddrUnix::new_abstract_name(name)?.into()
        }
        Address::Unix(UnixAddress::Unnamed) => SocketAddrUnix::new_unnamed().into(),
    })
}

fn from_os(address: SocketAddrAny) -> Result<Address, Errno> {
    match address.address_family() {
        // A path without a NUL at its end, which another program may have, is
        // more than rustix can read.
        AddressFamily::UNIX if address.addr_len() > UNIX_LEN_MAX => Ok(UnixAddress::Unnamed.into()),
        AddressFamily::UNIX => {
            let unix = SocketAddrUnix::try_from(address)?;
            Ok(Address::Unix(
                match (unix.path_bytes(), unix.abstract_name()) {
                    (Some(path), _) => {
                        // The kernel counts the NUL that ends it.
                        let path = path.strip_suffix(b"\0").unwrap_or(path);
                        UnixAddress::Path(Path::new(OsStr::from_bytes(path)).to_owned())
                    }
                    (None, Some(name)) if !name.is_empty() => UnixAddress::Abstract(name.to_vec()),
                    _ => UnixAddress::Unnamed,
                },
            ))
        }
        AddressFamily::INET | AddressFamily::INET6 => Ok(SocketAddr::try_from(address)?.into()),
        _ => Err(Errno::AFNOSUPPORT),
    }
}
