//! A network around another one, which resets each connection after a number
//! of bytes.

use std::io::IoSlice;
use std::net::Shutdown;
use std::task::Waker;

use net_run::network::{
    Family, Interest, Lookup, Network, Readiness, Received, Socket, SocketKind, SocketOption,
};
use net_run::{Address, Errno};

pub(super) struct Limited<N> {
    inner: N,
    bytes: usize,
}

impl<N> Limited<N> {
    pub(super) fn new(inner: N, bytes: usize) -> Self {
        Limited { inner, bytes }
    }
}

impl<N: Network> Network for Limited<N> {
    fn open(&mut self, family: Family, kind: SocketKind) -> Result<Box<dyn Socket>, Errno> {
        let inner = self.inner.open(family, kind)?;
        Ok(Box::new(LimitedSocket {
            inner,
            left: self.bytes,
        }))
    }

    fn lookup(&mut self, name: &str) -> Lookup {
        self.inner.lookup(name)
    }
}

struct LimitedSocket {
    inner: Box<dyn Socket>,
    left: usize,
}

impl LimitedSocket {
    fn check(&self) -> Result<(), Errno> {
        if self.left == 0 {
            Err(Errno::CONNRESET)
        } else {
            Ok(())
        }
    }

    fn used(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }
}

impl Socket for LimitedSocket {
    fn bind(&mut self, address: &Address) -> Result<(), Errno> {
        self.inner.bind(address)
    }

    fn listen(&mut self, backlog: i32) -> Result<(), Errno> {
        self.inner.listen(backlog)
    }

    fn accept(&mut self) -> Result<(Box<dyn Socket>, Address), Errno> {
        let (inner, peer) = self.inner.accept()?;
        Ok((
            Box::new(LimitedSocket {
                inner,
                left: self.left,
            }),
            peer,
        ))
    }

    fn connect(&mut self, address: &Address) -> Result<(), Errno> {
        self.inner.connect(address)
    }

    fn recv(&mut self, buf: &mut [u8], peek: bool) -> Result<Received, Errno> {
        self.check()?;
        let received = self.inner.recv(buf, peek)?;
        self.used(received.len);
        Ok(received)
    }

    fn recv_from(
        &mut self,
        buf: &mut [u8],
        peek: bool,
    ) -> Result<(Received, Option<Address>), Errno> {
        self.check()?;
        self.inner.recv_from(buf, peek)
    }

    fn send(&mut self, bufs: &[IoSlice<'_>]) -> Result<usize, Errno> {
        self.check()?;
        let sent = self.inner.send(bufs)?;
        self.used(sent);
        Ok(sent)
    }

    fn send_to(&mut self, bufs: &[IoSlice<'_>], address: &Address) -> Result<usize, Errno> {
        self.check()?;
        self.inner.send_to(bufs, address)
    }

    fn shutdown(&mut self, how: Shutdown) -> Result<(), Errno> {
        self.inner.shutdown(how)
    }

    fn local_address(&self) -> Result<Address, Errno> {
        self.inner.local_address()
    }

    fn peer_address(&self) -> Result<Address, Errno> {
        self.inner.peer_address()
    }

    fn option(&mut self, option: SocketOption) -> Result<i32, Errno> {
        self.inner.option(option)
    }

    fn set_option(&mut self, option: SocketOption, value: i32) -> Result<(), Errno> {
        self.inner.set_option(option, value)
    }

    fn readiness(&self) -> Readiness<'_> {
        self.inner.readiness()
    }

    fn poll_ready(&mut self, interest: Interest, waker: &Waker) -> Interest {
        self.inner.poll_ready(interest, waker)
    }
}
