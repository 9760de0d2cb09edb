//! Opens connections that speak HTTP.

use net_traits::{Address, Dialer, Error, Operation};
use tokio::time::timeout;

use super::config::{Config, Protocol};
use super::connection::{Sender, handshake};
use super::timeout::no_connection;
use crate::origin::Origin;
use crate::proxy::Route;

/// Connects to an origin, directly or through a proxy.
pub(crate) async fn connect<D: Dialer>(
    dialer: &D,
    config: &Config,
    origin: &Origin,
    route: &Route,
) -> Result<Sender, Error> {
    let limit = config.connect_timeout;
    let connecting = async {
        if origin.is_https() {
            connect_tls(dialer, config, origin, route).await
        } else {
            // A proxy speaks HTTP/1 itself.
            let http2 = config.protocol == Protocol::Http2;
            let stream = dial(&route.over(dialer, http2), origin).await?;
            handshake(stream, http2, config).await
        }
    };
    let connected = timeout(limit, connecting).await;
    connected.unwrap_or_else(|_| Err(no_connection(origin, limit)))
}

/// Dials the host and port of an origin.
async fn dial<D: Dialer>(dialer: &D, origin: &Origin) -> Result<D::Stream, Error> {
    dialer.dial_to(Address::tcp(origin.address().clone())).await
}

#[cfg(feature = "tls")]
async fn connect_tls<D: Dialer>(
    dialer: &D,
    config: &Config,
    origin: &Origin,
    route: &Route,
) -> Result<Sender, Error> {
    let Some(tls) = &config.tls else {
        return Err(no_tls(
            origin,
            "TLS is not configured: call Client::with_tls",
        ));
    };
    let protocols: &[&str] = match config.protocol {
        Protocol::Negotiated => &["h2", "http/1.1"],
        Protocol::Http1 => &["http/1.1"],
        Protocol::Http2 => &["h2"],
    };
    let tls = tls.get()?.clone().with_alpn(protocols);
    let dialer = net_tls::TlsDialer::new(route.over(dialer, true), tls);
    let stream = dial(&dialer, origin).await?;
    let http2 = stream.alpn() == Some(b"h2");
    if config.protocol == Protocol::Http2 && !http2 {
        return Err(no_tls(origin, "the peer does not speak HTTP/2"));
    }
    handshake(stream, http2, config).await
}

#[cfg(not(feature = "tls"))]
async fn connect_tls<D: Dialer>(
    _dialer: &D,
    _config: &Config,
    origin: &Origin,
    _route: &Route,
) -> Result<Sender, Error> {
    std::future::ready(Err(no_tls(
        origin,
        "https needs the feature `tls` of net-http (of net: `tls-ring` or `tls-rustcrypto`)",
    )))
    .await
}

fn no_tls(origin: &Origin, message: &str) -> Error {
    let error = std::io::Error::new(std::io::ErrorKind::Unsupported, message);
    Error::new(Operation::Dial, error)
        .with_network("tcp")
        .with_address(origin.address().to_string())
}
