use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Uri};
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

/// As gRPC defines it, for one attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

const USER_AGENT: &str = concat!("net-grpc/", env!("CARGO_PKG_VERSION"));

/// How a [`Channel`] connects, and what it does to calls.
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
    origin: Option<Uri>,
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

    /// Balances calls over all addresses of the host, in turn, as far as they
    /// are reached. They are looked up again whenever a connection is lost or
    /// cannot be made.
    ///
    /// Without a resolver there is one connection, and the dialer chooses the
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

    /// Encrypts connections, for a URI with `https`. The certificate must be for
    /// the host of the URI, or of [`with_origin`](Builder::with_origin).
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, config: net_tls::ClientConfig) -> Self {
        self.tls = Some(config.with_alpn(&["h2"]));
        self
    }

    /// How soon an address is tried again that could not be reached.
    #[must_use]
    pub fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// How long one attempt to connect may take: 20 seconds by default.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The time that a call has which does not ask for less. By default there
    /// is no limit.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether calls wait until the server is reached, in place of failing when
    /// it cannot be; [`WaitForReady`](crate::WaitForReady) says so for one call.
    #[must_use]
    pub fn with_wait_for_ready(mut self, wait: bool) -> Self {
        self.wait_for_ready = wait;
        self
    }

    /// How many calls may be under way at once, their streams included; more
    /// wait. At least 1.
    #[must_use]
    pub fn with_max_calls(mut self, calls: usize) -> Self {
        self.max_calls = Some(calls.clamp(1, Semaphore::MAX_PERMITS));
        self
    }

    /// Asks the peer after so much silence whether it is still there, as long
    /// as calls are under way, and gives the connection up if it does not
    /// answer in time. Calls end with `UNAVAILABLE` then.
    ///
    /// Servers may refuse to be asked more often than every five minutes.
    #[must_use]
    pub fn with_keep_alive(mut self, interval: Duration, timeout: Duration) -> Self {
        self.http2.keep_alive_interval(interval);
        self.http2.keep_alive_timeout(timeout);
        self
    }

    /// Whether the peer is asked while no call is under way, too.
    #[must_use]
    pub fn with_keep_alive_while_idle(mut self, while_idle: bool) -> Self {
        self.http2.keep_alive_while_idle(while_idle);
        self
    }

    /// How much a stream, and all streams of a connection, may send before they
    /// are read, in bytes. By default 2 MiB and 5 MiB.
    #[must_use]
    pub fn with_windows(mut self, stream: u32, connection: u32) -> Self {
        self.http2.initial_stream_window_size(stream);
        self.http2.initial_connection_window_size(connection);
        self
    }

    /// The program's name, which goes before this library's in the user agent.
    ///
    /// # Errors
    ///
    /// If it is none that a header can have.
    pub fn with_user_agent(mut self, program: &str) -> Result<Self> {
        let both = format!("{program} {USER_AGENT}");
        self.user_agent = HeaderValue::try_from(both)
            .map_err(|_| Error::invalid(Operation::Parse, "a user agent of other characters"))?;
        Ok(self)
    }

    /// The scheme and authority that requests name, such as `https://greeter`,
    /// where they differ from those that are dialed.
    ///
    /// # Errors
    ///
    /// If it is no such URI.
    pub fn with_origin(mut self, origin: &str) -> Result<Self> {
        self.origin = Some(Target::parse(origin)?.origin());
        Ok(self)
    }

    /// Connects to `http://host:port`, `https://host:port` or `unix:path`.
    ///
    /// # Errors
    ///
    /// If the URI is none of these, or no address is reached.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the attempt up.
    pub async fn connect(self, uri: &str) -> Result<Channel<D>> {
        let channel = self.connect_lazy(uri)?;
        let Err(error) = channel.reach().await else {
            return Ok(channel);
        };
        // Which leaves the error to us alone.
        drop(channel);
        Err(Arc::try_unwrap(error).unwrap_or_else(|error| {
            let cause = io::Error::new(error.kind(), error.to_string());
            Error::new(error.operation(), cause)
        }))
    }

    /// A channel that connects when it is first called.
    ///
    /// # Errors
    ///
    /// If the URI is none that [`connect`](Builder::connect) takes.
    pub fn connect_lazy(self, uri: &str) -> Result<Channel<D>> {
        let target = Target::parse(uri)?;
        let origin = self.origin.unwrap_or_else(|| target.origin());
        #[cfg(feature = "tls")]
        let tls = self.tls.map(|config| Tls::new(config, &origin));
        #[cfg(not(feature = "tls"))]
        let tls = None;
        if target.is_encrypted() != tls.is_some() {
            let problem = "TLS has to be set up for https, and for nothing else";
            return Err(Error::invalid(Operation::Parse, problem).with_address(uri));
        }
        let settings = Settings {
            origin,
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
