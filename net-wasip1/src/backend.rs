use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use net_traits::{
    Backend, Endpoint, Family, Inherited, OptionName, Resolver, SocketOption, SocketOptions, Timer,
    async_trait,
};
use tokio::task::coop;

use crate::abi;
use crate::control;
use crate::inherited;
use crate::interests::Shape;
use crate::listener::Listener;
use crate::lookup::lookup;
use crate::options;
use crate::packet::PacketConn;
use crate::resolver;
use crate::runtime::host_kind;
use crate::sleep::{self, Sleep};
use crate::socket::Socket;
use crate::stream::Stream;

/// Linux's default limit (`net.core.somaxconn`).
const BACKLOG: u32 = 4096;

/// The backend: the sockets of the host that runs the module.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wasip1 {
    _private: (),
}

impl Wasip1 {
    /// Creates the backend.
    #[must_use]
    pub fn new() -> Self {
        Wasip1::default()
    }
}

impl Timer for Wasip1 {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        sleep::now()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::until(deadline)
    }
}

#[async_trait]
impl Backend for Wasip1 {
    type Stream = Stream;
    type Listener = Listener;
    type PacketConn = PacketConn;

    fn host(&self) -> &'static str {
        host_kind().name()
    }

    fn supports(&self, option: OptionName) -> bool {
        host_kind().supports(option)
    }

    async fn connect(
        &self,
        remote: &Endpoint,
        local: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Stream> {
        coop::consume_budget().await;
        let socket = Socket::open(remote, Shape::Stream)?;
        set_stream_options(&socket, remote, options)?;
        if let Some(local) = local {
            socket.bind(local)?;
        }
        socket.begin_connect(remote)?;
        poll_fn(|cx| socket.poll_connected(cx)).await?;
        Ok(Stream::new(socket))
    }

    async fn listen(&self, local: &Endpoint, options: &SocketOptions) -> io::Result<Listener> {
        coop::consume_budget().await;
        let socket = Socket::open(local, Shape::Stream)?;
        if local.as_ip().is_some() && options.reuse_addr().is_none() {
            options::set(&socket, SocketOption::ReuseAddr(true))?;
        }
        // Accepted streams inherit them.
        set_stream_options(&socket, local, options)?;
        socket.bind(local)?;
        abi::listen(socket.fd(), options.backlog().unwrap_or(BACKLOG))?;
        Ok(Listener::new(socket))
    }

    async fn packet(
        &self,
        local: Option<&Endpoint>,
        remote: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<PacketConn> {
        let Some(of_family) = remote.or(local) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "no local or remote address was given",
            ));
        };
        coop::consume_budget().await;
        let socket = Socket::open(of_family, Shape::Datagram)?;
        control::prepare(&socket, of_family, options)?;
        if let Some(local) = local {
            socket.bind(local)?;
        }
        if let Some(remote) = remote {
            abi::connect(socket.fd(), &socket.raw(remote)?)?;
        }
        Ok(PacketConn::new(socket))
    }

    /// Blocks the whole module while the host resolves the name.
    async fn lookup(&self, name: &str, _family: Family) -> io::Result<Vec<IpAddr>> {
        coop::consume_budget().await;
        lookup(name)
    }

    fn resolver(&self) -> Arc<dyn Resolver> {
        resolver::of_host(*self)
    }

    /// That of a datagram socket which is connected to the remote address.
    fn source(&self, remote: SocketAddr) -> io::Result<IpAddr> {
        let remote = Endpoint::from(remote);
        let socket = Socket::open(&remote, Shape::Datagram)?;
        abi::connect(socket.fd(), &socket.raw(&remote)?)?;
        let local = socket.local_addr()?;
        local
            .ip()
            .ok_or_else(|| io::Error::other(format!("{local} is not an IP address")))
    }

    fn inherited(
        &self,
        options: &SocketOptions,
    ) -> io::Result<Vec<Inherited<Listener, PacketConn>>> {
        inherited::take(options)
    }
}

/// Sets the options, and `nodelay` by default where the host has it.
fn set_stream_options(
    socket: &Socket,
    endpoint: &Endpoint,
    options: &SocketOptions,
) -> io::Result<()> {
    let wanted = endpoint.as_ip().is_some() && options.nodelay().is_none();
    if wanted && host_kind().supports(OptionName::NoDelay) {
        // It is a default, so a host that turns out not to have it is fine.
        let _ = options::set(socket, SocketOption::NoDelay(true));
    }
    control::prepare(socket, endpoint, options)
}
