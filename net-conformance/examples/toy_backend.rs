//! A whole backend, pipes between the ports of one process, and the kit on it.
//! `cargo test -p net-conformance --example toy_backend` tests it.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, atomic};
use std::task::{Context, Poll};
use std::{collections::HashMap, convert::Infallible, pin::Pin, time::Instant};

use net_conformance::{Capability, Case, Fixture, conformance};
use net_traits::{
    Backend, Endpoint, Error, Family, Listener, Operation, OptionName, Result, SocketOption,
    SocketOptions, Stream, Timer, UnsupportedOption, async_trait,
};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use tokio::sync::mpsc;

/// The queues of listeners, by port.
#[derive(Debug, Clone, Default)]
struct Toy(Arc<Mutex<HashMap<u16, mpsc::Sender<Pipe>>>>);

impl Timer for Toy {
    type Sleep = tokio::time::Sleep;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, deadline: Instant) -> Self::Sleep {
        tokio::time::sleep_until(deadline.into())
    }
}

#[async_trait]
impl Backend for Toy {
    type Stream = Pipe;
    type Listener = Queue;
    type PacketConn = Infallible;

    fn host(&self) -> &'static str {
        "toy"
    }

    fn supports(&self, option: OptionName) -> bool {
        option == OptionName::Backlog
    }

    async fn connect(
        &self,
        remote: &Endpoint,
        local: Option<&Endpoint>,
        options: &SocketOptions,
    ) -> io::Result<Pipe> {
        backlog(options)?;
        let port = remote.port().ok_or(ErrorKind::Unsupported)?;
        let queue = self.0.lock().unwrap().get(&port).cloned();
        let queue = queue.ok_or(ErrorKind::ConnectionRefused)?;
        let here = localhost(local.and_then(Endpoint::port));
        let there = localhost(Some(port));
        let ((read, their_write), (their_read, write)) = (duplex(1 << 16), duplex(1 << 16));
        let theirs = Pipe(their_read, their_write, there.clone(), here.clone());
        let sent = queue.send(theirs).await;
        sent.map_err(|_| ErrorKind::ConnectionRefused)?;
        Ok(Pipe(read, write, here, there))
    }

    async fn listen(&self, local: &Endpoint, options: &SocketOptions) -> io::Result<Queue> {
        let ip = local.ip().ok_or(ErrorKind::Unsupported)?;
        if !ip.is_loopback() && !ip.is_unspecified() {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
        let local = SocketAddr::new(ip, localhost(local.port()).port().unwrap_or(0));
        let (sender, pipes) = mpsc::channel(backlog(options)?);
        let mut queues = self.0.lock().unwrap();
        // A queue is closed when its listener is gone.
        match queues.get(&local.port()) {
            Some(queue) if !queue.is_closed() => return Err(ErrorKind::AddrInUse.into()),
            _ => queues.insert(local.port(), sender),
        };
        Ok(Queue(local.into(), tokio::sync::Mutex::new(pipes)))
    }

    async fn packet(
        &self,
        _: Option<&Endpoint>,
        _: Option<&Endpoint>,
        _: &SocketOptions,
    ) -> io::Result<Infallible> {
        let problem = "datagrams are not supported by toy";
        Err(io::Error::new(ErrorKind::Unsupported, problem))
    }

    async fn lookup(&self, _: &str, _: Family) -> io::Result<Vec<IpAddr>> {
        Err(ErrorKind::NotFound.into())
    }
}

/// The length of a queue; the toy has no other option.
fn backlog(options: &SocketOptions) -> io::Result<usize> {
    options.iter().try_fold(128, |_, option| match option {
        SocketOption::Backlog(length) => Ok(length.max(1) as usize),
        other => Err(refused(other.name())),
    })
}

fn refused(option: OptionName) -> io::Error {
    UnsupportedOption::new(option, "toy").into()
}

/// A port of this machine: a free one, unless it is given.
fn localhost(port: Option<u16>) -> Endpoint {
    static NEXT: atomic::AtomicU16 = atomic::AtomicU16::new(0);
    let free = || (1 << 15) | NEXT.fetch_add(1, atomic::Ordering::Relaxed);
    let port = port.filter(|port| *port > 0).unwrap_or_else(free);
    SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()
}

/// A listener: its address, and who waits for it.
#[derive(Debug)]
struct Queue(Endpoint, tokio::sync::Mutex<mpsc::Receiver<Pipe>>);

#[async_trait]
impl Listener for Queue {
    type Stream = Pipe;

    async fn accept(&self) -> Result<(Pipe, Endpoint)> {
        let pipe = self.1.lock().await.recv().await;
        let pipe = pipe.ok_or_else(|| Error::new(Operation::Accept, ErrorKind::NotConnected))?;
        let peer = pipe.3.clone();
        Ok((pipe, peer))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Ok(self.0.clone())
    }
}

/// What comes in, what goes out, and the addresses of here and there.
#[derive(Debug)]
struct Pipe(DuplexStream, DuplexStream, Endpoint, Endpoint);

impl Stream for Pipe {
    type ReadHalf = DuplexStream;
    type WriteHalf = DuplexStream;

    fn into_split(self) -> (DuplexStream, DuplexStream) {
        (self.0, self.1)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Ok(self.2.clone())
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        Ok(self.3.clone())
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        Err(Error::new(Operation::SetOption, refused(option.name())))
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        Err(Error::new(Operation::GetOption, refused(name)))
    }
}

type Polled<T> = Poll<io::Result<T>>;

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Polled<()> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Polled<usize> {
        Pin::new(&mut self.1).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled<()> {
        Pin::new(&mut self.1).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled<()> {
        Pin::new(&mut self.1).poll_shutdown(cx)
    }
}

/// How the kit makes it, and what it does without.
impl Fixture for Toy {
    type Backend = Toy;

    fn backend(&self) -> Toy {
        self.clone()
    }

    fn block_on<F: Future>(&self, case: F) -> F::Output {
        net::block_on(case)
    }

    fn lacks(&self, capability: Capability) -> Option<String> {
        Some(format!("pipes have no {capability:?}"))
    }

    fn known_bug(&self, case: &Case) -> Option<String> {
        let needs_sockets = "a_hook_runs_before_a_socket_is_connected_or_bound";
        (case.name() == needs_sockets).then(|| "pipes are no sockets".to_owned())
    }
}

conformance!(Toy::default());

fn main() -> io::Result<()> {
    net_conformance::report(Toy::default, io::stdout()).map(|_| ())
}
