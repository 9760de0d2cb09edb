use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use net_traits::{
    Backend, Endpoint, EndpointKind, Family, Inherited, OptionName, SocketOption, SocketOptions,
    Timer, UnixAddress, async_trait,
};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpSocket, UdpSocket};

use crate::listener::Listener;
use crate::packet::PacketConn;
use crate::sleep::Sleep;
use crate::socket_file::SocketFile;
use crate::stream::Stream;
use crate::{control, inherited, linger, lookup, names, options, sys};

/// The longest queue that Linux allows by default (`net.core.somaxconn`).
const BACKLOG: u32 = 4096;

/// The backend: the operating system's sockets, by tokio.
///
/// Its methods must be called inside a tokio runtime. A lookup runs on a thread of its own, at
/// most 500 at once; the program may end before it has returned.
#[derive(Debug, Clone, Copy, Default)]
pub struct Native {
    _private: (),
}

impl Native {
    /// Creates the backend.
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
                let linger = linger::take(&SockRef::from(&socket))?;
                let socket = TcpSocket::from_std_stream(socket.into());
                let stream = Stream::tcp(socket.connect(address).await?);
                linger::restore(&stream.sock_ref(), linger)?;
                Ok(stream)
            }
            EndpointKind::Unix(address) => {
                let name = sys::socket_name(address)?;
                let socket = open_unix(Type::STREAM, local, remote, options)?;
                socket.connect(&name)?;
                Ok(Stream::unix(sys::unix_stream(socket)?))
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
                if sys::REUSES_ADDRESSES && options.reuse_addr().is_none() {
                    socket.set_reuse_address(true)?;
                }
                // Streams that it accepts inherit them.
                set_stream_options(&socket, local, options)?;
                socket.bind(&address.into())?;
                socket.listen(backlog)?;
                Ok(Listener::tcp(TcpListener::from_std(socket.into())?))
            }
            EndpointKind::Unix(address) => {
                let socket = open_unix(Type::STREAM, Some(local), local, options)?;
                let file = address.as_path().map(SocketFile::at).transpose()?;
                socket.listen(backlog)?;
                Ok(Listener::unix(sys::unix_listener(socket)?).with_file(file))
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
                match remote {
                    Some(remote) => socket.connect(&ip(remote)?.into())?,
                    None => sys::ignore_unreachable(&socket)?,
                }
                options::set_bound(&SockRef::from(&socket), options)?;
                Ok(PacketConn::udp(UdpSocket::from_std(socket.into())?))
            }
            EndpointKind::Unix(_) => {
                let name = remote.map(unix_name).transpose()?;
                let socket = open_unix(Type::DGRAM, local, endpoint, options)?;
                if let Some(name) = name {
                    socket.connect(&name)?;
                }
                Ok(PacketConn::unix(sys::unix_datagram(socket)?))
            }
            _ => Err(unsupported(endpoint)),
        }
    }

    async fn lookup(&self, name: &str, family: Family) -> io::Result<Vec<IpAddr>> {
        lookup::addresses(name, family).await
    }

    async fn lookup_addr(&self, address: IpAddr) -> io::Result<Vec<String>> {
        Ok(vec![lookup::name(address).await?])
    }

    fn zone_index(&self, interface: &str) -> io::Result<u32> {
        sys::zone_index(interface)
    }

    /// Returns the local address of a datagram socket that is connected to the remote one.
    fn source(&self, remote: SocketAddr) -> io::Result<IpAddr> {
        let socket = open(remote, Type::DGRAM)?;
        socket.connect(&remote.into())?;
        let local = names::endpoint(&socket.local_addr()?);
        local
            .ip()
            .ok_or_else(|| io::Error::other(format!("{local} is not an IP address")))
    }

    /// Takes the sockets of systemd's socket activation, on Unix.
    ///
    /// Options that matter only before a socket is bound are passed over, as are those that
    /// a socket of its kind does not have; the hook does not run. On an error no socket is
    /// taken. The environment stays as it is, since a change of it is not sound while other
    /// threads run; children see that `LISTEN_PID` is not theirs.
    fn inherited(
        &self,
        options: &SocketOptions,
    ) -> io::Result<Vec<Inherited<Listener, PacketConn>>> {
        inherited::take(options)
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

/// Opens a Unix socket on `local`, if given, that is going to be connected or bound to
/// `address`.
fn open_unix(
    kind: Type,
    local: Option<&Endpoint>,
    address: &Endpoint,
    options: &SocketOptions,
) -> io::Result<Socket> {
    // First, since not every system has such sockets.
    let local = local.map(unix_name).transpose()?;
    let socket = Socket::new(Domain::UNIX, kind, None)?;
    socket.set_nonblocking(true)?;
    control::prepare(&SockRef::from(&socket), address, options)?;
    if let Some(local) = local {
        socket.bind(&local)?;
    }
    Ok(socket)
}

/// Sets the options, with `nodelay` on by default.
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

fn unix_name(endpoint: &Endpoint) -> io::Result<SockAddr> {
    let address: &UnixAddress = endpoint.as_unix().ok_or_else(|| mixed(endpoint))?;
    sys::socket_name(address)
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
