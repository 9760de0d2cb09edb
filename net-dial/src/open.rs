//! What a network does: dial, listen, open sockets for datagrams, look up.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::time::Instant;

use net_traits::{
    Backend, Endpoint, Error, Family, Host, HostPort, Inherited, Network, Operation, Result,
    SocketOption, SocketOptions,
};

use crate::attempt::{first_success, is_about_the_port, never};
use crate::destination;
use crate::local;
use crate::lookup::Lookup;
use crate::net::Net;
use crate::race::{Course, race};
use crate::request::Request;
use crate::resolve::{self, Purpose, Target};
use crate::time::timeout_until;

impl<B: Backend, D> Net<B, D> {
    /// Connects to an address; see [`Dialer::dial`](net_traits::Dialer::dial).
    ///
    /// The addresses of a name are sorted (RFC 6724) and tried staggered, IPv6
    /// and IPv4 in turn: the next a little later than the one before it, or at
    /// once if that has failed. The first connection wins, and the others are
    /// given up (Happy Eyeballs, RFC 8305).
    ///
    /// # Errors
    ///
    /// They name the network, the address as given, and each address that
    /// was tried.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives all attempts up and closes their sockets.
    pub async fn dial(&self, network: &str, address: &str) -> Result<B::Stream> {
        let request = Request::for_streams(Operation::Dial, network, address)?;
        let request = request.within(self.family)?;
        let dialed = self.connect_first(&request).await;
        dialed.map_err(|error| request.explain(error))
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
        self.on_first(request, |backend, on, options| async move {
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
        self.on_first(request, |backend, on, options| async move {
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
        self.on_first(request, |backend, to, options| async move {
            let local = self.local_for(&to)?;
            backend.packet(local.as_ref(), Some(&to), &options).await
        })
        .await
    }

    /// Takes the listeners that whoever started the program had opened for it,
    /// in their order; a second call finds none.
    ///
    /// Natively they are those of systemd's socket activation
    /// (`man 3 sd_listen_fds`), on wasi-go those of its flag `--listen`.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) where the host has no such
    /// thing.
    pub async fn inherited_listeners(&self) -> Result<Vec<Inherited<B::Listener>>> {
        let inherited = self.backend.inherited().await;
        inherited.map_err(|cause| Error::new(Operation::Inherit, cause))
    }

    /// Finds the addresses of a name: asks the resolver, but for `localhost`
    /// and literal addresses. It has the time that a dial has.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) if it has none,
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if the text can be no
    /// name.
    pub async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>> {
        let unreadable = |error: Error| error.with_operation(Operation::Lookup);
        match name.parse().map_err(unreadable)? {
            Host::Ip { ip, .. } => Ok(vec![ip]),
            Host::Name(name) if resolve::is_localhost(&name) => Ok(resolve::loopback()),
            Host::Name(name) => {
                let mut found = self.find(&name, self.family, self.deadline()).await?;
                found.retain(|ip| self.family.has(ip.to_canonical()));
                match found.as_slice() {
                    [] => {
                        Err(Error::new(Operation::Lookup, io::ErrorKind::NotFound)
                            .with_address(name))
                    }
                    _ => Ok(found),
                }
            }
            _ => {
                let empty = Error::invalid(Operation::Lookup, "empty name");
                Err(empty.with_address(name))
            }
        }
    }

    /// Finds the port of a service by its name, such as `https`: one of the
    /// some thirty that an address may name too. A number is its own port.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) for any other name.
    pub fn lookup_port(&self, network: &str, service: &str) -> Result<u16> {
        let port = network.parse().and_then(|_: Network| {
            let address: HostPort = format!(":{service}").parse()?;
            resolve::number(&address.port)
        });
        port.map_err(|error| {
            let error = error.with_operation(Operation::Lookup);
            error.with_network(network.to_owned()).with_address(service)
        })
    }

    async fn connect_first(&self, request: &Request<'_>) -> Result<B::Stream> {
        local::check(self.local.as_ref(), request.kind)?;
        let target = resolve::read(&self.backend, Purpose::Dial, request.kind, request.address)?;
        let family = Family::of(request.kind);
        let (known, lookup, name, port) = match &target {
            Target::Endpoints(known) => (self.within_reach(known)?, Lookup::none(), "", 0),
            Target::Name { name, port } => {
                let lookup = Lookup::start(&*self.resolver, name, family);
                (Vec::new(), lookup, name.as_str(), *port)
            }
        };
        let course = Course {
            backend: &self.backend,
            network: request.kind,
            name,
            deadline: self.deadline(),
            attempt_delay: self.attempt_delay,
        };
        let endpoint = |ip| {
            resolve::endpoint(Purpose::Dial, request.kind, ip, port)
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
        request: Request<'_>,
        operation: impl Fn(B, Endpoint, SocketOptions) -> F,
    ) -> Result<R>
    where
        F: Future<Output = io::Result<R>>,
    {
        let request = request.within(self.family)?;
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
        request: &Request<'_>,
        deadline: Option<Instant>,
    ) -> Result<Vec<Endpoint>> {
        let purpose = request.purpose();
        if purpose == Purpose::Dial {
            local::check(self.local.as_ref(), request.kind)?;
        }
        let target = resolve::read(&self.backend, purpose, request.kind, request.address)?;
        let (name, port) = match target {
            Target::Endpoints(known) if purpose == Purpose::Dial => {
                return self.within_reach(&known);
            }
            Target::Endpoints(known) => return Ok(known),
            Target::Name { name, port } => (name, port),
        };
        let found = self.find(&name, Family::of(request.kind), deadline).await?;
        let mut endpoints: Vec<Endpoint> = found
            .into_iter()
            .filter_map(|ip| resolve::endpoint(purpose, request.kind, ip, port))
            .collect();
        if purpose == Purpose::Dial {
            endpoints.retain(|to| local::local_for(self.local.as_ref(), to).is_ok());
            destination::sort(&self.backend, &mut endpoints);
        }
        match endpoints.as_slice() {
            [] => Err(resolve::no_address(request.kind, &name)),
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
    fn options_for(&self, request: &Request<'_>, on: &Endpoint) -> SocketOptions {
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
