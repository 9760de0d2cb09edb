use std::future::ready;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;

use crate::dialer::{Erased, parse};
use crate::{
    Address, BoxFuture, BoxListener, BoxPacketConn, BoxStream, Dialer, Listener, Operation,
    PacketConn, Result,
};

/// A whole network: dials, listens, opens datagram sockets and looks names up.
///
/// A library that opens sockets of its own takes it: a server, QUIC, DNS, FTP.
/// So does a test that is to run on any network.
///
/// ```
/// use net_traits::{Listener, Network, PacketConn, Result};
///
/// /// Serves the same port over TCP and UDP.
/// async fn open<N: Network>(network: &N) -> Result<(N::Listener, N::PacketConn)> {
///     let listener = network.listen("tcp", "127.0.0.1:0").await?;
///     let address = listener.local_addr()?.to_string();
///     Ok((listener, network.listen_packet("udp", &address).await?))
/// }
/// ```
///
/// It is implemented as [`Dialer`] is, by the methods that receive an
/// [`Address`]. As a trait object it is a [`BoxNetwork`].
#[async_trait]
pub trait Network: Dialer {
    /// The type of its listeners.
    type Listener: Listener<Stream = Self::Stream> + 'static;
    /// The type of its datagram sockets.
    type PacketConn: PacketConn + 'static;

    /// Listens for streams on a local address. An empty host is every local
    /// address, and port 0 lets the system choose.
    ///
    /// # Errors
    ///
    /// Returns an error if the address cannot be bound. It must name the network and
    /// the address as given. On a datagram network an implementation must fail with
    /// [`InvalidInput`](std::io::ErrorKind::InvalidInput).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future must close what it had opened.
    async fn listen_on(&self, local: Address) -> Result<Self::Listener>;

    /// Opens a datagram socket on a local address.
    ///
    /// # Errors
    ///
    /// As [`listen_on`](Network::listen_on), with the two sorts of networks
    /// exchanged.
    ///
    /// # Cancel safety
    ///
    /// As [`listen_on`](Network::listen_on).
    async fn listen_packet_on(&self, local: Address) -> Result<Self::PacketConn>;

    /// Opens a datagram socket that is connected to an address: it sends there
    /// and receives from there only.
    ///
    /// # Errors
    ///
    /// As [`dial_to`](Dialer::dial_to), with the two sorts of networks exchanged.
    ///
    /// # Cancel safety
    ///
    /// As [`listen_on`](Network::listen_on).
    async fn dial_packet_to(&self, remote: Address) -> Result<Self::PacketConn>;

    /// Looks up the addresses of a name, in the order in which a dialer would
    /// try them (RFC 6724).
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NotFound`](std::io::ErrorKind::NotFound) if the
    /// name has no address, [`InvalidInput`](std::io::ErrorKind::InvalidInput) if
    /// it is not a valid name, or what the resolver said.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future must cancel the lookup.
    async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>>;

    /// Listens for streams: `tcp`, `tcp4` or `tcp6` with `host:port`, or `unix`
    /// with a path; see [`listen_on`](Network::listen_on).
    ///
    /// # Errors
    ///
    /// Returns an error if the text is invalid, and those of
    /// [`listen_on`](Network::listen_on).
    fn listen<'a>(&'a self, network: &str, local: &str) -> BoxFuture<'a, Result<Self::Listener>> {
        match parse(Operation::Listen, network, local) {
            Ok(local) => self.listen_on(local),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    /// Opens a datagram socket: `udp`, `udp4` or `udp6` with `host:port`, or
    /// `unixgram` with a path; see [`listen_packet_on`](Network::listen_packet_on).
    ///
    /// # Errors
    ///
    /// Returns an error if the text is invalid, and those of
    /// [`listen_packet_on`](Network::listen_packet_on).
    fn listen_packet<'a>(
        &'a self,
        network: &str,
        local: &str,
    ) -> BoxFuture<'a, Result<Self::PacketConn>> {
        match parse(Operation::ListenPacket, network, local) {
            Ok(local) => self.listen_packet_on(local),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    /// Opens a connected datagram socket; see
    /// [`dial_packet_to`](Network::dial_packet_to).
    ///
    /// # Errors
    ///
    /// Returns an error if the text is invalid, and those of
    /// [`dial_packet_to`](Network::dial_packet_to).
    fn dial_packet<'a>(
        &'a self,
        network: &str,
        remote: &str,
    ) -> BoxFuture<'a, Result<Self::PacketConn>> {
        match parse(Operation::Dial, network, remote) {
            Ok(remote) => self.dial_packet_to(remote),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    /// Erases the type of the network and those of its sockets.
    fn boxed_network(self) -> BoxNetwork
    where
        Self: Sized + 'static,
    {
        Box::new(Erased(self))
    }
}

/// Any [`Network`], its type erased; see [`Network::boxed_network`].
pub type BoxNetwork =
    Box<dyn Network<Stream = BoxStream, Listener = BoxListener, PacketConn = BoxPacketConn>>;

#[async_trait]
impl<N: Network> Network for Erased<N> {
    type Listener = BoxListener;
    type PacketConn = BoxPacketConn;

    async fn listen_on(&self, local: Address) -> Result<BoxListener> {
        self.0.listen_on(local).await.map(Listener::boxed)
    }

    async fn listen_packet_on(&self, local: Address) -> Result<BoxPacketConn> {
        let socket = self.0.listen_packet_on(local).await?;
        Ok(Box::new(socket))
    }

    async fn dial_packet_to(&self, remote: Address) -> Result<BoxPacketConn> {
        let socket = self.0.dial_packet_to(remote).await?;
        Ok(Box::new(socket))
    }

    async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>> {
        self.0.lookup(name).await
    }
}

macro_rules! forward {
    ($type:ty) => {
        #[async_trait]
        impl<N: Network + ?Sized> Network for $type {
            type Listener = N::Listener;
            type PacketConn = N::PacketConn;

            async fn listen_on(&self, local: Address) -> Result<N::Listener> {
                (**self).listen_on(local).await
            }

            async fn listen_packet_on(&self, local: Address) -> Result<N::PacketConn> {
                (**self).listen_packet_on(local).await
            }

            async fn dial_packet_to(&self, remote: Address) -> Result<N::PacketConn> {
                (**self).dial_packet_to(remote).await
            }

            async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>> {
                (**self).lookup(name).await
            }
        }
    };
}

forward!(&N);
forward!(Box<N>);
forward!(Arc<N>);
