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
        let dial = Request::new(Operation::Dial, network, address);
        let kind = dial.stream_network()?;
        let deadline = self.deadline();
        let connected = async {
            let endpoints = resolve(&self.backend, Purpose::Dial, kind, address, deadline).await?;
            let connect = |to| {
                let options = self.options_for(kind, Purpose::Dial, to);
                async move { self.backend.connect(to, None, &options).await }
            };
            first_success(
                &self.backend,
                dial.operation,
                &endpoints,
                deadline,
                never,
                connect,
            )
            .await
        };
        connected.await.map_err(|error| dial.explain(error))
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
        let listen = Request::new(Operation::Listen, network, address);
        let kind = listen.stream_network()?;
        let listening = async {
            let endpoints = resolve(&self.backend, Purpose::Listen, kind, address, None).await?;
            let bind = |on| {
                let options = self.options_for(kind, Purpose::Listen, on);
                async move { self.backend.listen(on, &options).await }
            };
            let settles = is_about_the_port;
            first_success(
                &self.backend,
                listen.operation,
                &endpoints,
                None,
                settles,
                bind,
            )
            .await
        };
        listening.await.map_err(|error| listen.explain(error))
    }

    /// Opens a socket for datagrams on an address: `udp`, `udp4`, `udp6` with
    /// `host:port`, or `unixgram` with a path.
    ///
    /// # Errors
    ///
    /// As [`listen`](Net::listen).
    pub async fn listen_packet(&self, network: &str, address: &str) -> Result<B::PacketConn> {
        let listen = Request::new(Operation::ListenPacket, network, address);
        let kind = listen.packet_network()?;
        let listening = async {
            let endpoints = resolve(&self.backend, Purpose::Listen, kind, address, None).await?;
            let bind = |on| {
                let options = self.options_for(kind, Purpose::Listen, on);
                async move { self.backend.packet(Some(on), None, &options).await }
            };
            let settles = is_about_the_port;
            first_success(
                &self.backend,
                listen.operation,
                &endpoints,
                None,
                settles,
                bind,
            )
            .await
        };
        listening.await.map_err(|error| listen.explain(error))
    }

    /// Opens a socket for datagrams that is connected to an address: it sends
    /// there and receives from there only.
    ///
    /// # Errors
    ///
    /// As [`dial`](Net::dial).
    pub async fn dial_packet(&self, network: &str, address: &str) -> Result<B::PacketConn> {
        let dial = Request::new(Operation::Dial, network, address);
        let kind = dial.packet_network()?;
        let deadline = self.deadline();
        let connected = async {
            let endpoints = resolve(&self.backend, Purpose::Dial, kind, address, deadline).await?;
            let connect = |to| {
                let options = self.options_for(kind, Purpose::Dial, to);
                async move { self.backend.packet(None, Some(to), &options).await }
            };
            first_success(
                &self.backend,
                dial.operation,
                &endpoints,
                deadline,
                never,
                connect,
            )
            .await
        };
        connected.await.map_err(|error| dial.explain(error))
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

/// What a user asked for, for the context of errors.
struct Request<'a> {
    operation: Operation,
    network: &'a str,
    address: &'a str,
}

impl<'a> Request<'a> {
    fn new(operation: Operation, network: &'a str, address: &'a str) -> Self {
        Request {
            operation,
            network,
            address,
        }
    }

    fn stream_network(&self) -> Result<Network> {
        let network: Network = self.network.parse().map_err(|error| self.explain(error))?;
        if network.is_stream() {
            return Ok(network);
        }
        Err(self.refuse("is a network of datagrams, use listen_packet or dial_packet"))
    }

    fn packet_network(&self) -> Result<Network> {
        let network: Network = self.network.parse().map_err(|error| self.explain(error))?;
        if !network.is_stream() {
            return Ok(network);
        }
        Err(self.refuse("is a network of streams, use listen or dial"))
    }

    fn refuse(&self, why: &str) -> Error {
        self.explain(Error::invalid(
            self.operation,
            format!("{:?} {why}", self.network),
        ))
    }

    fn explain(&self, error: Error) -> Error {
        // A failed lookup is the cause, named as such: "dial …: lookup …: …".
        let error = match error.operation() {
            Operation::Lookup => Error::new(self.operation, error),
            _ => error,
        };
        error
            .with_operation(self.operation)
            .with_network(self.network.to_owned())
            .with_address(self.address)
    }
}
