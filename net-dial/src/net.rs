use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

use net_traits::{
    Backend, Control, Dialer, Endpoint, Family, KeepAlive, Resolver, Result, SocketOption,
    SocketOptions, async_trait,
};

use crate::lookup::{AskHost, DefaultResolver};
use crate::race;
use crate::time::deadline_after;

/// A network: a backend with name resolution, deadlines, options and the
/// context of errors on top.
///
/// It is a [`Dialer`], and the builder of one: the `with_` methods say how it
/// dials, as the fields of Go's `net.Dialer` do. It is cheap to clone, and
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
pub struct Net<B, D = AskHost> {
    pub(crate) backend: B,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) options: SocketOptions,
    pub(crate) family: Family,
    pub(crate) local: Option<Endpoint>,
    pub(crate) attempt_delay: Option<Duration>,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
    default: PhantomData<D>,
}

impl<B: Backend> Net<B> {
    /// A network on a backend. It asks the host for the addresses of names.
    pub fn new(backend: B) -> Self {
        Net::with_default_resolver(backend)
    }
}

impl<B: Backend + Default, D: DefaultResolver<B>> Default for Net<B, D> {
    fn default() -> Self {
        Net::with_default_resolver(B::default())
    }
}

/// A network on a backend, with the resolver that is `D`'s default.
impl<B: Backend, D: DefaultResolver<B>> From<B> for Net<B, D> {
    fn from(backend: B) -> Self {
        Net::with_default_resolver(backend)
    }
}

impl<B: Backend, D: DefaultResolver<B>> Net<B, D> {
    fn with_default_resolver(backend: B) -> Self {
        Net {
            resolver: D::resolver(&backend),
            backend,
            options: SocketOptions::new(),
            family: Family::Any,
            local: None,
            attempt_delay: Some(race::ATTEMPT_DELAY),
            timeout: None,
            deadline: None,
            default: PhantomData,
        }
    }
}

impl<B: Backend, D> Net<B, D> {
    /// The backend beneath.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// What the program runs on: `native`, `WasmEdge`, ….
    pub fn host(&self) -> &str {
        self.backend.host()
    }

    /// What it asks for the addresses of names.
    pub fn resolver(&self) -> &Arc<dyn Resolver> {
        &self.resolver
    }

    /// Asks this resolver for the addresses of names.
    ///
    /// Literal addresses, and `localhost` with all names below it, need none.
    #[must_use]
    pub fn with_resolver(mut self, resolver: impl Resolver) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Gives each dial so much time, for the lookup and all attempts together.
    ///
    /// Where a name has several addresses, each attempt has an equal part of
    /// what is left, but two seconds at least, as in Go.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Lets each dial go on until an instant; the timeout may end it earlier.
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
    /// both families.
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

    /// How long a dial waits for one address of a name before it tries the
    /// next beside it (RFC 8305 §5); 250 ms unless it is set. It is held
    /// between 10 ms and 2 s. The next address is tried at once when one
    /// fails.
    ///
    /// `None` tries one address after the other.
    #[must_use]
    pub fn with_fallback_delay(mut self, delay: impl Into<Option<Duration>>) -> Self {
        let held =
            |delay: Duration| delay.clamp(race::LEAST_ATTEMPT_DELAY, race::GREATEST_ATTEMPT_DELAY);
        self.attempt_delay = delay.into().map(held);
        self
    }

    /// Sets an option on every socket that it has a meaning for: `nodelay` and
    /// `keepalive` on TCP, `linger` on streams, `backlog` on listeners,
    /// `broadcast` on UDP, `v6only` on what listens on an IPv6 address, the
    /// others on all.
    ///
    /// An option that the host cannot honour makes opening fail.
    #[must_use]
    pub fn with_option(mut self, option: SocketOption) -> Self {
        self.options = self.options.with(option);
        self
    }

    /// Probes idle TCP connections, at the times given; `None` does not, and
    /// neither does a network that was told nothing.
    #[must_use]
    pub fn with_keepalive(self, keepalive: impl Into<Option<KeepAlive>>) -> Self {
        self.with_option(SocketOption::KeepAlive(keepalive.into()))
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`), as they are
    /// where nothing is set and the host has the option.
    #[must_use]
    pub fn with_nodelay(self, nodelay: bool) -> Self {
        self.with_option(SocketOption::NoDelay(nodelay))
    }

    /// Runs a hook on every socket that is opened, before it is bound or
    /// connected.
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
}

#[async_trait]
impl<B: Backend, D: fmt::Debug + Send + Sync> Dialer for Net<B, D> {
    type Stream = B::Stream;

    async fn dial(&self, network: &str, address: &str) -> Result<B::Stream> {
        Net::dial(self, network, address).await
    }
}
