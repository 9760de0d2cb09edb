//! The `with_` methods of a client.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use net_traits::Dialer;
use tokio::sync::Semaphore;

use super::Client;
use super::config::{Config, Protocol};
use super::pool::Pool;
use crate::proxy::Proxies;

/// More than any connection lasts, and little enough to be added to any time.
const LONGEST_IDLE: Duration = Duration::from_secs(365 * 86_400);

impl<D: Dialer + 'static> Client<D> {
    /// Adds a default header, for requests without a header of that name. There
    /// are none by default, not even `User-Agent`.
    #[must_use]
    pub fn with_header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.change(|config| {
            config.headers.append(name, value);
        })
    }

    /// Sets the TLS configuration for `https` URLs. HTTP/2 is offered.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, tls: net_tls::ClientConfig) -> Self {
        self.with_lazy_tls(move || Ok(tls.clone()))
    }

    /// Sets a function that creates the TLS configuration when the first `https`
    /// URL is requested: reading the system's trust roots takes time.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_lazy_tls(
        self,
        make: impl Fn() -> net_traits::Result<net_tls::ClientConfig> + Send + Sync + 'static,
    ) -> Self {
        self.change(|config| config.tls = Some(net_tls::LazyClientConfig::new(make)))
    }

    /// Sets the proxies. Default: none.
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

    /// Uses HTTP/1.1 only. By default, a peer chooses the version over TLS.
    #[must_use]
    pub fn with_http1_only(self) -> Self {
        self.change(|config| config.protocol = Protocol::Http1)
    }

    /// Uses HTTP/2 only, with prior knowledge (RFC 9113 §3.3), also without TLS.
    #[must_use]
    pub fn with_http2_prior_knowledge(self) -> Self {
        self.change(|config| config.protocol = Protocol::Http2)
    }

    /// Sets the maximum number of redirects that are followed. Default: 10. With
    /// 0, the redirect itself is the response.
    ///
    /// A redirect from `https` to `http` is an error. `Authorization`, `Cookie`
    /// and `Proxy-Authorization` are sent to the same scheme, host and port only,
    /// other headers everywhere. A redirect that keeps the body is followed only
    /// if the body is in memory; otherwise it is the response.
    #[must_use]
    pub fn with_redirects(self, redirects: usize) -> Self {
        self.change(|config| config.redirects = redirects)
    }

    /// Sets whether the client requests compressed bodies (gzip and deflate) and
    /// decompresses them. Default: true.
    #[must_use]
    pub fn with_decompression(self, on: bool) -> Self {
        self.change(|config| config.decompress = on)
    }

    /// Sets the maximum length of a decompressed body that
    /// [`bytes`](crate::Response::bytes), [`text`](crate::Response::text) and
    /// [`json`](crate::Response::json) read as a whole. Default: 32 MiB.
    #[must_use]
    pub fn with_max_body(self, bytes: usize) -> Self {
        self.change(|config| config.max_body = bytes)
    }

    /// Sets the maximum length of a response's head, at least 8 KiB. Default:
    /// 256 KiB.
    #[must_use]
    pub fn with_max_header_bytes(self, bytes: usize) -> Self {
        self.change(|config| config.max_header_bytes = bytes.max(8 << 10))
    }

    /// Sets the timeout for a whole request, up to the last byte of the response.
    /// Default: none.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        self.change(|config| config.timeout = Some(timeout))
    }

    /// Sets the timeout for connecting, including the proxy and TLS. Default: 30
    /// seconds.
    #[must_use]
    pub fn with_connect_timeout(self, timeout: Duration) -> Self {
        self.change(|config| config.connect_timeout = timeout)
    }

    /// Sets how long the peer may send nothing: between the end of the request and
    /// the head of the response, and between two reads of the body. Default: no
    /// limit.
    #[must_use]
    pub fn with_read_timeout(self, timeout: Duration) -> Self {
        self.change(|config| config.read_timeout = Some(timeout))
    }

    /// Sets the maximum number of HTTP/1 connections to one host, each of which
    /// carries one request at a time. Further requests wait. Default: 100.
    #[must_use]
    pub fn with_max_connections(self, connections: usize) -> Self {
        let connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        self.change(|config| config.pool.connections = connections)
    }

    /// Sets the maximum number of requests that wait for a connection to one host.
    /// Further requests fail. Default: 10,000.
    #[must_use]
    pub fn with_max_waiting(self, requests: usize) -> Self {
        self.change(|config| config.pool.waiting = requests)
    }

    /// Sets the maximum number of idle connections to one host. Default: 32.
    #[must_use]
    pub fn with_max_idle(self, connections: usize) -> Self {
        self.change(|config| config.pool.idle = connections)
    }

    /// Sets the timeout after which an idle connection is closed. Default: 90
    /// seconds.
    #[must_use]
    pub fn with_idle_timeout(self, timeout: Duration) -> Self {
        self.change(|config| config.pool.idle_timeout = timeout.min(LONGEST_IDLE))
    }

    fn change(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(Arc::make_mut(&mut self.config));
        // Connections keep the settings that they were made with.
        self.pool = Pool::new(self.config.pool);
        self
    }
}
