//! The settings of a client.

use std::time::Duration;

use http::HeaderMap;

use crate::proxy::Proxies;

/// The HTTP version that a connection begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// HTTP/1.1; over TLS, the version that the peer chooses (ALPN).
    Negotiated,
    Http1,
    /// HTTP/2, with prior knowledge.
    Http2,
}

#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) headers: HeaderMap,
    pub(crate) protocol: Protocol,
    pub(crate) proxies: Proxies,
    pub(crate) redirects: usize,
    pub(crate) decompress: bool,
    pub(crate) max_body: usize,
    pub(crate) max_headers: usize,
    pub(crate) max_header_bytes: usize,
    pub(crate) timeout: Option<Duration>,
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Option<Duration>,
    pub(crate) http2_keep_alive: Duration,
    pub(crate) pool: PoolLimits,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<net_tls::LazyClientConfig>,
}

/// Limits on the connections to one origin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolLimits {
    pub(crate) connections: usize,
    pub(crate) waiting: usize,
    pub(crate) idle: usize,
    pub(crate) idle_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            headers: HeaderMap::new(),
            protocol: Protocol::Negotiated,
            proxies: Proxies::none(),
            redirects: 10,
            decompress: true,
            max_body: 32 << 20,
            max_headers: 100,
            max_header_bytes: 256 << 10,
            timeout: None,
            connect_timeout: Duration::from_secs(30),
            read_timeout: None,
            http2_keep_alive: Duration::from_secs(30),
            pool: PoolLimits {
                connections: 100,
                waiting: 10_000,
                idle: 32,
                idle_timeout: Duration::from_secs(90),
            },
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}
