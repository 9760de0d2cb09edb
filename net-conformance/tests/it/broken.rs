//! A backend that does one thing wrong.

mod listener;
mod packet_conn;
mod stream;

use std::io;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use net_traits::{Backend, Endpoint, Family, OptionName, SocketOptions, Timer, async_trait};

use listener::BrokenListener;
use packet_conn::BrokenPacketConn;
use stream::BrokenStream;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    /// A byte of what is written changes on the way.
    CorruptsData,
    /// Reads never see the end.
    LosesTheEnd,
    /// Reads wait without leaving word.
    LosesWakes,
    /// An accept takes a connection, and then waits once more.
    DropsWhatItAccepted,
    /// A write half that is dropped says nothing.
    KeepsHalvesOpen,
    /// A reset looks like an end.
    HidesResets,
    /// Dropping does not close.
    LeaksStreams,
    /// Dropping does not close.
    LeaksListeners,
    /// Every error is another kind.
    LosesKinds,
    /// Waits are shorter than asked for.
    WakesEarly,
    /// Attempts to connect go on when their future is dropped.
    ConnectsRegardless,
    /// Datagrams are cut in silence.
    CutsInSilence,
    /// Sockets do not know their address.
    ForgetsAddresses,
    /// Options that it does not have, or that are invalid, are taken and forgotten.
    IgnoresOptions,
    /// What was peeked is not read again.
    PeeksForGood,
    /// Half a second of linger becomes none.
    RoundsLingerDown,
    /// Of the tasks that wait for datagrams, it wakes the last.
    WakesTheLastAlone,
    /// Reads and writes that could go on forever do.
    NeverGivesWay,
}

/// A backend, or a part of one, and what is wrong with it.
#[derive(Debug, Clone)]
pub(crate) struct Broken<B> {
    pub(crate) beneath: B,
    pub(crate) defect: Defect,
}

impl<B> Broken<B> {
    fn error(&self, error: io::Error) -> io::Error {
        match self.defect {
            Defect::LosesKinds => io::Error::other(error),
            _ => error,
        }
    }
}

impl<B: Backend> Timer for Broken<B> {
    type Sleep = B::Sleep;

    fn now(&self) -> Instant {
        self.beneath.now()
    }

    fn sleep_until(&self, deadline: Instant) -> B::Sleep {
        let early = match self.defect {
            Defect::WakesEarly => (deadline - self.now().min(deadline)) / 2,
            _ => Duration::ZERO,
        };
        self.beneath
            .sleep_until(deadline.checked_sub(early).unwrap())
    }
}

#[async_trait]
impl<B: Backend> Backend for Broken<B> {
    type Stream = BrokenStream<B::Stream>;
    type Listener = BrokenListener<B::Listener>;
    type PacketConn = BrokenPacketConn<B::PacketConn>;

    fn host(&self) -> &'static str {
        "broken"
    }

    fn supports(&self, option: OptionName) -> bool {
        let has_none = self.defect == Defect::IgnoresOptions && option == OptionName::NoDelay;
        !has_none && self.beneath.supports(option)
    }

    async fn connect(
        &self,
        remote: &Endpoint,
        local: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Self::Stream> {
        let connected = if self.defect == Defect::ConnectsRegardless {
            let (beneath, remote) = (self.beneath.clone(), remote.clone());
            let (local, options) = (local.cloned(), options.clone());
            let (give, take) = tokio::sync::oneshot::channel();
            tokio::spawn(async move {
                let connected = beneath.connect(&remote, local.as_ref(), &options).await;
                std::mem::forget(give.send(connected));
            });
            take.await.unwrap()
        } else {
            self.beneath.connect(remote, local, options).await
        };
        match connected {
            Ok(stream) => Ok(BrokenStream::new(stream, self.defect)),
            Err(error) => Err(self.error(error)),
        }
    }

    async fn listen(
        &self,
        local: &Endpoint,
        options: &SocketOptions,
    ) -> io::Result<Self::Listener> {
        let listener = self.beneath.listen(local, options).await;
        let listener = listener.map_err(|error| self.error(error))?;
        Ok(BrokenListener::new(listener, self.defect))
    }

    async fn packet(
        &self,
        local: Option<&Endpoint>,
        remote: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Self::PacketConn> {
        let beneath = self.beneath.packet(local, remote, options).await?;
        Ok(BrokenPacketConn::new(beneath, self.defect))
    }

    async fn lookup(&self, name: &str, family: Family) -> io::Result<Vec<IpAddr>> {
        self.beneath.lookup(name, family).await
    }
}
