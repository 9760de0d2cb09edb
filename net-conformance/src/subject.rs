use std::fmt::{self, Display};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use net_dial::Net;
use net_time::{self as time, Timeout};
use net_traits::{Backend, Endpoint, Error, Listener, OptionName, PacketConn, Timer};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::fixture::{Capability, Fixture, Pair};

/// The outcome of a case.
pub(crate) type Checked = Result<()>;

/// A running case.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Checked> + 'a>>;

/// A limit for what happens at once on an idle machine.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// How long a case waits to see that nothing happens.
pub(crate) const QUIET: Duration = Duration::from_millis(100);

/// The listeners of a fixture's backend.
pub(crate) type ListenerOf<F> = <<F as Fixture>::Backend as Backend>::Listener;

/// The datagram sockets of a fixture's backend.
pub(crate) type PacketConnOf<F> = <<F as Fixture>::Backend as Backend>::PacketConn;

/// A backend under test, and what cases do with it.
pub(crate) struct Subject<F: Fixture> {
    pub(crate) fixture: Arc<F>,
    pub(crate) net: Net<F::Backend>,
}

impl<F: Fixture> Clone for Subject<F> {
    fn clone(&self) -> Self {
        Subject {
            fixture: Arc::clone(&self.fixture),
            net: self.net.clone(),
        }
    }
}

/// Ends a case that needs something that the backend lacks.
#[derive(Debug)]
pub(crate) struct Skipped(pub(crate) String);

impl Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Skipped {}

impl<F: Fixture> Subject<F> {
    pub(crate) fn now(&self) -> Instant {
        self.net.backend().now()
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        time::sleep(self.net.backend(), duration).await;
    }

    pub(crate) fn timeout<T: Future>(
        &self,
        duration: Duration,
        future: T,
    ) -> Timeout<F::Backend, T> {
        time::timeout(self.net.backend(), duration, future)
    }

    /// Skips the case if the backend lacks a capability.
    pub(crate) fn needs(&self, capability: Capability) -> Checked {
        match self.fixture.lacks(capability) {
            Some(reason) => bail!(Skipped(reason)),
            None => Ok(()),
        }
    }

    /// Skips the case if the backend does not support an option.
    pub(crate) fn needs_option(&self, option: OptionName) -> Checked {
        if self.supports(option) {
            return Ok(());
        }
        let host = self.net.host();
        bail!(Skipped(format!(
            "{host} does not support the option {option}"
        )))
    }

    /// Skips the case on a machine without IPv6.
    pub(crate) async fn needs_ipv6(&self) -> Checked {
        self.needs(Capability::Ipv6)?;
        match self.net.listen("tcp6", "[::1]:0").await {
            Ok(_) => Ok(()),
            Err(error) => bail!(Skipped(format!("the machine has no ::1: {error}"))),
        }
    }

    pub(crate) async fn has_ipv6(&self) -> bool {
        self.needs_ipv6().await.is_ok()
    }

    pub(crate) fn supports(&self, option: OptionName) -> bool {
        self.net.backend().supports(option)
    }

