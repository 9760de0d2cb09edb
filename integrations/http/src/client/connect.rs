//! From a target to a connection that speaks HTTP.

use net_traits::{Dialer, Error, Operation};
use tokio::time::timeout;

use super::config::{Config, Protocol};
use super::connection::{Sender, handshake};
use super::pool::Key;
use super::timeout::no_connection;
use crate::proxy::Route;

/// Connects to the peer, by way of the proxy that there may be.
pub(crate) async fn connect<D: Dialer>(
    dialer: &D,
    config: &Config,
    key: &Key,
    route: &Route,
) -> Result<Sender, Error> {
    let limit = config.connect_timeout;
    let connecting = async {
        if key.https {
            connect_tls(dialer, config, key, route).await
        } else {
            // A proxy speaks HTTP/1 itself.
            let http2 = config.protocol == Protocol::Http2;
            let stream = route.over(dialer, http2).dial("tcp", &key.address).await?;
            handshake(stream, http2, config).await
        }
    };
    let connected = timeout(limit, connecting).await;
    connected.unwrap_or_else(|_| Err(no_connection(&key.address, limit)))
}

#[cfg(feature = "tls")]
async fn connect_tls<D: Dialer>(
    dialer: &D,
    config: &Config,
    key: &Key,
    route: &Route,
) -> Result<Sender, Error> {
    let Some(tls) = &config.tls else {
        return Err(no_tls(key, "the client has no TLS: call Client::with_tls"));
    };
    let protocols: &[&str] = match config.protocol {
        Protocol::Negotiated => &["h2", "http/1.1"],
        Protocol::Http1 => &["http/1.1"],
        Protocol::Http2 => &["h2"],
    };
    let tls = tls.get()?.clone().with_alpn(protocols);
    let dialer = net_tls::TlsDialer::new(route.over(dialer, true), tls);
    let stream = dialer.dial("tcp", &key.address).await?;
    let http2 = stream.alpn() == Some(b"h2");
    if config.protocol == Protocol::Http2 && !http2 {
        return Err(no_tls(key, "the peer does not speak HTTP/2"));
    }
    handshake(stream, http2, config).await
}

#[cfg(not(feature = "tls"))]
async fn connect_tls<D: Dialer>(
    _dialer: &D,
    _config: &Config,
    key: &Key,
    _route: &Route,
) -> Result<Sender, Error> {
    std::future::ready(Err(no_tls(
        key,
        "https needs the feature `tls` of net-http (of net: `tls-ring` or `tls-rustcrypto`)",
    )))
    .await
}

fn no_tls(key: &Key, message: &str) -> Error {
    let error = std::io::Error::new(std::io::ErrorKind::Unsupported, message);
    Error::new(Operation::Dial, error)
        .with_network("tcp")
        .with_address(&key.address)
}
