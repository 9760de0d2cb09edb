//! Proxies as dialers, and the choice of a proxy by a client.

mod environment;
mod http_proxy;
mod no_proxy;
mod route;
mod socks5;

pub use environment::Proxies;
pub use http_proxy::HttpProxy;
pub(crate) use route::{Proxy, Route};
pub use socks5::Socks5;

use std::io;

use net_traits::{Error, Host, HostPort, Operation, Port, Result};

/// Creates an error of a dialer that connects through a proxy.
fn dial_error(network: &str, address: &str, cause: io::Error) -> Error {
    Error::new(Operation::Dial, cause)
        .with_network(network.to_owned())
        .with_address(address)
}

/// Parses an address for a proxy, which takes any host and a numeric port.
fn destination(network: &str, address: &str) -> Result<(Host, u16)> {
    let refuse = |kind, message| dial_error(network, address, io::Error::new(kind, message));
    if !matches!(network, "tcp" | "tcp4" | "tcp6") {
        let message = "a proxy supports TCP only";
        return Err(refuse(io::ErrorKind::Unsupported, message));
    }
    let HostPort { host, port } = address.parse()?;
    match (host, port) {
        (Host::Any, _) => Err(refuse(
            io::ErrorKind::InvalidInput,
            "a proxy needs the host",
        )),
        (host, Port::Number(port)) => Ok((host, port)),
        _ => Err(refuse(
            io::ErrorKind::InvalidInput,
            "a proxy needs a numeric port",
        )),
    }
}
