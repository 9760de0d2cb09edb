use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use net_traits::{
    Backend, Dialer, Endpoint, Error, Network, Operation, OptionName, Result, SocketOption,
    SocketOptions, async_trait,
};

use crate::attempt::{first_success, is_about_the_port, never};
use crate::resolve::{self, Purpose, resolve};
use crate::time::deadline_after;

/// A network: a backend with name resolution, deadlines, options and the
/// context of errors on top.
///
/// It is a [`Dialer`], cheap to clone, and has no state that clones share.
/// `net::Net` is the one of the target that a program is built for.
///
/// ```
/// use std::time::Duration;
/// use net_dial::Net;
/// use net_traits::{Backend, Result, SocketOption};
///
/// async fn open<B: Backend>(net: &Net<B>) -> Result<B::Stream> {
///     net.clone()
///         .with_timeout(Duration::from_secs(5))
///         .with_option(SocketOption::NoDelay(false))
///         .dial("tcp", "localhost:6379")
///         .await
/// }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Net<B> {
    backend: B,
    options: SocketOptions,
    timeout: Option<Duration>,
}

impl<B: Backend> Net<B> {
    /// A network on a backend.
    pub fn new(backend: B) -> Self {
        Net {
            backend,
            options: SocketOptions::new(),
            timeout: None,
        }
    }

    /// The backend beneath.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// What the program runs on: `native`, `WasmEdge`, ….
    pub fn host(&self) -> &str {
        self.backend.host()
    }

    /// Gives each dial so much time, for the lookup and all attempts together.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
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

    /// Connects to an address; see [`Dialer::dial`].
    ///
    /// A name's addresses are tried in order.
    ///
    /// # Errors
    ///
    /// They name the network, the address as given, and each address that
    /// was tried.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the attempt up and closes its socket.
    pub async fn dial(&self, network: &str, address: &str) -> Result<B::Stream> {
        let request = Request::for_streams(Operation::Dial, network, address)?;
        self.on_first(&request, |backend, to, options| async move {
            backend.connect(&to, None, &options).await
        })
        .await
    }

    /// Listens for streams: `tcp`, `tcp4`, `tcp6` with `host:port`, or `unix`
    /// with a path.
    ///
    /// `:port` takes IPv4 and IPv6 where the host has both, and port 0 lets
    /// the system choose. A Unix path must not exist, and stays when the
    /// listener is dropped.
    ///
    /// # Errors
    ///
    /// They name the network and the address. `tcp6` on all addresses needs
    /// the option `v6only`, which some hosts do not have.
    pub async fn listen(&self, network: &str, address: &str) -> Result<B::Listener> {
        let request = Request::for_streams(Operation::Listen, network, address)?;
        self.on_first(&request, |backend, on, options| async move {
            backend.listen(&on, &options).await
        })
        .await
    }

    /// Opens a socket for datagrams on an address: `udp`, `udp4`, `udp6` with
    /// `host:port`, or `unixgram` with a path.
    ///
    /// # Errors
    ///
    /// As [`listen`](Net::listen).
    pub async fn listen_packet(&self, network: &str, address: &str) -> Result<B::PacketConn> {
        let request = Request::for_packets(Operation::ListenPacket, network, address)?;
        self.on_first(&request, |backend, on, options| async move {
            backend.packet(Some(&on), None, &options).await
        })
        .await
    }

    /// Opens a socket for datagrams that is connected to an address: it sends
    /// there and receives from there only.
    ///
    /// # Errors
    ///
    /// As [`dial`](Net::dial).
    pub async fn dial_packet(&self, network: &str, address: &str) -> Result<B::PacketConn> {
        let request = Request::for_packets(Operation::Dial, network, address)?;
        self.on_first(&request, |backend, to, options| async move {
            backend.packet(None, Some(&to), &options).await
        })
        .await
    }

    /// Finds the addresses of a name: asks the host's resolver, but for
    /// `localhost` and literal addresses.
    ///
    /// # Errors
    ///
    /// [`NotFound`](std::io::ErrorKind::NotFound) if it has none.
    pub async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>> {
        resolve::lookup(&self.backend, name, self.deadline()).await
    }

