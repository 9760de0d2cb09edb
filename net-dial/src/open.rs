//! What a network does: dial, listen, open datagram sockets, look up.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::time::Instant;

use net_time::timeout_until;
use net_traits::{
    Address, Backend, Endpoint, Error, Family, Host, Inherited, NetworkKind, Operation, Port,
    Result, SocketOption, SocketOptions,
};

use crate::attempt::{first_success, is_about_the_port, never};
use crate::destination;
use crate::local;
use crate::lookup::Lookup;
use crate::net::Net;
use crate::race::{Course, race};
use crate::request::Request;
use crate::resolve::{self, Purpose, Target};

impl<B: Backend> Net<B> {
    /// Connects to an address given as text; see
    /// [`Dialer::dial`](net_traits::Dialer::dial).
    ///
    /// # Errors
    ///
    /// Returns an error if the text is invalid, and those of
    /// [`dial_to`](Net::dial_to).
    ///
    /// # Cancel safety
    ///
    /// As [`dial_to`](Net::dial_to).
    pub async fn dial(&self, network: &str, address: &str) -> Result<B::Stream> {
        self.dial_to(parse(Operation::Dial, network, address)?)
            .await
    }

    /// Connects to an address.
    ///
    /// The addresses of a name are sorted (RFC 6724) and tried staggered, IPv6
    /// and IPv4 in turn: the next a little later than the one before it, or at
    /// once if that has failed. The first connection wins, and the others are
    /// cancelled (Happy Eyeballs, RFC 8305).
    ///
    /// # Errors
    ///
    /// Returns an error that names the network, the address as given, and each
    /// resolved address that was tried, in the order in which they were tried.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels all attempts and closes their sockets.
    pub async fn dial_to(&self, address: Address) -> Result<B::Stream> {
        let request = Request::for_streams(Operation::Dial, address, self.family)?;
        let dialed = self.connect_first(&request).await;
        dialed.map_err(|error| request.explain(error))
    }

    /// Listens for streams: `tcp`, `tcp4`, `tcp6` with `host:port`, or `unix`
    /// with a path; see [`listen_on`](Net::listen_on).
    ///
    /// # Errors
    ///
    /// Returns an error if the text is invalid, and those of
    /// [`listen_on`](Net::listen_on).
    pub async fn listen(&self, network: &str, address: &str) -> Result<B::Listener> {
        self.listen_on(parse(Operation::Listen, network, address)?)
            .await
    }

    /// Listens for streams on a local address.
    ///
    /// An empty host accepts IPv4 and IPv6 where the host has both, and port 0
    /// lets the system choose. A Unix path must not exist; it is removed when the
    /// listener is dropped, as in Go, where the host can remove files.
    ///
    /// # Errors
    ///
    /// Returns an error that names the network and the address if the address
    /// cannot be bound. `tcp6` on all addresses needs the option `v6only`, which
    /// some hosts do not have.
    pub async fn listen_on(&self, local: Address) -> Result<B::Listener> {
        let request = Request::for_streams(Operation::Listen, local, self.family)?;
        self.on_first(request, |backend, on, options| async move {
            backend.listen(&on, &options).await
        })
        .await
    }

    /// Opens a datagram socket: `udp`, `udp4`, `udp6` with `host:port`, or
    /// `unixgram` with a path; see [`listen_packet_on`](Net::listen_packet_on).
    ///
    /// # Errors
    ///
    /// Returns an error if the text is invalid, and those of
    /// [`listen_on`](Net::listen_on).
    pub async fn listen_packet(&self, network: &str, address: &str) -> Result<B::PacketConn> {
        self.listen_packet_on(parse(Operation::ListenPacket, network, address)?)
            .await
    }

    /// Opens a datagram socket on a local address.
    ///
    /// # Errors
    ///
    /// As [`listen_on`](Net::listen_on).
    pub async fn listen_packet_on(&self, local: Address) -> Result<B::PacketConn> {
        let request = Request::for_packets(Operation::ListenPacket, local, self.family)?;
        self.on_first(request, |backend, on, options| async move {
            backend.packet(Some(&on), None, &options).await
        })
        .await
    }

    /// Opens a connected datagram socket; see
    /// [`dial_packet_to`](Net::dial_packet_to).
    ///
    /// # Errors
    ///
    /// Returns an error if the text is invalid, and those of
    /// [`dial_to`](Net::dial_to).
    pub async fn dial_packet(&self, network: &str, address: &str) -> Result<B::PacketConn> {
        self.dial_packet_to(parse(Operation::Dial, network, address)?)
            .await
    }

