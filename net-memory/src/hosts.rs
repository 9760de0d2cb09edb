//! The hosts of a network, with their names and addresses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use net_traits::Endpoint;

use crate::wire::packet::Place;

/// One host.
#[derive(Debug)]
pub(crate) struct HostEntry {
    pub(crate) name: Arc<str>,
    pub(crate) addresses: Vec<IpAddr>,
    last_port: u16,
}

/// All hosts.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    list: Vec<HostEntry>,
    by_name: HashMap<Arc<str>, usize>,
    by_address: HashMap<IpAddr, usize>,
    /// Names of the table, in lower case.
    names: HashMap<String, Vec<IpAddr>>,
}

/// The first of the dynamic ports (RFC 6335 §6).
const FIRST_FREE_PORT: u16 = 49152;

impl Hosts {
    /// The host of a name.
    pub(crate) fn named(&self, name: &str) -> Result<usize, String> {
        self.by_name.get(name).copied().ok_or_else(|| {
            let names: Vec<&str> = self.list.iter().take(20).map(|host| &*host.name).collect();
            format!("the network has no host {name:?}; it has {names:?}")
        })
    }

    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Adds a host, with an address of each family if none is given.
    pub(crate) fn add(&mut self, name: &str, addresses: &[IpAddr]) -> Result<usize, String> {
        if self.by_name.contains_key(name) {
            return Err(format!("the network has a host {name:?} already"));
        }
        let index = self.list.len();
        let addresses = match addresses {
            [] => self.free_addresses(index),
            given => given.to_vec(),
        };
        for address in &addresses {
            if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
                return Err(format!("invalid address of a host: {address}"));
            }
            if let Some(&owner) = self.by_address.get(address) {
                let owner = &self.list[owner].name;
                return Err(format!(
                    "{address} is an address of the host {owner:?} already"
                ));
            }
        }
        let name: Arc<str> = name.into();
        self.by_name.insert(Arc::clone(&name), index);
        self.by_address
            .extend(addresses.iter().map(|address| (*address, index)));
        self.list.push(HostEntry {
            name,
            addresses,
            last_port: u16::MAX,
        });
        Ok(index)
    }

    /// One of `10.0.0.0/8` and one of `fd00::/64`, counted, without those that
    /// were given by hand.
    fn free_addresses(&self, index: usize) -> Vec<IpAddr> {
        let first = u32::try_from(index).unwrap_or(u32::MAX - 1) + 1;
        let v4 = |n: u32| IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 | (n & 0x00ff_ffff)));
        let v6 = |n: u32| IpAddr::V6(Ipv6Addr::from_bits((0xfd00 << 112) | u128::from(n)));
        let free = |address: &dyn Fn(u32) -> IpAddr| {
            (first..=u32::MAX)
                .map(address)
                .find(|address| !self.by_address.contains_key(address))
        };
        free(&v4).into_iter().chain(free(&v6)).collect()
    }

    pub(crate) fn get(&self, host: usize) -> &HostEntry {
        &self.list[host]
    }

    /// Returns a port that is free. Ports are handed out one after the other, so
    /// that a seed always gives the same ones.
    pub(crate) fn free_port(&mut self, host: usize, is_free: impl Fn(u16) -> bool) -> Option<u16> {
        let last = &mut self.list[host].last_port;
        for _ in FIRST_FREE_PORT..=u16::MAX {
            *last = last.checked_add(1).unwrap_or(FIRST_FREE_PORT);
            if is_free(*last) {
                return Some(*last);
            }
        }
        None
    }

    pub(crate) fn all(&self) -> std::ops::Range<usize> {
        0..self.list.len()
    }

    /// The host that an address means, as seen from a host: loopback is its own.
    pub(crate) fn owner(&self, seen_from: usize, address: IpAddr) -> Option<usize> {
        if address.is_loopback() {
            return Some(seen_from);
        }
        self.by_address.get(&address).copied()
    }

    /// Whether a host may bind an address.
    pub(crate) fn has(&self, host: usize, address: IpAddr) -> bool {
        address.is_unspecified() || self.owner(host, address) == Some(host)
    }

    /// The address from which a host reaches another address.
    pub(crate) fn source(&self, host: usize, to: IpAddr) -> Option<IpAddr> {
        if self.owner(host, to) == Some(host) {
            return Some(to);
        }
        let own = &self.get(host).addresses;
        own.iter()
            .copied()
            .find(|own| own.is_ipv4() == to.is_ipv4())
    }

    pub(crate) fn place(&self, host: usize, endpoint: Endpoint) -> Place {
        Place {
            host,
            name: Arc::clone(&self.get(host).name),
            endpoint,
        }
    }

    pub(crate) fn set_name(&mut self, name: &str, addresses: Vec<IpAddr>) {
        self.names.insert(canonical(name), addresses);
    }

    pub(crate) fn remove_name(&mut self, name: &str) {
        self.names.remove(&canonical(name));
    }

    /// The addresses of a name: by the table, or else as the name of a host.
    pub(crate) fn lookup(&self, name: &str) -> Vec<IpAddr> {
        let name = canonical(name);
        if let Some(addresses) = self.names.get(&name) {
            return addresses.clone();
        }
        let host = self.by_name.get(name.as_str());
        host.map_or_else(Vec::new, |&host| self.get(host).addresses.clone())
    }
}

fn canonical(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.strip_suffix('.') {
        Some(relative) => relative.to_owned(),
        None => name,
    }
}
