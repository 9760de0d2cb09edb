//! How a host opens sockets: where they are bound, and what they may reach.

use std::io::{self, ErrorKind};

use net_traits::{Endpoint, UnixAddress};

use crate::address::{bindable, dialable};
use crate::options::Options;
use crate::state::State;
use crate::wire::cargo::EndId;
use crate::wire::packet::{Flow, Protocol};

impl State {
    /// Asks for a connection to `remote`.
    pub(crate) fn connect(
        &mut self,
        host: usize,
        remote: &Endpoint,
        local: Option<&Endpoint>,
        options: Options,
    ) -> io::Result<EndId> {
        let (protocol, to) = match remote.ip() {
            Some(ip) if ip.is_unspecified() => (Protocol::Tcp, host),
            Some(ip) => {
                let owner = self.hosts.owner(host, ip);
                (Protocol::Tcp, owner.ok_or(ErrorKind::HostUnreachable)?)
            }
            None => (Protocol::Unix, host),
        };
        let local = self.dialable(host, local, remote)?;
        if protocol == Protocol::Unix {
            self.ensure_listening(host, remote)?;
        }
        let flow = Flow {
            protocol,
            from: self.hosts.place(host, local),
            to: self.hosts.place(to, remote.clone()),
        };
        Ok(self.connections.connect(&mut self.wire, flow, options))
    }

    /// Listens on `local`. Returns the listener's index.
    pub(crate) fn listen(
        &mut self,
        host: usize,
        local: &Endpoint,
        options: Options,
    ) -> io::Result<usize> {
        let bound = &self.connections.bindings;
        let is_free = |local: &Endpoint| bound.is_free(host, local, options.v6only);
        let local = bindable(&mut self.hosts, host, local, is_free)?;
        if local.as_unix().is_some() && !self.mailboxes.bindings.is_free(host, &local, true) {
            return Err(ErrorKind::AddrInUse.into());
        }
        Ok(self.connections.listen(host, &local, options))
    }

    /// Opens a datagram socket on `local`, connected to `remote` if given.
    /// Returns its index.
    pub(crate) fn open_mailbox(
        &mut self,
        host: usize,
        local: Option<&Endpoint>,
        remote: Option<&Endpoint>,
        options: Options,
    ) -> io::Result<usize> {
        let local = match remote {
            Some(remote) => self.dialable(host, local, remote)?,
            None => local.cloned().ok_or(ErrorKind::InvalidInput)?,
        };
        let local = if local.as_unix().is_some_and(UnixAddress::is_unnamed) {
            local
        } else {
            let bound = &self.mailboxes.bindings;
            let is_free = |local: &Endpoint| bound.is_free(host, local, options.v6only);
            bindable(&mut self.hosts, host, &local, is_free)?
        };
        Ok(self.mailboxes.open(host, &local, remote.cloned(), options))
    }

    fn dialable(
        &mut self,
        host: usize,
        wanted: Option<&Endpoint>,
        remote: &Endpoint,
    ) -> io::Result<Endpoint> {
        let connections = &self.connections;
        dialable(&mut self.hosts, host, wanted, remote, |local| {
            connections.is_pair_free(host, local, remote)
                && connections.bindings.is_free(host, local, true)
        })
    }

    /// Checks that a Unix stream can reach `remote`.
    fn ensure_listening(&self, host: usize, remote: &Endpoint) -> io::Result<()> {
        if self.mailboxes.bindings.find(host, remote).is_some() {
            return Err(ErrorKind::InvalidInput.into());
        }
        if self.connections.bindings.find(host, remote).is_none() {
            return Err(ErrorKind::NotFound.into());
        }
        Ok(())
    }
}
