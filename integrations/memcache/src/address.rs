//! A server's address as the user types it: `host:port`, `host`, or the path of a Unix socket.

/// The port on which memcached listens by default.
const DEFAULT_PORT: &str = "11211";

/// Appends memcached's port to an address that has none.
pub(crate) fn with_default_port(address: String) -> String {
    let has_port = match address.rsplit_once(']') {
        Some((_, rest)) => rest.starts_with(':'),
        None => address.contains(':'),
    };
    if has_port || is_unix(&address) {
        address
    } else {
        format!("{address}:{DEFAULT_PORT}")
    }
}

/// The network on which an address is dialed.
pub(crate) fn network(address: &str) -> &'static str {
    if is_unix(address) { "unix" } else { "tcp" }
}

/// The name by which libmemcached's ring knows a server: its host, and its port unless that is
/// the default. A path has port 0.
pub(crate) fn libmemcached_name(address: &str) -> String {
    let Some((host, port)) = address.rsplit_once(':').filter(|_| !is_unix(address)) else {
        return format!("{address}:0");
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if port == DEFAULT_PORT {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    }
}

fn is_unix(address: &str) -> bool {
    address.starts_with(['/', '@'])
}
