//! What can be set for a client.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use net_traits::Dialer;
use tokio::sync::Semaphore;

use super::Client;
use super::config::{Config, Protocol};
use super::pool::Pool;
use crate::proxy::Proxies;

impl<D: Dialer + 'static> Client<D> {
    /// A header of every request that has none of its name, such as
    /// `User-Agent`, of which there is none otherwise.
    #[must_use]
    pub fn with_header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.change(|config| {
            config.headers.append(name, value);
        })
    }

    /// Encrypts the connections for `https` URLs, and offers HTTP/2 on them.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, tls: net_tls::ClientConfig) -> Self {
        self.with_lazy_tls(move || Ok(tls.clone()))
    }

    /// As [`with_tls`](Client::with_tls), with what a function gives when the first
    /// `https` URL is fetched: reading the roots of a system takes its time.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_lazy_tls(
        self,
        make: impl Fn() -> net_traits::Result<net_tls::ClientConfig> + Send + Sync + 'static,
    ) -> Self {
        self.change(|config| config.tls = Some(net_tls::LazyClientConfig::new(make)))
    }

    /// By way of proxies. Without this there are none.
    ///
    /// ```
    /// use net_http::{Client, Proxies};
    ///
    /// let client = Client::with_dialer(net::Net::default()).with_proxies(Proxies::from_env());
    /// # let _ = client;
    /// ```
    #[must_use]
    pub fn with_proxies(self, proxies: Proxies) -> Self {
        self.change(|config| config.proxies = proxies)
    }

    /// Speaks HTTP/1.1 alone. Otherwise a peer with TLS chooses.
    #[must_use]
    pub fn with_http1_only(self) -> Self {
        self.change(|config| config.protocol = Protocol::Http1)
    }

    /// Speaks HTTP/2 from the first byte (RFC 9113 §3.3), without TLS too.
    #[must_use]
    pub fn with_http2_prior_knowledge(self) -> Self {
        self.change(|config| config.protocol = Protocol::Http2)
    }

    /// How many redirects are followed; 10 at first. With 0 the answer that
    /// redirects is the response.
    ///
    /// One from `https` to `http` is an error. `Authorization`, `Cookie` and
    /// `Proxy-Authorization` go to the same scheme, host and port alone, other
    /// headers everywhere. One that keeps the body is followed where all of the
    /// body is at hand; else it is the response.
    #[must_use]
    pub fn with_redirects(self, redirects: usize) -> Self {
        self.change(|config| config.redirects = redirects)
    }

    /// Whether the client asks for compressed bodies, gzip and deflate, and
    /// gives them decompressed; at first it does.
    #[must_use]
    pub fn with_decompression(self, on: bool) -> Self {
        self.change(|config| config.decompress = on)
    }

    /// How long a body may be, decompressed, of which
    /// [`bytes`](crate::Response::bytes), [`text`](crate::Response::text) and
    /// [`json`](crate::Response::json) give all at once; 32 MiB at first.
    #[must_use]
    pub fn with_max_body(self, bytes: usize) -> Self {
        self.change(|config| config.max_body = bytes)
    }

    /// How long the head of an answer may be; 256 KiB at first, 8 KiB at least.
    #[must_use]
    pub fn with_max_header_bytes(self, bytes: usize) -> Self {
        self.change(|config| config.max_header_bytes = bytes.max(8 << 10))
    }

    /// How long a request may take, to the last byte of its answer. At first
    /// there is no limit.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.change(|config| config.timeout = Some(timeout))
    }

    /// How long a connection may take until it is there, the proxy's part and
    /// TLS included; 30 seconds at first.
    #[must_use]
    pub fn with_connect_timeout(self, timeout: Duration) -> Self {
        self.change(|config| config.connect_timeout = timeout)
    }

    /// How long the peer may send nothing: from when the request has been sent
    /// until the head of the answer, then between two reads of its body. At
    /// first there is no limit.
    #[must_use]
    pub fn with_read_timeout(self, timeout: Duration) -> Self {
        self.change(|config| config.read_timeout = Some(timeout))
    }

    /// How many connections there may be to one host, of HTTP/1, each for one
    /// request at a time; 100 at first. Other requests wait.
    #[must_use]
    pub fn with_max_connections(self, connections: usize) -> Self {
        let connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self.change(|config| config.pool.connections = connections)
    }

    /// How many requests may wait for a connection to one host; more are
    /// errors. 10,000 at first.
    #[must_use]
    pub fn with_max_waiting(self, requests: usize) -> Self {
        self.change(|config| config.pool.waiting = requests)
    }

    /// How many connections to one host are kept for the next requests; 32 at
    /// first.
    #[must_use]
    pub fn with_max_idle(self, connections: usize) -> Self {
        self.change(|config| config.pool.idle = connections)
    }

    /// How long a connection is kept without a request; 90 seconds at first.
    #[must_use]
    pub fn with_idle_timeout(self, timeout: Duration) -> Self {
        self.change(|config| config.pool.idle_timeout = timeout)
    }

    fn change(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(Arc::make_mut(&mut self.config));
        // A connection is what it was made as.
        self.pool = Pool::new(self.config.pool);
        self
    }
}
