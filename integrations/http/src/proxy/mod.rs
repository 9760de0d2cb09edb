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

use net_traits::{Address, Error, Host, HostPort, Operation, Port, Result};

/// Creates an error of a dialer that connects through a proxy.
fn dial_error(address: &Address, cause: io::Error) -> Error {
    Error::new(Operation::Dial, cause).with_target(address)
}

/// Returns what a proxy is told: a host and a numeric port.
fn destination(address: &Address) -> Result<(&Host, u16)> {
    let refuse = |kind, message| dial_error(address, io::Error::new(kind, message));
    let host_port = address.host_port();
    match host_port.filter(|_| address.network().is_stream()) {
        None => Err(refuse(
            io::ErrorKind::Unsupported,
            "a proxy supports TCP only",
        )),
        Some(HostPort {
            host: Host::Any, ..
        }) => Err(refuse(
            io::ErrorKind::InvalidInput,
            "a proxy needs the host",
        )),
        Some(HostPort {
            host,
            port: Port::Number(port),
        }) => Ok((host, *port)),
        Some(_) => Err(refuse(
            io::ErrorKind::InvalidInput,
            "a proxy needs a numeric port",
        )),
    }
}
