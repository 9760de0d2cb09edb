//! Proxies: as dialers, and how a client finds its own.

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

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use net_traits::{Error, Host, HostPort, Operation, Port, Result};
use percent_encoding::percent_decode_str;

/// An error of a dialer that goes by way of a proxy.
fn dial_error(network: &str, address: &str, cause: io::Error) -> Error {
    Error::new(Operation::Dial, cause)
        .with_network(network.to_owned())
        .with_address(address)
}

/// What is asked of a proxy: a host as it was typed, and a number as port.
fn destination(network: &str, address: &str) -> Result<(Host, u16)> {
    let refuse = |kind, message| dial_error(network, address, io::Error::new(kind, message));
    if !matches!(network, "tcp" | "tcp4" | "tcp6") {
        let message = "a proxy connects over tcp alone";
        return Err(refuse(io::ErrorKind::Unsupported, message));
    }
    let HostPort { host, port } = address.parse()?;
    match (host, port) {
        (Host::Any, _) => Err(refuse(
            io::ErrorKind::InvalidInput,
            "this machine is not behind the proxy: name the host",
        )),
        (host, Port::Number(port)) => Ok((host, port)),
        _ => Err(refuse(
            io::ErrorKind::InvalidInput,
            "a proxy is told the port as a number",
        )),
    }
}

/// `Basic` authentication (RFC 7617).
pub(crate) fn basic_of(user: &str, password: &str) -> HeaderValue {
    let credentials = BASE64_STANDARD.encode(format!("{user}:{password}"));
    let value = HeaderValue::try_from(format!("Basic {credentials}"));
    let mut value = value.expect("base64 is ASCII");
    value.set_sensitive(true);
    value
}

/// `Basic` authentication with what stands before the `@` of a URL.
pub(crate) fn basic(user_info: &str) -> Option<HeaderValue> {
    let (user, password) = split_user(user_info)?;
    Some(basic_of(&user, &password))
}

/// User and password of a URL.
fn split_user(user_info: &str) -> Option<(String, String)> {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let text = |part| percent_decode_str(part).decode_utf8().ok();
    Some((text(user)?.into_owned(), text(password)?.into_owned()))
}
