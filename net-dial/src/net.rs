use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use net_time::deadline_after;
use net_traits::{
    Address, Backend, Control, Dialer, Endpoint, Family, KeepAlive, Network, Resolver, Result,
    SocketOption, SocketOptions, async_trait,
};

use crate::race;

/// A network: a backend with name resolution, deadlines, options and the
/// context of errors on top.
///
/// It is a [`Network`], and the builder of one: the `with_` methods configure how
/// it dials, as the fields of Go's `net.Dialer` do. It is cheap to clone, and
/// clones share nothing but the resolver. `net::Net` is the one of the target
/// that a program is built for.
///
/// ```
/// use std::time::Duration;
/// use net_dial::Net;
/// use net_traits::{Backend, KeepAlive, Result};
///
/// async fn open<B: Backend>(net: &Net<B>) -> Result<B::Stream> {
///     net.clone()
///         .with_timeout(Duration::from_secs(5))
///         .with_keepalive(KeepAlive::new().idle(Duration::from_secs(60)))
///         .dial("tcp", "localhost:6379")
///         .await
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Net<B> {
    pub(crate) backend: B,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) options: SocketOptions,
    pub(crate) family: Family,
    pub(crate) local: Option<Endpoint>,
    pub(crate) attempt_delay: Option<Duration>,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
}

impl<B: Backend> Net<B> {
    /// Creates a network on a backend, with the backend's own resolver.
    pub fn new(backend: B) -> Self {
        Net {
            resolver: backend.resolver(),
            backend,
            options: SocketOptions::new(),
            family: Family::Any,
            local: None,
            attempt_delay: Some(race::ATTEMPT_DELAY),
            timeout: None,
            deadline: None,
        }
    }

    /// Returns the backend.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// Returns what the program runs on: `native`, `WasmEdge`, ….
    pub fn host(&self) -> &str {
        self.backend.host()
    }

    /// Returns the resolver.
    pub fn resolver(&self) -> &Arc<dyn Resolver> {
        &self.resolver
    }

    /// Sets the resolver.
    ///
    /// Literal addresses, and `localhost` with all names below it, need none.
    #[must_use]
    pub fn with_resolver(mut self, resolver: impl Resolver) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Limits the time of each dial, for the lookup and all attempts together.
    ///
    /// Addresses of a name that are tried at the same time all have the whole
    /// time. Those that are tried one after the other have an equal part of what
    /// is left each, but at least two seconds, as in Go.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets an instant at which every dial ends; the timeout may end it earlier.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Keeps to one family of IP addresses: `tcp` then means `tcp4` or `tcp6`.
    #[must_use]
    pub fn with_family(mut self, family: Family) -> Self {
        self.family = family;
        self
    }

    /// Dials from a local address; port 0 lets the system choose. Addresses of
    /// the other family are not tried then.
    ///
    /// `0.0.0.0` and `::` leave the choice of the address to the system, in
    /// both families. With a port, the addresses of a name are tried one after
    /// the other, because two sockets cannot share it.
    ///
    /// ```
    /// use std::net::{Ipv4Addr, SocketAddr};
    /// # use net_dial::Net;
    /// # use net_traits::Backend;
    ///
    /// # fn example<B: Backend>(net: Net<B>) {
    /// let net = net.with_local_addr(SocketAddr::from((Ipv4Addr::new(10, 0, 0, 2), 0)));
    /// # }
    /// ```
    #[must_use]
    pub fn with_local_addr(mut self, local: impl Into<Endpoint>) -> Self {
        self.local = Some(local.into());
        self
    }

    /// Sets how long a dial waits for one address of a name before it tries the
    /// next beside it (RFC 8305 §5). The default is 250 ms; values are clamped to
    /// between 10 ms and 2 s. The next address is tried at once when one fails.
    ///
    /// `None` tries one address after the other.
    #[must_use]
    pub fn with_fallback_delay(mut self, delay: impl Into<Option<Duration>>) -> Self {
        let clamped =
            |delay: Duration| delay.clamp(race::LEAST_ATTEMPT_DELAY, race::GREATEST_ATTEMPT_DELAY);
        self.attempt_delay = delay.into().map(clamped);
        self
    }

    /// Sets an option on every socket to which it applies: `nodelay`, `keepalive`
    /// and `user_timeout` to TCP, `linger` to streams, `backlog` to listeners,
    /// `broadcast` and those of multicast to UDP, `v6only` to what listens on an
    /// IPv6 address, `bind_device`, `reuse_port`, `tos` and `ttl` to all but Unix
    /// sockets, the others to all.
    ///
    /// An option that the host cannot honour makes opening fail.
    #[must_use]
    pub fn with_option(mut self, option: SocketOption) -> Self {
        self.options = self.options.with(option);
        self
    }

    /// Sets whether and how idle TCP connections are probed. By default they are
    /// not.
    #[must_use]
    pub fn with_keepalive(self, keepalive: impl Into<Option<KeepAlive>>) -> Self {
        self.with_option(SocketOption::KeepAlive(keepalive.into()))
    }

    /// Sets whether small writes are sent at once (`TCP_NODELAY`). By default they
    /// are, where the host has the option.
    #[must_use]
    pub fn with_nodelay(self, nodelay: bool) -> Self {
        self.with_option(SocketOption::NoDelay(nodelay))
    }

    /// Sets a hook that runs on every socket before it is bound or connected.
    #[must_use]
    pub fn with_control(mut self, control: Control) -> Self {
        self.options = self.options.with_control(control);
        self
    }

    /// When a dial that begins now has to end.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let timeout = self
            .timeout
            .map(|timeout| deadline_after(self.backend.now(), timeout));
        timeout.into_iter().chain(self.deadline).min()
    }

    /// How long attempts to connect are apart; `None` if they cannot overlap.
    pub(crate) fn attempt_delay(&self) -> Option<Duration> {
        match self.local.as_ref().and_then(Endpoint::port) {
            None | Some(0) => self.attempt_delay,
            Some(_) => None,
        }
    }
}

impl<B: Backend + Default> Default for Net<B> {
    fn default() -> Self {
        Net::new(B::default())
    }
}

impl<B: Backend> From<B> for Net<B> {
    fn from(backend: B) -> Self {
        Net::new(backend)
    }
}

#[async_trait]
impl<B: Backend> Dialer for Net<B> {
    type Stream = B::Stream;

    async fn dial_to(&self, address: Address) -> Result<B::Stream> {
        Net::dial_to(self, address).await
    }
}

#[async_trait]
impl<B: Backend> Network for Net<B> {
    type Listener = B::Listener;
    type PacketConn = B::PacketConn;

    async fn listen_on(&self, local: Address) -> Result<B::Listener> {
        Net::listen_on(self, local).await
    }

    async fn listen_packet_on(&self, local: Address) -> Result<B::PacketConn> {
        Net::listen_packet_on(self, local).await
    }

    async fn dial_packet_to(&self, remote: Address) -> Result<B::PacketConn> {
        Net::dial_packet_to(self, remote).await
    }

    async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>> {
        Net::lookup(self, name).await
    }
}