    /// Opens a datagram socket that is connected to an address: it sends there
    /// and receives from there only.
    ///
    /// # Errors
    ///
    /// As [`dial_to`](Net::dial_to).
    pub async fn dial_packet_to(&self, remote: Address) -> Result<B::PacketConn> {
        let request = Request::for_packets(Operation::Dial, remote, self.family)?;
        self.on_first(request, |backend, to, options| async move {
            let local = self.local_for(&to)?;
            backend.packet(local.as_ref(), Some(&to), &options).await
        })
        .await
    }

    /// Takes the sockets that the process which started the program had opened
    /// for it, in their order, with the options of this network. A second call
    /// finds none.
    ///
    /// Natively they are those of systemd's socket activation
    /// (`man 3 sd_listen_fds`), on wasi-go those of its flag `--listen`.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`Unsupported`](io::ErrorKind::Unsupported) where
    /// the host has no such thing.
    pub fn inherited(&self) -> Result<Vec<Inherited<B::Listener, B::PacketConn>>> {
        let inherited = self.backend.inherited(&self.options);
        inherited.map_err(|cause| Error::new(Operation::Inherit, cause))
    }

    /// Looks up the addresses of a name, in the order in which a dial would try
    /// them (RFC 6724). It asks the resolver, except for `localhost` and literal
    /// addresses, and has the time that a dial has.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NotFound`](io::ErrorKind::NotFound) if the name
    /// has no address of the family of this network, and of kind
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if the text is not a name or
    /// is an address with a zone, which an [`IpAddr`] cannot hold.
    pub async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>> {
        let invalid = |message: &str| Error::invalid(Operation::Lookup, message).with_address(name);
        let host = name.parse();
        let mut found =
            match host.map_err(|error: Error| error.with_operation(Operation::Lookup))? {
                Host::Ip { zone: Some(_), .. } => {
                    return Err(invalid(
                        "an address with a zone cannot be looked up, only dialed",
                    ));
                }
                Host::Ip { ip, .. } => vec![ip],
                Host::Name(name) if resolve::is_localhost(name.as_str()) => resolve::loopback(),
                Host::Name(name) => {
                    let mut found = self
                        .find(name.as_str(), self.family, self.deadline())
                        .await?;
                    destination::sort_addresses(&self.backend, &mut found);
                    found
                }
                _ => return Err(invalid("empty name")),
            };
        found.retain(|ip| self.family.has(ip.to_canonical()));
        if found.is_empty() {
            let none = Error::new(Operation::Lookup, io::ErrorKind::NotFound);
            return Err(none.with_address(name));
        }
        Ok(found)
    }

    /// Looks up the names of an address (a reverse lookup), with the resolver and
    /// in the time that a dial has.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NotFound`](io::ErrorKind::NotFound) if it has
    /// none, and of kind [`Unsupported`](io::ErrorKind::Unsupported) if the
    /// resolver cannot look names up.
    pub async fn lookup_addr(&self, address: IpAddr) -> Result<Vec<String>> {
        let lookup = self.resolver.lookup_addr(address);
        match timeout_until(&self.backend, self.deadline(), lookup).await {
            Ok(found) => found,
            Err(_) => Err(Error::timeout(Operation::Lookup).with_address(address.to_string())),
        }
    }

    /// Looks up the port of a service by its name, such as `https`: one of the
    /// some thirty that an address may name too. A number is its own port.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](io::ErrorKind::InvalidInput) for
    /// any other name.
    pub fn lookup_port(&self, network: &str, service: &str) -> Result<u16> {
        let port = network
            .parse()
            .and_then(|_: NetworkKind| resolve::number(&service.parse::<Port>()?));
        port.map_err(|error| {
            let error = error.with_operation(Operation::Lookup);
            error.with_network(network.to_owned()).with_address(service)
        })
    }

    async fn connect_first(&self, request: &Request) -> Result<B::Stream> {
        local::check(self.local.as_ref(), request.network)?;
        let target = resolve::read(
            &self.backend,
            Purpose::Dial,
            request.network,
            &request.address,
        )?;
        let family = Family::of(request.network);
        let (known, lookup, name, port) = match &target {
            Target::Endpoints(known) => (self.within_reach(known)?, Lookup::none(), "", 0),
            Target::Name { name, port } => {
                let lookup = Lookup::start(&*self.resolver, name, family);
                (Vec::new(), lookup, name.as_str(), *port)
            }
        };
        let course = Course {
            backend: &self.backend,
            network: request.network,
            name,
            deadline: self.deadline(),
            attempt_delay: self.attempt_delay(),
        };
        let endpoint = |ip| {
            resolve::endpoint(Purpose::Dial, request.network, ip, port)
                .filter(|to| local::local_for(self.local.as_ref(), to).is_ok())
        };
        race(course, known, lookup, endpoint, |to: Endpoint| {
            let options = self.options_for(request, &to);
            async move {
                let local = self.local_for(&to)?;
                self.backend.connect(&to, local.as_ref(), &options).await
            }
        })
        .await
    }

