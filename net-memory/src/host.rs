use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use net_traits::{Backend, Endpoint, Family, OptionName, SocketOptions, Timer, async_trait};

use crate::listener::Listener;
use crate::network::Network;
use crate::options::{self, Options};
use crate::packet_conn::PacketConn;
use crate::shared::Shared;
use crate::stream::Stream;

/// A host on a [`Network`]: a [`Backend`] for programs that run on it.
///
/// It is cheap to clone; clones are the same host.
#[derive(Debug, Clone)]
pub struct Host {
    shared: Arc<Shared>,
    index: usize,
}

impl Network {
    /// Returns the host with this name. If there is none yet, it is added, with
    /// an IPv4 and an IPv6 address.
    ///
    /// # Panics
    ///
    /// Panics if all addresses are taken: there are 16 million.
    #[must_use]
    pub fn host(&self, name: &str) -> Host {
        let index = self.shared.with(|state| match state.hosts.find(name) {
            Some(index) => Ok(index),
            None => state.hosts.add(name, &[]),
        });
        Host {
            shared: Arc::clone(&self.shared),
            index: index.expect("a new name gets free addresses"),
        }
    }

    /// Adds a host with these addresses.
    ///
    /// # Panics
    ///
    /// Panics if the name or an address is taken, or if an address is not one
    /// that a host can have.
    #[track_caller]
    #[must_use]
    pub fn host_at(&self, name: &str, addresses: &[IpAddr]) -> Host {
        let added = self.shared.with(|state| state.hosts.add(name, addresses));
        Host {
            shared: Arc::clone(&self.shared),
            index: added.unwrap_or_else(|problem| panic!("{problem}")),
        }
    }
}

impl Host {
    /// Returns the network that the host is on.
    #[must_use]
    pub fn network(&self) -> Network {
        Network {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Returns the name of the host.
    #[must_use]
    pub fn name(&self) -> String {
        self.shared
            .with(|state| state.hosts.get(self.index).name.to_string())
    }

    /// Returns the addresses of the host, without those of loopback.
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        self.shared
            .with(|state| state.hosts.get(self.index).addresses.clone())
    }
}

impl Timer for Host {
    type Sleep = Sleep;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep(Box::pin(tokio::time::sleep_until(deadline.into())))
    }
}

/// The future of [`Timer::sleep_until`] on a [`Host`]. It follows tokio's clock,
/// which a test may pause.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Sleep(Pin<Box<tokio::time::Sleep>>);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

#[async_trait]
impl Backend for Host {
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
        let options = Options::of(options, remote)?;
        let id = self
            .shared
            .with(|state| state.connect(self.index, remote, local, options))?;
        // From here on a dropped future closes what was opened.
        let stream = Stream::new(&self.shared, id);
        std::future::poll_fn(|cx| stream.poll_connected(cx)).await?;
        Ok(stream)
    }

    async fn listen(&self, local: &Endpoint, options: &SocketOptions) -> io::Result<Listener> {
        let options = Options::of(options, local)?;
        let index = self
            .shared
            .with(|state| state.listen(self.index, local, options))?;
        Ok(Listener::new(&self.shared, index))
    }

    async fn packet(
        &self,
        local: Option<&Endpoint>,
        remote: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<PacketConn> {
        let address = remote.or(local).ok_or(ErrorKind::InvalidInput)?;
        let options = Options::of(options, address)?;
        let index = self
            .shared
            .with(|state| state.open_mailbox(self.index, local, remote, options))?;
        Ok(PacketConn::new(&self.shared, index))
    }

    /// By the network's table of names, or as the name of a host.
    async fn lookup(&self, name: &str, _family: Family) -> io::Result<Vec<IpAddr>> {
        let question = self.shared.with(|state| state.ask(self.index, name));
        let found = std::future::poll_fn(|cx| question.poll(cx)).await;
        found.map_err(io::Error::from)
    }

    fn source(&self, remote: SocketAddr) -> io::Result<IpAddr> {
        let source = self
            .shared
            .with(|state| state.hosts.source(self.index, remote.ip()));
        source.ok_or(ErrorKind::NetworkUnreachable.into())
    }
}
