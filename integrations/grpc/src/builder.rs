use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use net_traits::{Dialer, Error, Operation, Resolver, Result};
use tokio::sync::Semaphore;

use crate::channel::Settings;
use crate::connect::Connector;
use crate::pool::Pool;
use crate::target::Target;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::{Backoff, Channel};

/// gRPC's minimum connect timeout, for one attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

const USER_AGENT: &str = concat!("net-grpc/", env!("CARGO_PKG_VERSION"));

/// A builder of a [`Channel`].
///
/// ```no_run
/// # async fn example(net: net::Net) -> net::Result<()> {
/// use std::time::Duration;
///
/// let channel = net_grpc::Channel::builder(net)
///     .with_timeout(Duration::from_secs(5))
///     .with_keep_alive(Duration::from_secs(30), Duration::from_secs(10))
///     .connect("http://greeter.internal:50051")
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Builder<D> {
    dialer: D,
    resolver: Option<Arc<dyn Resolver>>,
    backoff: Backoff,
    connect_timeout: Duration,
    timeout: Option<Duration>,
    wait_for_ready: bool,
    max_calls: Option<usize>,
    user_agent: HeaderValue,
    origin: Option<Target>,
    #[cfg(feature = "tls")]
    tls: Option<net_tls::ClientConfig>,
    http2: http2::Builder<TokioExecutor>,
}

impl<D: Dialer + 'static> Builder<D> {
    pub(crate) fn new(dialer: D) -> Self {
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2.timer(TokioTimer::new());
        Builder {
            dialer,
            resolver: None,
            backoff: Backoff::new(),
            connect_timeout: CONNECT_TIMEOUT,
            timeout: None,
            wait_for_ready: false,
            max_calls: None,
            user_agent: HeaderValue::from_static(USER_AGENT),
            origin: None,
            #[cfg(feature = "tls")]
            tls: None,
            http2,
        }
    }

    /// Balances calls over all reachable addresses of the host, round robin. They
    /// are looked up again when a connection is lost or cannot be made.
    ///
    /// Without a resolver, there is one connection, and the dialer chooses the
    /// address.
    ///
    /// ```
    /// # async fn example(net: net::Net) -> net::Result<()> {
    /// let resolver = net.resolver().clone();
    /// let builder = net_grpc::Channel::builder(net).with_resolver(resolver);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_resolver(mut self, resolver: impl Resolver) -> Self {
        self.resolver = Some(Arc::new(resolver));
        self
    }

    /// Sets the TLS configuration for `https` URIs. The certificate must be for the
    /// host of the URI, or of [`with_origin`](Builder::with_origin).
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, config: net_tls::ClientConfig) -> Self {
        self.tls = Some(config.with_alpn(&["h2"]));
        self
    }

    /// Sets the delays between attempts to connect to an address.
    #[must_use]
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets the timeout for one attempt to connect. Default: 20 seconds.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the longest timeout of a call, which is also its default. By default,
    /// there is no limit.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets whether calls wait until the server can be reached, instead of failing;
    /// see [`WaitForReady`](crate::WaitForReady) for one call. Default: false.
    #[must_use]
    pub fn with_wait_for_ready(mut self, wait: bool) -> Self {
        self.wait_for_ready = wait;
        self
    }

    /// Sets the maximum number of concurrent calls, including streams, at least 1.
    /// Further calls wait.
    #[must_use]
    pub fn with_max_calls(mut self, calls: usize) -> Self {
        self.max_calls = Some(calls.clamp(1, Semaphore::MAX_PERMITS));
        self
    }

    /// Pings the peer when it was silent for `interval` while calls are pending,
    /// and closes the connection if it does not respond within `timeout`. Calls
    /// then end with `UNAVAILABLE`.
    ///
    /// Servers may reject pings more often than every five minutes.
    #[must_use]
    pub fn with_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.http2.keep_alive_interval(interval);
        self.http2.keep_alive_timeout(timeout);
        self
    }

    /// Sets whether the peer is also pinged while no call is pending. Default:
    /// false.
    #[must_use]
    pub fn with_keep_alive_while_idle(mut self, while_idle: bool) -> Self {
        self.http2.keep_alive_while_idle(while_idle);
        self
    }

    /// Sets the HTTP/2 flow-control windows of a stream and of a connection, in
    /// bytes. Default: 2 MiB and 5 MiB.
    #[must_use]
    pub fn with_windows(mut self, stream: u32, connection: u32) -> Self {
        self.http2.initial_stream_window_size(stream);
        self.http2.initial_connection_window_size(connection);
        self
    }

    /// Sets the name of the program, which precedes that of this library in the
    /// user agent.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a valid header value.
    pub fn with_user_agent(mut self, program: &str) -> Result<Self> {
        let both = format!("{program} {USER_AGENT}");
        self.user_agent = HeaderValue::try_from(both)
            .map_err(|_| Error::invalid(Operation::Parse, "invalid user agent"))?;
        Ok(self)
    }

    /// Sets the scheme and authority of requests, such as `https://greeter`, if
    /// they differ from those that are dialed.
    ///
    /// # Errors
    ///
    /// Returns an error if the URI is invalid.
    pub fn with_origin(mut self, origin: &str) -> Result<Self> {
        self.origin = Some(Target::parse(origin)?);
        Ok(self)
    }

    /// Connects to `http://host:port`, `https://host:port` or `unix:path`.
    ///
    /// # Errors
    ///
    /// Returns an error if the URI is invalid, or no address can be reached.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the attempt.
    pub async fn connect(self, uri: &str) -> Result<Channel<D>> {
        let channel = self.connect_lazy(uri)?;
        let Err(error) = channel.reach().await else {
            return Ok(channel);
        };
        // Drops the other reference to the error.
        drop(channel);
        Err(Arc::try_unwrap(error).unwrap_or_else(|error| {
            let cause = io::Error::new(error.kind(), error.to_string());
            Error::new(error.operation(), cause)
        }))
    }

    /// Creates a channel that connects when it is first used.
    ///
    /// # Errors
    ///
    /// Returns an error if the URI is invalid; see [`connect`](Builder::connect).
    pub fn connect_lazy(self, uri: &str) -> Result<Channel<D>> {
        let target = Target::parse(uri)?;
        let named = self.origin.unwrap_or_else(|| target.clone());
        #[cfg(feature = "tls")]
        let tls = self.tls.map(|config| Tls::new(config, named.server_name()));
        #[cfg(not(feature = "tls"))]
        let tls = None;
        if target.is_encrypted() != tls.is_some() {
            let problem = "TLS must be configured for https, and only for https";
            return Err(Error::invalid(Operation::Parse, problem).with_address(uri));
        }
        let settings = Settings {
            origin: named.origin,
            user_agent: self.user_agent,
            timeout: self.timeout,
            wait_for_ready: self.wait_for_ready,
            room: self.max_calls.map(Semaphore::new).map(Arc::new),
        };
        let connector = Connector {
            dialer: self.dialer,
            target,
            resolver: self.resolver,
            timeout: self.connect_timeout,
            tls,
            http2: self.http2,
        };
        Ok(Channel::new(Pool::new(connector, self.backoff), settings))
    }
}

impl<D: fmt::Debug> fmt::Debug for Builder<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("dialer", &self.dialer)
            .field("resolver", &self.resolver)
            .field("backoff", &self.backoff)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
