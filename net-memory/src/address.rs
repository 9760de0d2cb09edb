//! Which local address a socket gets.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use net_traits::{Endpoint, UnixAddress};

use crate::bindings::Bindings;
use crate::hosts::FIRST_FREE_PORT;
use crate::state::State;

impl State {
    /// The address to bind: `wanted`, with a free port if it has none.
    pub(crate) fn bindable(
        &mut self,
        host: usize,
        wanted: &Endpoint,
        v6only: bool,
        among: fn(&State) -> &Bindings,
    ) -> io::Result<Endpoint> {
        if let Some(address) = wanted.as_ip() {
            if !self.hosts.has(host, address.ip()) {
                return Err(ErrorKind::AddrNotAvailable.into());
            }
            if address.port() == 0 {
                return self.with_free_port(host, address.ip(), |state, endpoint| {
                    among(state).is_free(host, endpoint, v6only)
                });
            }
        }
        if let Some(path) = wanted.as_unix().and_then(UnixAddress::as_path) {
            check_path(path)?;
        }
        if among(self).is_free(host, wanted, v6only) {
            Ok(wanted.clone())
        } else {
            Err(ErrorKind::AddrInUse.into())
        }
    }

    /// The local address of a connection to `remote`.
    pub(crate) fn dialable(
        &mut self,
        host: usize,
        wanted: Option<&Endpoint>,
        remote: &Endpoint,
    ) -> io::Result<Endpoint> {
        if let Some(address) = remote.as_unix() {
            if let Some(path) = address.as_path() {
                check_path(path)?;
            }
            return Ok(wanted.cloned().unwrap_or(UnixAddress::unnamed().into()));
        }
        let any = Endpoint::from(SocketAddr::new(unspecified(remote), 0));
        let local = self.source_of(host, wanted.unwrap_or(&any), remote)?;
        let address = local.as_ip().ok_or(ErrorKind::InvalidInput)?;
        if !self.hosts.has(host, address.ip()) {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
        if address.port() == 0 {
            return self.with_free_port(host, address.ip(), |state, local| {
                state.is_pair_free(host, local, remote)
                    && state.listening.is_free(host, local, true)
            });
        }
        let is_free =
            self.is_pair_free(host, &local, remote) && self.listening.is_free(host, &local, true);
        is_free.then_some(local).ok_or(ErrorKind::AddrInUse.into())
    }

    /// From where a socket that is bound to `local` reaches `remote`.
    pub(crate) fn source_of(
        &self,
        host: usize,
        local: &Endpoint,
        remote: &Endpoint,
    ) -> io::Result<Endpoint> {
        let local = local.as_ip().ok_or(ErrorKind::InvalidInput)?;
        let remote = remote.ip().ok_or(ErrorKind::InvalidInput)?;
        let ip = match local.ip() {
            // An IPv6 socket on all addresses reaches IPv4 too.
            ip if ip.is_unspecified() && (ip.is_ipv6() || remote.is_ipv4()) => {
                let source = self.hosts.source(host, remote);
                source.ok_or(ErrorKind::NetworkUnreachable)?
            }
            ip if ip.is_ipv4() == remote.is_ipv4() => ip,
            _ => {
                return Err(io::Error::new(
                    ErrorKind::InvalidInput,
                    format!("a socket on {local} cannot reach {remote}"),
                ));
            }
        };
        Ok(SocketAddr::new(ip, local.port()).into())
    }

    /// Ports are handed out one after the other, so that a seed always gives
    /// the same ones.
    fn with_free_port(
        &mut self,
        host: usize,
        ip: IpAddr,
        is_free: impl Fn(&State, &Endpoint) -> bool,
    ) -> io::Result<Endpoint> {
        for _ in FIRST_FREE_PORT..=u16::MAX {
            let last = &mut self.hosts.get_mut(host).last_port;
            *last = last.checked_add(1).unwrap_or(FIRST_FREE_PORT);
            let endpoint = Endpoint::from(SocketAddr::new(ip, *last));
            if is_free(self, &endpoint) {
                return Ok(endpoint);
            }
        }
        Err(ErrorKind::AddrInUse.into())
    }
}

/// What systems take as the path of a socket (`man 7 unix`).
fn check_path(path: &Path) -> io::Result<()> {
    const LONGEST: usize = 107;
    let bytes = path.as_os_str().as_encoded_bytes();
    let wrong = match bytes {
        [] => "empty",
        _ if bytes.contains(&0) => "with a NUL",
        _ if bytes.len() > LONGEST => "longer than 107 bytes",
        _ => return Ok(()),
    };
    Err(io::Error::new(
        ErrorKind::InvalidInput,
        format!("a path that is {wrong}"),
    ))
}

fn unspecified(like: &Endpoint) -> IpAddr {
    match like.ip() {
        Some(IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
        _ => Ipv4Addr::UNSPECIFIED.into(),
    }
}
