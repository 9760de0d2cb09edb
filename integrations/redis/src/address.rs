//! Addresses as they are dialed: `host:port`.

use std::net::IpAddr;
use std::sync::Arc;

/// Joins a host and a port, with brackets around an IPv6 address.
pub(crate) fn join(host: &str, port: u16) -> Arc<str> {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}").into()
    } else {
        format!("{host}:{port}").into()
    }
}

/// Returns the address of a node that the node at `origin` reported.
///
/// An unknown host, or a loopback address reported by a node that is itself reached by another
/// address, stands for the host of `origin`.
pub(crate) fn seen_from(origin: &str, host: &str, port: u16) -> Arc<str> {
    let (origin_host, _) = origin.rsplit_once(':').unwrap_or((origin, ""));
    let unknown = matches!(host, "" | "?") || is_loopback(host) && !is_loopback(origin_host);
    join(if unknown { origin_host } else { host }, port)
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::seen_from;

    #[test]
    fn addresses_are_seen_from_the_node_that_says_them() {
        for (origin, host, expected) in [
            ("10.0.0.1:1", "10.0.0.2", "10.0.0.2:7"),
            ("10.0.0.1:1", "", "10.0.0.1:7"),
            ("10.0.0.1:1", "?", "10.0.0.1:7"),
            ("10.0.0.1:1", "127.0.0.1", "10.0.0.1:7"),
            ("localhost:1", "127.0.0.1", "127.0.0.1:7"),
            ("[::1]:1", "::1", "[::1]:7"),
            ("db.internal:1", "::1", "db.internal:7"),
        ] {
            assert_eq!(&*seen_from(origin, host, 7), expected);
        }
    }
}