    /// Resolves the address and tries `operation` on each endpoint, with the
    /// options that concern it. The time limit is for dialing.
    async fn on_first<R, F>(
        &self,
        request: &Request<'_>,
        operation: impl Fn(B, Endpoint, SocketOptions) -> F,
    ) -> Result<R>
    where
        F: Future<Output = io::Result<R>>,
    {
        let (what, purpose) = (request.operation, request.purpose());
        let (deadline, settles): (_, fn(&Error) -> bool) = match purpose {
            Purpose::Dial => (self.deadline(), never),
            Purpose::Listen => (None, is_about_the_port),
        };
        let opened = async {
            let (backend, kind) = (&self.backend, request.kind);
            let endpoints = resolve(backend, purpose, kind, request.address, deadline).await?;
            first_success(backend, what, &endpoints, deadline, settles, |endpoint| {
                let options = self.options_for(kind, purpose, endpoint);
                operation(backend.clone(), endpoint.clone(), options)
            })
            .await
        };
        opened.await.map_err(|error| request.explain(error))
    }

    fn deadline(&self) -> Option<Instant> {
        self.timeout
            .map(|timeout| deadline_after(self.backend.now(), timeout))
    }

    /// The options that concern a socket. `tcp6` and `udp6` on all addresses
    /// mean those of IPv6 alone.
    fn options_for(&self, network: Network, purpose: Purpose, on: &Endpoint) -> SocketOptions {
        let all_of_v6 = on.ip().is_some_and(|ip| ip.is_unspecified())
            && matches!(network, Network::Tcp6 | Network::Udp6);
        let implied =
            (all_of_v6 && self.options.v6only().is_none()).then_some(SocketOption::V6Only(true));
        self.options
            .iter()
            .chain(implied)
            .filter(|option| concerns(option.name(), network, purpose, on))
            .fold(SocketOptions::new(), SocketOptions::with)
    }
}

/// Whether an option has a meaning for a socket; see [`Net::with_option`].
fn concerns(option: OptionName, network: Network, purpose: Purpose, on: &Endpoint) -> bool {
    let listens = purpose == Purpose::Listen;
    match option {
        OptionName::NoDelay | OptionName::KeepAlive => network.is_stream() && !network.is_unix(),
        OptionName::Linger => network.is_stream(),
        OptionName::Backlog => network.is_stream() && listens,
        OptionName::Broadcast => !network.is_stream() && !network.is_unix(),
        OptionName::V6Only => on.ip().is_some_and(|ip| ip.is_ipv6()) && listens,
        _ => true,
    }
}

#[async_trait]
impl<B: Backend> Dialer for Net<B> {
    type Stream = B::Stream;

    async fn dial(&self, network: &str, address: &str) -> Result<B::Stream> {
        Net::dial(self, network, address).await
    }
}

/// What a user asked for, also for the context of errors.
struct Request<'a> {
    operation: Operation,
    network: &'a str,
    kind: Network,
    address: &'a str,
}

impl<'a> Request<'a> {
    fn for_streams(operation: Operation, network: &'a str, address: &'a str) -> Result<Self> {
        let request = Request::new(operation, network, address)?;
        if request.kind.is_stream() {
            return Ok(request);
        }
        Err(request.refuse("is a network of datagrams, use listen_packet or dial_packet"))
    }

    fn for_packets(operation: Operation, network: &'a str, address: &'a str) -> Result<Self> {
        let request = Request::new(operation, network, address)?;
        if !request.kind.is_stream() {
            return Ok(request);
        }
        Err(request.refuse("is a network of streams, use listen or dial"))
    }

    fn new(operation: Operation, network: &'a str, address: &'a str) -> Result<Self> {
        match network.parse() {
            Ok(kind) => Ok(Request {
                operation,
                network,
                kind,
                address,
            }),
            Err(error) => Err(explain(error, operation, network, address)),
        }
    }

    fn purpose(&self) -> Purpose {
        match self.operation {
            Operation::Dial => Purpose::Dial,
            _ => Purpose::Listen,
        }
    }

    fn refuse(&self, why: &str) -> Error {
        let message = format!("{:?} {why}", self.network);
        self.explain(Error::invalid(self.operation, message))
    }

    fn explain(&self, error: Error) -> Error {
        explain(error, self.operation, self.network, self.address)
    }
}

/// Says in which request an error came up.
fn explain(error: Error, operation: Operation, network: &str, address: &str) -> Error {
    // A failed lookup is the cause, named as such: "dial …: lookup …: …".
    let error = match error.operation() {
        Operation::Lookup => Error::new(operation, error),
        _ => error,
    };
    error
        .with_operation(operation)
        .with_network(network.to_owned())
        .with_address(address)
}