    /// Resolves the address and tries `operation` on one endpoint after the
    /// other, with the options that concern it. The time limit is for dialing.
    async fn on_first<R, F>(
        &self,
        request: Request,
        operation: impl Fn(B, Endpoint, SocketOptions) -> F,
    ) -> Result<R>
    where
        F: Future<Output = io::Result<R>>,
    {
        let (deadline, settles): (_, fn(&Error) -> bool) = match request.purpose() {
            Purpose::Dial => (self.deadline(), never),
            Purpose::Listen => (None, is_about_the_port),
        };
        let opened = async {
            let endpoints = self.endpoints(&request, deadline).await?;
            let (backend, what) = (&self.backend, request.operation);
            first_success(backend, what, &endpoints, deadline, settles, |endpoint| {
                let options = self.options_for(&request, endpoint);
                operation(backend.clone(), endpoint.clone(), options)
            })
            .await
        };
        opened.await.map_err(|error| request.explain(error))
    }

    /// The endpoints to try, in order; at least one.
    async fn endpoints(
        &self,
        request: &Request,
        deadline: Option<Instant>,
    ) -> Result<Vec<Endpoint>> {
        let purpose = request.purpose();
        if purpose == Purpose::Dial {
            local::check(self.local.as_ref(), request.network)?;
        }
        let target = resolve::read(&self.backend, purpose, request.network, &request.address)?;
        let (name, port) = match target {
            Target::Endpoints(known) if purpose == Purpose::Dial => {
                return self.within_reach(&known);
            }
            Target::Endpoints(known) => return Ok(known),
            Target::Name { name, port } => (name, port),
        };
        let found = self
            .find(&name, Family::of(request.network), deadline)
            .await?;
        let mut endpoints: Vec<Endpoint> = found
            .into_iter()
            .filter_map(|ip| resolve::endpoint(purpose, request.network, ip, port))
            .collect();
        if purpose == Purpose::Dial {
            endpoints.retain(|to| local::local_for(self.local.as_ref(), to).is_ok());
            destination::sort(&self.backend, &mut endpoints);
        }
        match endpoints.as_slice() {
            [] => Err(resolve::no_address(request.network, &name)),
            _ => Ok(endpoints),
        }
    }

    async fn find(
        &self,
        name: &str,
        family: Family,
        deadline: Option<Instant>,
    ) -> Result<Vec<IpAddr>> {
        let lookup = self.resolver.lookup(name, family);
        match timeout_until(&self.backend, deadline, lookup).await {
            Ok(found) => found,
            Err(_) => Err(Error::timeout(Operation::Lookup).with_address(name)),
        }
    }

    /// The endpoints that can be reached from the local address.
    fn within_reach(&self, endpoints: &[Endpoint]) -> Result<Vec<Endpoint>> {
        let mut reachable = endpoints.to_vec();
        reachable.retain(|to| local::local_for(self.local.as_ref(), to).is_ok());
        match (&self.local, reachable.as_slice()) {
            (Some(local), []) => Err(Error::invalid(
                Operation::Dial,
                format!("the local address {local} is of another family"),
            )),
            _ => Ok(reachable),
        }
    }

    fn local_for(&self, remote: &Endpoint) -> io::Result<Option<Endpoint>> {
        Ok(local::local_for(self.local.as_ref(), remote)?)
    }

    /// The options that concern a socket. `tcp6` and `udp6` on all addresses
    /// mean those of IPv6 alone.
    fn options_for(&self, request: &Request, on: &Endpoint) -> SocketOptions {
        let implied = (request.is_for_all_of_v6(on) && self.options.v6only().is_none())
            .then_some(SocketOption::V6Only(true));
        let mut options = SocketOptions::new();
        for option in self.options.iter().chain(implied) {
            if request.is_concerned_by(option.name(), on) {
                options = options.with(option);
            }
        }
        match self.options.control() {
            Some(control) => options.with_control(control.clone()),
            None => options,
        }
    }
}

/// Parses what was typed; an error says for which operation.
fn parse(operation: Operation, network: &str, address: &str) -> Result<Address> {
    Address::parse(network, address).map_err(|error| error.with_operation(operation))
}
