//! The addresses that stand for names which rules admit.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::ports::PortRange;

/// How long an address is remembered after its last use.
const LIFETIME: Duration = Duration::from_hours(1);
/// How many addresses are remembered.
const CAPACITY: usize = 1024;

#[derive(Debug, Clone, Default)]
pub(super) struct Pins {
    /// By canonical address.
    grants: HashMap<IpAddr, Vec<Grant>>,
}

#[derive(Debug, Clone)]
struct Grant {
    ports: PortRange,
    used: Instant,
}

impl Grant {
    fn is_alive(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.used) < LIFETIME
    }
}

impl Pins {
    /// Remembers that a name was found at the address.
    pub(super) fn add(&mut self, ip: IpAddr, ports: PortRange, now: Instant) {
        if self.grants.len() >= CAPACITY && !self.grants.contains_key(&ip) {
            self.make_room(now);
        }
        let grants = self.grants.entry(ip).or_default();
        match grants.iter_mut().find(|grant| grant.ports == ports) {
            Some(grant) => grant.used = now,
            None => grants.push(Grant { ports, used: now }),
        }
    }

    /// Forgets what has expired, or else the address that was not used for longest.
    fn make_room(&mut self, now: Instant) {
        self.grants.retain(|_, grants| {
            grants.retain(|grant| grant.is_alive(now));
            !grants.is_empty()
        });
        if self.grants.len() >= CAPACITY {
            let last_used = |grants: &[Grant]| grants.iter().map(|grant| grant.used).max();
            let oldest = self
                .grants
                .iter()
                .min_by_key(|(_, grants)| last_used(grants));
            if let Some(ip) = oldest.map(|(ip, _)| *ip) {
                self.grants.remove(&ip);
            }
        }
    }

    /// Whether a name that a rule admits was found at the address.
    pub(super) fn know(&self, from: SocketAddr) -> bool {
        let grants = self.grants.get(&from.ip()).map_or(&[][..], Vec::as_slice);
        grants.iter().any(|grant| grant.ports.contains(from.port()))
    }

    /// Whether a grant covers the address now, which counts as a use.
    pub(super) fn take(&mut self, to: SocketAddr, now: Instant) -> bool {
        let grants = self.grants.get_mut(&to.ip());
        let mut found = false;
        for grant in grants.into_iter().flatten() {
            if grant.ports.contains(to.port()) && grant.is_alive(now) {
                grant.used = now;
                found = true;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a grant covers an address, without using it.
    fn covers(pins: &Pins, to: SocketAddr, now: Instant) -> bool {
        pins.clone().take(to, now)
    }

    const MINUTE: Duration = Duration::from_mins(1);

    fn ip(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    fn at(number: u32) -> SocketAddr {
        SocketAddr::new(ip(number), 443)
    }

    #[test]
    fn a_pin_expires_an_hour_after_its_last_use() {
        let start = Instant::now();
        let mut pins = Pins::default();
        pins.add(ip(1), PortRange::ALL, start);
        assert!(pins.take(at(1), start + 59 * MINUTE));
        assert!(covers(&pins, at(1), start + 118 * MINUTE));
        assert!(!covers(&pins, at(1), start + 119 * MINUTE));
        assert!(!pins.take(at(1), start + 119 * MINUTE));
    }

    #[test]
    fn to_look_at_a_pin_is_no_use_of_it() {
        let start = Instant::now();
        let mut pins = Pins::default();
        pins.add(ip(1), PortRange::ALL, start);
        assert!(covers(&pins, at(1), start + 59 * MINUTE));
        assert!(!covers(&pins, at(1), start + 60 * MINUTE));
    }

    #[test]
    fn ports_of_one_address_expire_each_for_themselves() {
        let start = Instant::now();
        let mut pins = Pins::default();
        pins.add(ip(1), PortRange::parse("443").unwrap(), start);
        pins.add(ip(1), PortRange::parse("80").unwrap(), start);
        assert!(pins.take(at(1), start + 59 * MINUTE));
        assert!(covers(&pins, at(1), start + 61 * MINUTE));
        assert!(!covers(
            &pins,
            SocketAddr::new(ip(1), 80),
            start + 61 * MINUTE
        ));
    }

    #[test]
    fn of_too_many_addresses_the_one_not_used_for_longest_goes_first() {
        let start = Instant::now();
        let mut pins = Pins::default();
        for number in 0..1024 {
            let now = start + Duration::from_millis(number.into());
            pins.add(ip(number), PortRange::ALL, now);
        }
        let now = start + MINUTE;
        assert!(pins.take(at(0), now));
        pins.add(ip(5000), PortRange::ALL, now);
        assert_eq!(pins.grants.len(), CAPACITY);
        assert!(covers(&pins, at(0), now));
        assert!(!covers(&pins, at(1), now));
        assert!(covers(&pins, at(2), now));
        assert!(covers(&pins, at(5000), now));
    }

    #[test]
    fn an_address_that_is_known_takes_no_more_room() {
        let now = Instant::now();
        let mut pins = Pins::default();
        for number in (0..1024).chain(0..1024) {
            pins.add(ip(number), PortRange::ALL, now);
        }
        assert_eq!(pins.grants.len(), CAPACITY);
        assert!(pins.grants.values().all(|grants| grants.len() == 1));
    }
}