    pub(crate) async fn listen(&self) -> Result<(ListenerOf<F>, String)> {
        let listener = self.net.listen("tcp", "127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        Ok((listener, address))
    }

    /// Returns a new listener on 127.0.0.1, and its port.
    pub(crate) async fn listen_on_port(&self) -> Result<(ListenerOf<F>, u16)> {
        let (listener, _) = self.listen().await?;
        let port = listener.local_addr()?.port();
        Ok((listener, port.context("it has no port")?))
    }

    pub(crate) async fn pair(&self) -> Result<Pair<F>> {
        Ok(self.fixture.pair(&self.net).await?)
    }

    /// Returns a datagram socket and its address.
    pub(crate) async fn packet_socket(&self) -> Result<(PacketConnOf<F>, Endpoint)> {
        self.needs(Capability::Udp)?;
        let socket = self.net.listen_packet("udp", "127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        Ok((socket, address))
    }

    /// Returns a connected datagram socket, its peer, and the address of the peer.
    pub(crate) async fn packet_pair(&self) -> Result<(PacketConnOf<F>, PacketConnOf<F>, Endpoint)> {
        let (server, address) = self.packet_socket().await?;
        let client = self.net.dial_packet("udp", &address.to_string()).await?;
        Ok((client, server, address))
    }

    /// Returns both ends of a new connection to a listener that nobody else dials.
    pub(crate) async fn pair_on(&self, listener: &ListenerOf<F>, address: &str) -> Result<Pair<F>> {
        let (dialed, (accepted, _)) =
            tokio::try_join!(self.net.dial("tcp", address), listener.accept())?;
        Ok((dialed, accepted))
    }

    /// Writes zeros to a peer that does not read until the buffers are full, and
    /// returns their number.
    pub(crate) async fn fill(&self, stream: &mut (impl AsyncWrite + Unpin)) -> Result<usize> {
        let chunk = vec![0; 64 << 10];
        let mut sent = 0;
        while let Ok(written) = self.timeout(QUIET, stream.write(&chunk)).await {
            sent += written?;
            ensure!(
                sent < 1 << 30,
                "a peer that does not read does not block writes"
            );
        }
        Ok(sent)
    }

    /// Checks that the error says that the backend does not support an option.
    pub(crate) fn ensure_unsupported(&self, error: &Error, option: OptionName) -> Checked {
        ensure_kind(error, io::ErrorKind::Unsupported)?;
        ensure_mentions(error, &[option.name(), self.net.host()])
    }
}

/// Sends one byte in each direction.
pub(crate) async fn round_trip<S: net_traits::Stream>(
    one: &mut S,
    other: &mut S,
) -> io::Result<()> {
    for (from, to, byte) in [(0, 1, 7), (1, 0, 8)] {
        let ends = [&mut *one, &mut *other];
        ends[from].write_u8(byte).await?;
        let got = ends[to].read_u8().await?;
        if got != byte {
            return Err(io::Error::other(format!("read {got}, not {byte}")));
        }
    }
    Ok(())
}

/// Echoes until the end.
pub(crate) async fn echo<S: net_traits::Stream>(stream: S) -> io::Result<()> {
    let (mut read, mut write) = stream.into_split();
    tokio::io::copy(&mut read, &mut write).await?;
    Ok(())
}

/// Returns bytes of which each part is different.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(&mut next).take(len).collect()
}

/// A result that must be an error.
pub(crate) trait Fails<E> {
    /// Returns the error; a success fails the case.
    fn fails(self, why: &str) -> Result<E>;
}

impl<T, E> Fails<E> for Result<T, E> {
    fn fails(self, why: &str) -> Result<E> {
        match self {
            Ok(_) => bail!("it succeeded, but must fail: {why}"),
            Err(error) => Ok(error),
        }
    }
}

/// Errors that have a kind.
pub(crate) trait HasKind: Display {
    fn kind(&self) -> io::ErrorKind;
}

impl HasKind for io::Error {
    fn kind(&self) -> io::ErrorKind {
        io::Error::kind(self)
    }
}

impl HasKind for Error {
    fn kind(&self) -> io::ErrorKind {
        Error::kind(self)
    }
}

pub(crate) fn ensure_kind(error: &impl HasKind, kind: io::ErrorKind) -> Checked {
    let found = error.kind();
    ensure!(found == kind, "a {found:?}, not a {kind:?}: {error}");
    Ok(())
}

/// Checks that an error means that the connection is gone.
pub(crate) fn ensure_gone(error: &impl HasKind) -> Checked {
    use io::ErrorKind::{BrokenPipe, ConnectionReset};
    let is_gone = matches!(error.kind(), ConnectionReset | BrokenPipe);
    ensure!(is_gone, "a {:?}: {error}", error.kind());
    Ok(())
}

/// What an endpoint prints is parsed as that endpoint.
pub(crate) fn ensure_parses_back(endpoint: &Endpoint) -> Checked {
    let parsed: Endpoint = endpoint.to_string().parse()?;
    ensure!(parsed == *endpoint, "{endpoint} is parsed as {parsed}");
    Ok(())
}

/// Checks that the error's message contains each part.
pub(crate) fn ensure_mentions(error: &impl Display, parts: &[&str]) -> Checked {
    let message = error.to_string();
    for part in parts {
        ensure!(message.contains(part), "no {part:?} in: {message}");
    }
    Ok(())
}
