//! A network that is nowhere but in memory: every connect reaches the test.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::net::Shutdown;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use net_run::network::{
    Family, Interest, Lookup, LookupError, Network, Readiness, Received, Socket, SocketKind,
    SocketOption,
};
use net_run::{Address, Errno};

#[derive(Clone, Default)]
pub(super) struct MemoryNetwork(Arc<Mutex<VecDeque<FarEnd>>>);

impl MemoryNetwork {
    /// The test's end of the next connection that the guest has made.
    pub(super) fn connected(&self) -> Option<FarEnd> {
        self.0.lock().unwrap().pop_front()
    }
}

impl Network for MemoryNetwork {
    fn open(&mut self, _: Family, _: SocketKind) -> Result<Box<dyn Socket>, Errno> {
        Ok(Box::new(MemorySocket {
            network: self.clone(),
            peer: None,
        }))
    }

    fn lookup(&mut self, _: &str) -> Lookup {
        Box::new(|| Err(LookupError::NoSuchName))
    }
}

/// What is on its way, in both directions.
#[derive(Default)]
struct Wire {
    to_guest: VecDeque<u8>,
    from_guest: Vec<u8>,
    ended: bool,
    waker: Option<Waker>,
}

/// The test's end of a connection.
#[derive(Clone, Default)]
pub(super) struct FarEnd(Arc<Mutex<Wire>>);

impl FarEnd {
    /// Sends to the guest.
    pub(super) fn put(&self, bytes: &[u8]) {
        let mut wire = self.0.lock().unwrap();
        wire.to_guest.extend(bytes);
        wire.waker.take().into_iter().for_each(Waker::wake);
    }

    /// Sends no more.
    pub(super) fn end(&self) {
        let mut wire = self.0.lock().unwrap();
        wire.ended = true;
        wire.waker.take().into_iter().for_each(Waker::wake);
    }

    /// What the guest has sent.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap().from_guest)
    }
}

struct MemorySocket {
    network: MemoryNetwork,
    peer: Option<(FarEnd, Address)>,
}

impl MemorySocket {
    fn with<T>(&self, run: impl FnOnce(&mut Wire) -> Result<T, Errno>) -> Result<T, Errno> {
        let (far, _) = self.peer.as_ref().ok_or(Errno::NOTCONN)?;
        run(&mut far.0.lock().unwrap())
    }
}

impl Socket for MemorySocket {
    fn bind(&mut self, _: &Address) -> Result<(), Errno> {
        Err(Errno::NOTSUP)
    }

    fn listen(&mut self, _: i32) -> Result<(), Errno> {
        Err(Errno::NOTSUP)
    }

    fn accept(&mut self) -> Result<(Box<dyn Socket>, Address), Errno> {
        Err(Errno::NOTSUP)
    }

    fn connect(&mut self, address: &Address) -> Result<(), Errno> {
        let far = FarEnd::default();
        self.peer = Some((far.clone(), address.clone()));
        self.network.0.lock().unwrap().push_back(far);
        Ok(())
    }

    fn recv(&mut self, buf: &mut [u8], _: bool) -> Result<Received, Errno> {
        self.with(|wire| {
            if wire.to_guest.is_empty() && !wire.ended {
                return Err(Errno::AGAIN);
            }
            let len = buf.len().min(wire.to_guest.len());
            for (place, byte) in buf.iter_mut().zip(wire.to_guest.drain(..len)) {
                *place = byte;
            }
            Ok(Received {
                len,
                truncated: false,
            })
        })
    }

    fn recv_from(
        &mut self,
        buf: &mut [u8],
        peek: bool,
    ) -> Result<(Received, Option<Address>), Errno> {
        Ok((self.recv(buf, peek)?, None))
    }

    fn send(&mut self, bufs: &[IoSlice<'_>]) -> Result<usize, Errno> {
        self.with(|wire| {
            for buf in bufs {
                wire.from_guest.extend_from_slice(buf);
            }
            Ok(bufs.iter().map(|buf| buf.len()).sum())
        })
    }

    fn send_to(&mut self, _: &[IoSlice<'_>], _: &Address) -> Result<usize, Errno> {
        Err(Errno::NOTSUP)
    }

    fn shutdown(&mut self, _: Shutdown) -> Result<(), Errno> {
        Ok(())
    }

    fn local_address(&self) -> Result<Address, Errno> {
        Err(Errno::NOTSUP)
    }

    fn peer_address(&self) -> Result<Address, Errno> {
        let peer = self.peer.as_ref().map(|(_, address)| address.clone());
        peer.ok_or(Errno::NOTCONN)
    }

    fn option(&mut self, _: SocketOption) -> Result<i32, Errno> {
        Ok(0)
    }

    fn set_option(&mut self, _: SocketOption, _: i32) -> Result<(), Errno> {
        Ok(())
    }

    fn readiness(&self) -> Readiness<'_> {
        Readiness::Polled
    }

    fn poll_ready(&mut self, interest: Interest, waker: &Waker) -> Interest {
        let ready = self.with(|wire| {
            let read = interest.read && (wire.ended || !wire.to_guest.is_empty());
            if !read && !interest.write {
                wire.waker = Some(waker.clone());
            }
            Ok(Interest {
                read,
                write: interest.write,
            })
        });
        // Without a connection, to try is what tells.
        ready.unwrap_or(interest)
    }
}
