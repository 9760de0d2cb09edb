//! MX and SRV records.

use std::fmt;

use hickory_proto::rr::rdata::{MX, SRV};

/// A mail server of a domain (RFC 1035 §3.3.9).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mx {
    /// Its preference; lower ones are tried first.
    pub preference: u16,
    /// Its name, with a trailing dot.
    pub host: String,
}

/// A server of a service (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Srv {
    /// Its priority; lower ones are tried first.
    pub priority: u16,
    /// Its relative weight among servers of the same priority.
    pub weight: u16,
    /// Its port.
    pub port: u16,
    /// Its name, with a trailing dot.
    pub host: String,
}

/// Writes `host:port`, as it is dialed.
impl fmt::Display for Srv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Mx {
    pub(crate) fn new(mx: &MX) -> Self {
        Mx {
            preference: mx.preference,
            host: mx.exchange.to_ascii(),
        }
    }
}

impl Srv {
    pub(crate) fn new(srv: &SRV) -> Self {
        Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            host: srv.target.to_ascii(),
        }
    }
}

/// Sorts servers into the order in which to try them: by priority, and within
/// one priority at random, according to their weights (RFC 2782).
pub(crate) fn sort(servers: &mut [Srv]) {
    servers.sort_by_key(|server| (server.priority, server.weight));
    for of_one_priority in servers.chunk_by_mut(|a, b| a.priority == b.priority) {
        shuffle(of_one_priority);
    }
}

fn shuffle(mut servers: &mut [Srv]) {
    while servers.len() > 1 {
        let total: u32 = servers.iter().map(|server| u32::from(server.weight)).sum();
        let chosen = rand::random_range(0..=total);
        let mut sum = 0;
        let at = servers.iter().position(|server| {
            sum += u32::from(server.weight);
            sum >= chosen
        });
        // Those behind it keep their order, in which weights of zero come first.
        servers[..=at.unwrap_or(0)].rotate_right(1);
        servers = &mut servers[1..];
    }
}
