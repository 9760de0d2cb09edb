use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use net_traits::{
    Backend, Endpoint, EndpointKind, Family, Inherited, OptionName, SocketOption, SocketOptions,
    Timer, UnixAddress, async_trait,
};
use socket2::{Domain, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpSocket, UdpSocket};

use crate::listener::Listener;
use crate::packet::PacketConn;
use crate::sleep::Sleep;
use crate::stream::Stream;
use crate::{control, names, options, sys};

/// As long as Linux lets it be by default (`net.core.somaxconn`).
const BACKLOG: u32 = 4096;

/// The backend: the operating system's sockets, by tokio.
///
/// Its methods must be called inside a tokio runtime.
#[derive(Debug, Clone, Copy, Default)]
pub struct Native {
    _private: (),
}

impl Native {
    /// The system's sockets.
    #[must_use]
    pub fn new() -> Self {
        Native::default()
    }
}

impl Timer for Native {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::until(deadline)
    }
}

#[async_trait]
impl Backend for Native {
    type Stream = Stream;
    type Listener = Listener;
    type PacketConn = PacketConn;

    fn host(&self) -> &'static str {
        options::HOST
    }

    fn supports(&self, option: OptionName) -> bool {
        options::supports(option)
    }

    async fn connect(
        &self,
        remote: &Endpoint,
        local: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Stream> {
        match remote.kind() {
            EndpointKind::Ip(address) => {
                let socket = open(address, Type::STREAM)?;
                set_stream_options(&socket, remote, options)?;
                if let Some(local) = local {
                    socket.bind(&ip(local)?.into())?;
                }
                let socket = TcpSocket::from_std_stream(socket.into());
                Ok(Stream::tcp(socket.connect(address).await?))
            }
            EndpointKind::Unix(address) => {
                let local = local.map(unix_address).transpose()?;
                Ok(Stream::unix(sys::connect(address, local, options)?))
            }
            _ => Err(unsupported(remote)),
        }
    }

    async fn listen(&self, local: &Endpoint, options: &SocketOptions) -> io::Result<Listener> {
        let backlog = options.backlog().unwrap_or(BACKLOG);
        let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
        match local.kind() {
            EndpointKind::Ip(address) => {
                let socket = open(address, Type::STREAM)?;
                // On Windows the option would let others take the port.
                if cfg!(unix) && options.reuse_addr().is_none() {
                    socket.set_reuse_address(true)?;
                }
                // Streams that it accepts inherit them.
                set_stream_options(&socket, local, options)?;
                socket.bind(&address.into())?;
                socket.listen(backlog)?;
                Ok(Listener::tcp(TcpListener::from_std(socket.into())?))
            }
            EndpointKind::Unix(address) => {
                Ok(Listener::unix(sys::listen(address, options, backlog)?))
            }
            _ => Err(unsupported(local)),
        }
    }

    async fn packet(
        &self,
        local: Option<&Endpoint>,
        remote: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<PacketConn> {
        let Some(endpoint) = remote.or(local) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "neither a local nor a remote address",
            ));
        };
        match endpoint.kind() {
            EndpointKind::Ip(of_family) => {
                let socket = open(of_family, Type::DGRAM)?;
                control::prepare(&SockRef::from(&socket), endpoint, options)?;
                if let Some(local) = local {
                    socket.bind(&ip(local)?.into())?;
                }
                if let Some(remote) = remote {
                    socket.connect(&ip(remote)?.into())?;
                }
                PacketConn::udp(UdpSocket::from_std(socket.into())?)
            }
            EndpointKind::Unix(_) => {
                let local = local.map(unix_address).transpose()?;
                let remote = remote.map(unix_address).transpose()?;
                Ok(PacketConn::unix(sys::datagram(local, remote, options)?))
            }
            _ => Err(unsupported(endpoint)),
        }
    }

    /// Asks the system's resolver, on a thread of its own.
    async fn lookup(&self, name: &str, _family: Family) -> io::Result<Vec<IpAddr>> {
        let mut addresses = Vec::new();
        for found in tokio::net::lookup_host((name, 0)).await? {
            if !addresses.contains(&found.ip()) {
                addresses.push(found.ip());
            }
        }
        if addresses.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "no address of this name",
            ));
        }
        Ok(addresses)
    }

    fn zone_index(&self, interface: &str) -> io::Result<u32> {
        sys::zone_index(interface)
    }

    /// That of a datagram socket which is connected to the remote address.
    fn source(&self, remote: SocketAddr) -> io::Result<IpAddr> {
        let socket = open(remote, Type::DGRAM)?;
        socket.connect(&remote.into())?;
        let local = names::endpoint(&socket.local_addr()?);
        local
            .ip()
            .ok_or_else(|| io::Error::other(format!("{local} is not an IP address")))
    }

    fn inherited(
        &self,
        _options: &SocketOptions,
    ) -> io::Result<Vec<Inherited<Listener, PacketConn>>> {
        sys::inherited()
    }
}

fn open(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        // Systems differ in their defaults.
        socket.set_only_v6(false)?;
    }
    Ok(socket)
}

/// Sets the options, and `nodelay` where nothing was said of it.
fn set_stream_options(
    socket: &Socket,
    address: &Endpoint,
    options: &SocketOptions,
) -> io::Result<()> {
    let socket = SockRef::from(socket);
    if options.nodelay().is_none() {
        options::set(&socket, SocketOption::NoDelay(true))?;
    }
    control::prepare(&socket, address, options)
}

fn ip(endpoint: &Endpoint) -> io::Result<SocketAddr> {
    endpoint.as_ip().ok_or_else(|| mixed(endpoint))
}

fn unix_address(endpoint: &Endpoint) -> io::Result<&UnixAddress> {
    endpoint.as_unix().ok_or_else(|| mixed(endpoint))
}

fn mixed(endpoint: &Endpoint) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("{endpoint} is an address of another network than the peer's"),
    )
}

fn unsupported(endpoint: &Endpoint) -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        format!("addresses such as {endpoint} are not supported by this system"),
    )
}
