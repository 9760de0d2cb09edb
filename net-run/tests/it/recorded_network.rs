//! A network that only notes what it is asked for, so that tests can dial
//! public addresses without a packet leaving the machine.

use std::collections::HashMap;
use std::io::IoSlice;
use std::net::{IpAddr, Shutdown};
use std::sync::{Arc, Mutex};

use net_run::network::{
    Family, Interest, Lookup, LookupError, Network, Readiness, Received, Socket, SocketKind,
    SocketOption,
};
use net_run::{Address, Errno};

/// What reached the network, in its order.
#[derive(Clone, Default)]
pub(crate) struct Record(Arc<Mutex<Vec<String>>>);

impl Record {
    fn add(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A network with a table of names, whose sockets succeed at everything.
#[derive(Clone, Default)]
pub(crate) struct RecordedNetwork {
    pub(crate) record: Record,
    names: HashMap<String, Vec<IpAddr>>,
}

impl RecordedNetwork {
    pub(crate) fn new(names: &[(&str, &[&str])]) -> Self {
        let addresses = |list: &[&str]| list.iter().map(|ip| ip.parse().unwrap()).collect();
        RecordedNetwork {
            record: Record::default(),
            names: names
                .iter()
                .map(|(name, list)| ((*name).to_owned(), addresses(list)))
                .collect(),
        }
    }
}

impl Network for RecordedNetwork {
    fn open(&mut self, _: Family, _: SocketKind) -> Result<Box<dyn Socket>, Errno> {
        Ok(Box::new(RecordedSocket(self.record.clone())))
    }

    fn lookup(&mut self, name: &str) -> Lookup {
        self.record.add(format!("lookup {name}"));
        let found = self.names.get(name).cloned();
        Box::new(move || found.ok_or(LookupError::NoSuchName))
    }
}

struct RecordedSocket(Record);

impl Socket for RecordedSocket {
    fn bind(&mut self, address: &Address) -> Result<(), Errno> {
        self.0.add(format!("bind {address}"));
        Ok(())
    }

    fn listen(&mut self, _: i32) -> Result<(), Errno> {
        self.0.add("listen".to_owned());
        Ok(())
    }

    fn accept(&mut self) -> Result<(Box<dyn Socket>, Address), Errno> {
        Err(Errno::NOTSUP)
    }

    fn connect(&mut self, address: &Address) -> Result<(), Errno> {
        self.0.add(format!("connect {address}"));
        Ok(())
    }

    fn recv(&mut self, _: &mut [u8], _: bool) -> Result<Received, Errno> {
        Err(Errno::NOTSUP)
    }

    fn recv_from(&mut self, _: &mut [u8], _: bool) -> Result<(Received, Option<Address>), Errno> {
        Err(Errno::NOTSUP)
    }

    fn send(&mut self, bufs: &[IoSlice<'_>]) -> Result<usize, Errno> {
        Ok(bufs.iter().map(|buf| buf.len()).sum())
    }

    fn send_to(&mut self, bufs: &[IoSlice<'_>], address: &Address) -> Result<usize, Errno> {
        self.0.add(format!("send {address}"));
        self.send(bufs)
    }

    fn shutdown(&mut self, _: Shutdown) -> Result<(), Errno> {
        Ok(())
    }

    fn local_address(&self) -> Result<Address, Errno> {
        Err(Errno::NOTSUP)
    }

    fn peer_address(&self) -> Result<Address, Errno> {
        Err(Errno::NOTSUP)
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

    fn poll_ready(&mut self, interest: Interest, _: &std::task::Waker) -> Interest {
        interest
    }
}
