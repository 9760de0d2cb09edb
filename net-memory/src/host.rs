use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use net_traits::{
    Backend, Endpoint, Family, OptionName, SocketOptions, Timer, UnixAddress, async_trait,
};

use crate::connection::EndId;
use crate::listener::Listener;
use crate::network::Network;
use crate::options::{self, Options};
use crate::packet::{Flow, PacketKind, Place, Protocol};
use crate::packet_conn::PacketConn;
use crate::shared::Shared;
use crate::state::State;
use crate::stream::Stream;

/// A host on a [`Network`]: a [`Backend`] for programs that run "on" it.
///
/// It is cheap to clone; clones are the same host.
#[derive(Debug, Clone)]
pub struct Host {
    pub(crate) shared: Arc<Shared>,
    pub(crate) index: usize,
}

impl Host {
    /// The network that it is on.
    #[must_use]
    pub fn network(&self) -> Network {
        Network::of(&self.shared)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        self.shared
            .with(|state| state.hosts.get(self.index).name.to_string())
    }

    /// Its addresses, without those of loopback.
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

/// Waits by tokio's clock, which a test may pause.
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
        let id = self.shared.with(|state| {
            let id = state.begin(self.index, remote, local, options)?;
            state.signal(id, PacketKind::Syn);
            io::Result::Ok(id)
        })?;
        // From here on a dropped future closes what was opened.
        let stream = Stream::new(&self.shared, id);
        std::future::poll_fn(|cx| self.shared.with(|state| state.poll_connected(id, cx))).await?;
        Ok(stream)
    }

    async fn listen(&self, local: &Endpoint, options: &SocketOptions) -> io::Result<Listener> {
        let options = Options::of(options, local)?;
        let index = self.shared.with(|state| {
            let local = state.bindable(self.index, local, options.v6only, |s| &s.listening)?;
            if local.as_unix().is_some() && !state.mailing.is_free(self.index, &local, true) {
                return Err(ErrorKind::AddrInUse.into());
            }
            io::Result::Ok(state.listen(self.index, &local, options))
        })?;
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
        let index = self.shared.with(|state| {
            let local = match remote {
                Some(remote) => state.dialable(self.index, local, remote)?,
                None => address.clone(),
            };
            let is_unnamed = local.as_unix().is_some_and(UnixAddress::is_unnamed);
            let local = if is_unnamed {
                local
            } else {
                state.bindable(self.index, &local, options.v6only, |s| &s.mailing)?
            };
            io::Result::Ok(state.new_mailbox(self.index, &local, remote.cloned(), options))
        })?;
        Ok(PacketConn::new(&self.shared, index))
    }

    /// By the network's table of names, or as the name of a host.
    async fn lookup(&self, name: &str, _family: Family) -> io::Result<Vec<IpAddr>> {
        crate::lookup::lookup(&self.shared, self.index, name).await
    }

    fn source(&self, remote: SocketAddr) -> io::Result<IpAddr> {
        let source = self
            .shared
            .with(|state| state.hosts.source(self.index, remote.ip()));
        source.ok_or(ErrorKind::NetworkUnreachable.into())
    }
}

impl State {
    /// A connection to an address that somebody has.
    fn begin(
        &mut self,
        host: usize,
        remote: &Endpoint,
        local: Option<&Endpoint>,
        options: Options,
    ) -> io::Result<EndId> {
        let (protocol, to) = if let Some(ip) = remote.ip() {
            let owner = if ip.is_unspecified() {
                Some(host)
            } else {
                self.hosts.owner(host, ip)
            };
            (Protocol::Tcp, owner.ok_or(ErrorKind::HostUnreachable)?)
        } else {
            self.dialable(host, local, remote)?;
            if self.mailing.find(host, remote).is_some() {
                return Err(ErrorKind::InvalidInput.into());
            }
            if self.listening.find(host, remote).is_none() {
                return Err(ErrorKind::NotFound.into());
            }
            (Protocol::Unix, host)
        };
        let local = self.dialable(host, local, remote)?;
        let to: Place = self.hosts.place(to, remote.clone());
        let from = self.hosts.place(host, local);
        Ok(self.new_connection(Flow { protocol, from, to }, options))
    }

    fn poll_connected(&mut self, id: EndId, cx: &Context<'_>) -> Poll<io::Result<()>> {
        let end = self.end(id);
        if let Some(error) = end.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if end.is_established {
            return Poll::Ready(Ok(()));
        }
        end.writer = Some(cx.waker().clone());
        Poll::Pending
    }
}
