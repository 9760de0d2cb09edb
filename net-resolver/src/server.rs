//! A DNS server's address, with the zone that it was named with.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use net_traits::{Backend, Host, HostPort, Port};

/// The port of DNS.
const PORT: u16 = 53;

/// A server to query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    address: SocketAddr,
    /// The zone of an IPv6 address as it was written: an interface's name or
    /// index (RFC 4007 §11).
    zone: Option<String>,
}

impl Server {
    /// Parses `ip` or `ip%zone`.
    pub(crate) fn parse_ip(text: &str) -> Option<Self> {
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Some(SocketAddr::new(ip, PORT).into());
        }
        (text.contains('%'))
            .then(|| Server::parse_host_port(&format!("[{text}]:")))
            .flatten()
    }

    /// Parses `ip:port` or `[ip%zone]:port`.
    pub(crate) fn parse_host_port(text: &str) -> Option<Self> {
        let HostPort { host, port } = text.parse().ok()?;
        let (Host::Ip { ip, zone, .. }, Port::Number(port)) = (host, port) else {
            return None;
        };
        let port = if port == 0 { PORT } else { port };
        Some(Server {
            address: SocketAddr::new(ip, port),
            zone,
        })
    }

    /// Returns the address with its zone as an index. A name is looked up each
    /// time, since an interface that comes back has another index.
    ///
    /// # Errors
    ///
    /// Returns an error that names the zone if the backend has no such
    /// interface, or no zones by name.
    pub(crate) fn resolve<B: Backend>(&self, backend: &B) -> io::Result<SocketAddr> {
        let (SocketAddr::V6(address), Some(zone)) = (self.address, &self.zone) else {
            return Ok(self.address);
        };
        let index = if zone.bytes().all(|byte| byte.is_ascii_digit()) {
            (zone.parse()).map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidInput, "not the index of an interface")
            })
        } else {
            backend.zone_index(zone)
        };
        let index = index.map_err(|cause| {
            let kind = match cause.kind() {
                // That would say that the name which is looked up does not exist.
                io::ErrorKind::NotFound => io::ErrorKind::InvalidInput,
                kind => kind,
            };
            io::Error::new(kind, format!("zone {zone:?}: {cause}"))
        })?;
        Ok(SocketAddrV6::new(*address.ip(), address.port(), 0, index).into())
    }
}

impl From<SocketAddr> for Server {
    fn from(address: SocketAddr) -> Self {
        Server {
            address,
            zone: None,
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.zone {
            Some(zone) => write!(f, "[{}%{zone}]:{}", self.address.ip(), self.address.port()),
            None => self.address.fmt(f),
        }
    }
}
