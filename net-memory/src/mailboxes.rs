//! Datagram sockets, UDP and Unix alike.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};

use net_traits::{Endpoint, EndpointKind, Received, UnixAddress};
use slab::Slab;

use crate::address::source_of;
use crate::bindings::Bindings;
use crate::hosts::Hosts;
use crate::options::Options;
use crate::waiters::Waiters;
use crate::wire::Wire;
use crate::wire::cargo::{Cargo, MailboxId};
use crate::wire::packet::{Flow, Packet, PacketKind, Place, Protocol};
use crate::wire::trace::Fate;

/// The longest payload of UDP over IPv4.
const LONGEST: usize = 65507;

#[derive(Debug)]
pub(crate) struct Mailbox {
    serial: u64,
    pub(crate) host: usize,
    pub(crate) local: Endpoint,
    pub(crate) peer: Option<Endpoint>,
    pub(crate) options: Options,
    queue: VecDeque<(Endpoint, Box<[u8]>)>,
    queued: usize,
    error: Option<ErrorKind>,
    readers: Waiters,
    /// The Unix socket that had no room for a datagram of this one.
    blocked_on: Option<usize>,
    writers: Waiters,
}

impl Mailbox {
    fn has_room(&self) -> bool {
        self.queued < self.options.recv_buffer
    }
}

#[derive(Debug, Default)]
pub(crate) struct Mailboxes {
    list: Slab<Mailbox>,
    next_serial: u64,
    pub(crate) bindings: Bindings,
}

