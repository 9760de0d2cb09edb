//! A whole backend, pipes between the ports of one process, and the kit on it.
//! `cargo test -p net-conformance --example toy_backend` tests it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;

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
    type Sleep = Pin<Box<tokio::time::Sleep>>;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn sleep_until(&self, deadline: Instant) -> Self::Sleep {
        Box::pin(tokio::time::sleep_until(deadline.into()))
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
        let remote = remote.port().ok_or(ErrorKind::Unsupported)?;
        let queue = self.0.lock().unwrap().get(&remote).cloned();
        let queue = queue.ok_or(ErrorKind::ConnectionRefused)?;
        let place = queue.reserve().await;
        let place = place.map_err(|_| ErrorKind::ConnectionRefused)?;
        let wanted = local.and_then(Endpoint::port).filter(|port| *port > 0);
        let (there, here) = (
            localhost(remote),
            localhost(wanted.unwrap_or_else(free_port)),
        );
        let ((read, their_write), (their_read, write)) = (duplex(1 << 16), duplex(1 << 16));
        place.send(Pipe(their_read, their_write, there.clone(), here.clone()));
        Ok(Pipe(read, write, here, there))
    }

    async fn listen(&self, local: &Endpoint, options: &SocketOptions) -> io::Result<Queue> {
        let mut local = local.as_ip().ok_or(ErrorKind::Unsupported)?;
        if !local.ip().is_loopback() && !local.ip().is_unspecified() {
            return Err(ErrorKind::AddrNotAvailable.into());
        }
        if local.port() == 0 {
            local.set_port(free_port());
        }
        let (sender, pipes) = mpsc::channel(backlog(options)?);
        let mut ports = self.0.lock().unwrap();
        if ports.contains_key(&local.port()) {
            return Err(ErrorKind::AddrInUse.into());
        }
        ports.insert(local.port(), sender);
        Ok(Queue(self.clone(), local, tokio::sync::Mutex::new(pipes)))
    }

    async fn packet(
        &self,
        _local: Option<&Endpoint>,
        _remote: Option<&Endpoint>,
        _options: &SocketOptions,
    ) -> io::Result<Infallible> {
        Err(io::Error::new(
            ErrorKind::Unsupported,
            "datagrams are not supported by toy",
        ))
    }

    async fn lookup(&self, _name: &str, _family: Family) -> io::Result<Vec<IpAddr>> {
        Err(ErrorKind::NotFound.into())
    }
}

/// The length of a queue; the toy has no other option.
fn backlog(options: &SocketOptions) -> io::Result<usize> {
    let mut length = 128;
    for option in options.iter() {
        match option {
            SocketOption::Backlog(backlog) => length = backlog.max(1) as usize,
            other => return Err(UnsupportedOption::new(other.name(), "toy").into()),
        }
    }
    Ok(length)
}

fn localhost(port: u16) -> Endpoint {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()
}

fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    (1 << 15) | NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A listener: its network, its address, and who waits for it.
#[derive(Debug)]
struct Queue(Toy, SocketAddr, tokio::sync::Mutex<mpsc::Receiver<Pipe>>);

#[async_trait]
impl Listener for Queue {
    type Stream = Pipe;

    async fn accept(&self) -> Result<(Pipe, Endpoint)> {
        let pipe = self.2.lock().await.recv().await;
        let pipe = pipe.ok_or_else(|| Error::new(Operation::Accept, ErrorKind::NotConnected))?;
        let peer = pipe.3.clone();
        Ok((pipe, peer))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Ok(self.1.into())
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().remove(&self.1.port());
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
        let refused = UnsupportedOption::new(option.name(), "toy");
        Err(Error::new(Operation::SetOption, io::Error::from(refused)))
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        let refused = UnsupportedOption::new(name, "toy");
        Err(Error::new(Operation::GetOption, io::Error::from(refused)))
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
        (case.name() == "a_hook_runs_before_a_socket_is_connected_or_bound")
            .then(|| "there are no sockets to show to it".to_owned())
    }
}

conformance!(Toy::default());

fn main() -> io::Result<()> {
    net_conformance::report(Toy::default, io::stdout()).map(|_| ())
}