impl Mailboxes {
    pub(crate) fn get(&self, index: usize) -> &Mailbox {
        &self.list[index]
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> &mut Mailbox {
        &mut self.list[index]
    }

    /// Opens a socket. Returns its index.
    pub(crate) fn open(
        &mut self,
        host: usize,
        local: &Endpoint,
        peer: Option<Endpoint>,
        options: Options,
    ) -> usize {
        let v6only = options.v6only;
        let serial = self.next_serial;
        self.next_serial += 1;
        let mailbox = self.list.insert(Mailbox {
            serial,
            host,
            local: local.clone(),
            peer,
            options,
            queue: VecDeque::new(),
            queued: 0,
            error: None,
            readers: Waiters::default(),
            blocked_on: None,
            writers: Waiters::default(),
        });
        if !local.as_unix().is_some_and(UnixAddress::is_unnamed) {
            self.bindings.bind(host, local, v6only, mailbox);
        }
        mailbox
    }

    pub(crate) fn close(&mut self, wire: &mut Wire, index: usize) {
        let mailbox = self.list.remove(index);
        if mailbox.local != Endpoint::from(UnixAddress::unnamed()) {
            self.bindings.unbind(mailbox.host, &mailbox.local, index);
        }
        self.wake_senders_to(wire, index);
    }

    pub(crate) fn try_receive(
        &mut self,
        wire: &mut Wire,
        index: usize,
        buf: &mut [u8],
    ) -> io::Result<Received> {
        let mailbox = &mut self.list[index];
        if let Some(error) = mailbox.error.take() {
            return Err(error.into());
        }
        let (from, bytes) = mailbox.queue.pop_front().ok_or(ErrorKind::WouldBlock)?;
        mailbox.queued -= bytes.len() + 1;
        let count = bytes.len().min(buf.len());
        buf[..count].copy_from_slice(&bytes[..count]);
        if from.as_unix().is_some() {
            self.wake_senders_to(wire, index);
        }
        Ok(Received::new(count, from).truncated(bytes.len() > count))
    }

    fn wake_senders_to(&mut self, wire: &mut Wire, index: usize) {
        for (_, sender) in &mut self.list {
            if sender.blocked_on == Some(index) {
                sender.blocked_on = None;
                sender.writers.wake(&mut wire.woken);
            }
        }
    }

    pub(crate) fn poll_readable(&mut self, index: usize, cx: &Context<'_>) -> Poll<()> {
        let mailbox = &mut self.list[index];
        if mailbox.error.is_some() || !mailbox.queue.is_empty() {
            return Poll::Ready(());
        }
        mailbox.readers.add(cx);
        Poll::Pending
    }

    pub(crate) fn poll_writable(&mut self, index: usize, cx: &Context<'_>) -> Poll<()> {
        let mailbox = &mut self.list[index];
        if mailbox.blocked_on.is_none() {
            return Poll::Ready(());
        }
        mailbox.writers.add(cx);
        Poll::Pending
    }

    /// Sends a datagram. `listening` are the listeners, which share the names
    /// of Unix sockets.
    pub(crate) fn try_send(
        &mut self,
        wire: &mut Wire,
        hosts: &Hosts,
        listening: &Bindings,
        index: usize,
        buf: &[u8],
        target: Option<&Endpoint>,
    ) -> io::Result<usize> {
        let mailbox = &mut self.list[index];
        if let Some(error) = mailbox.error.take() {
            return Err(error.into());
        }
        let target = target.or(mailbox.peer.as_ref());
        let target = target.ok_or(ErrorKind::NotConnected)?.clone();
        match target.kind() {
            EndpointKind::Unix(_) => {
                let is_stream = listening.find(mailbox.host, &target).is_some();
                self.send_on_host(wire, hosts, index, buf, target, is_stream)?;
            }
            EndpointKind::Ip(address) if buf.len() > LONGEST => {
                return Err(io::Error::new(
                    ErrorKind::InvalidInput,
                    format!("message too long for {address}: at most {LONGEST} bytes"),
                ));
            }
            EndpointKind::Ip(address) if address.ip() == IpAddr::V4(Ipv4Addr::BROADCAST) => {
                self.broadcast(wire, hosts, index, buf, &target)?;
            }
            _ => self.send_by_ip(wire, hosts, index, buf, target)?,
        }
        Ok(buf.len())
    }

    fn send_by_ip(
        &mut self,
        wire: &mut Wire,
        hosts: &Hosts,
        index: usize,
        buf: &[u8],
        target: Endpoint,
    ) -> io::Result<()> {
        let mailbox = &self.list[index];
        let from = source_of(hosts, mailbox.host, &mailbox.local, &target)?;
        let to_ip = target.ip().ok_or(ErrorKind::InvalidInput)?;
        if target.port() == Some(0) {
            return Err(ErrorKind::InvalidInput.into());
        }
        let owner = hosts.owner(mailbox.host, to_ip);
        let flow = Arc::new(Flow {
            protocol: Protocol::Udp,
            from: hosts.place(mailbox.host, from),
            to: match owner {
                Some(owner) => hosts.place(owner, target),
                None => Place {
                    host: usize::MAX,
                    name: "nobody".into(),
                    endpoint: target,
                },
            },
        });
        if owner.is_some() {
            self.post(wire, index, &flow, buf);
        } else {
            let packet = Packet::new(&flow, PacketKind::Datagram, buf.len());
            wire.record(&packet, Fate::Lost);
        }
        Ok(())
    }

    fn post(&mut self, wire: &mut Wire, index: usize, flow: &Arc<Flow>, buf: &[u8]) {
        let packet = Packet::new(flow, PacketKind::Datagram, buf.len());
        let from = MailboxId {
            index,
            serial: self.list[index].serial,
        };
        let bytes = buf.into();
        wire.send(packet, Cargo::Datagram { from, bytes });
    }

    fn broadcast(
        &mut self,
        wire: &mut Wire,
        hosts: &Hosts,
        index: usize,
        buf: &[u8],
        target: &Endpoint,
    ) -> io::Result<()> {
        let mailbox = &self.list[index];
        if !mailbox.options.broadcast {
            return Err(ErrorKind::PermissionDenied.into());
        }
        let host = mailbox.host;
        let own = &hosts.get(host).addresses;
        let own = own.iter().find(|ip| ip.is_ipv4());
        let own = own.ok_or(ErrorKind::NetworkUnreachable)?;
        let port = mailbox.local.port().unwrap_or(0);
        let from = Endpoint::from(SocketAddr::new(*own, port));
        for other in hosts.all() {
            let flow = Arc::new(Flow {
                protocol: Protocol::Udp,
                from: hosts.place(host, from.clone()),
                to: hosts.place(other, target.clone()),
            });
            self.post(wire, index, &flow, buf);
        }
        Ok(())
    }

    /// Sends to a path of this host, whose socket must be there and have room.
    fn send_on_host(
        &mut self,
        wire: &mut Wire,
        hosts: &Hosts,
        index: usize,
        buf: &[u8],
        target: Endpoint,
        is_stream: bool,
    ) -> io::Result<()> {
        let host = self.list[index].host;
        let Some(receiver) = self.bindings.find(host, &target) else {
            let error = if is_stream {
                ErrorKind::InvalidInput
            } else {
                ErrorKind::NotFound
            };
            return Err(error.into());
        };
        if !self.list[receiver].has_room() {
            self.list[index].blocked_on = Some(receiver);
            return Err(ErrorKind::WouldBlock.into());
        }
        let flow = Arc::new(Flow {
            protocol: Protocol::Unix,
            from: hosts.place(host, self.list[index].local.clone()),
            to: hosts.place(host, target),
        });
        self.post(wire, index, &flow, buf);
        Ok(())
    }

    /// A datagram arrives.
    pub(crate) fn receive(
        &mut self,
        wire: &mut Wire,
        packet: &Packet,
        sender: MailboxId,
        bytes: Box<[u8]>,
    ) {
        let Flow { from, to, .. } = &*packet.flow;
        let receiver = self.bindings.find(to.host, &to.endpoint);
        let receiver = receiver.filter(|&index| {
            let peer = &self.list[index].peer;
            peer.as_ref().is_none_or(|peer| *peer == from.endpoint)
        });
        let Some(receiver) = receiver else {
            self.not_reached(wire, packet, sender);
            return;
        };
        let mailbox = &mut self.list[receiver];
        if !mailbox.has_room() {
            wire.record(packet, Fate::NoRoom);
            return;
        }
        // An empty datagram takes room too.
        mailbox.queued += bytes.len() + 1;
        mailbox.queue.push_back((from.endpoint.clone(), bytes));
        mailbox.readers.wake(&mut wire.woken);
    }

    /// Tells a connected sender that nobody receives its datagrams
    /// (RFC 1122 §4.1.3.3).
    pub(crate) fn not_reached(&mut self, wire: &mut Wire, packet: &Packet, sender: MailboxId) {
        let is_told = self
            .sender(sender)
            .is_some_and(|mailbox| mailbox.peer.as_ref() == Some(packet.to()));
        if is_told {
            let back = Arc::new(packet.flow.back());
            let packet = Packet::new(&back, PacketKind::Unreachable, 0);
            wire.send(packet, Cargo::Unreachable { to: sender });
        }
    }

    pub(crate) fn take_unreachable(&mut self, wire: &mut Wire, to: MailboxId) {
        if let Some(mailbox) = self.sender(to) {
            mailbox.error = Some(ErrorKind::ConnectionRefused);
            mailbox.readers.wake(&mut wire.woken);
        }
    }

    /// The sender of a datagram, if it is still there.
    fn sender(&mut self, id: MailboxId) -> Option<&mut Mailbox> {
        let mailbox = self.list.get_mut(id.index);
        mailbox.filter(|mailbox| mailbox.serial == id.serial)
    }
}
