//! Sockets for datagrams, UDP and Unix alike.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::task::{Context, Poll};

use net_traits::{Endpoint, EndpointKind, Received, UnixAddress};

use crate::options::Options;
use crate::packet::{Flow, Packet, PacketKind, Protocol};
use crate::state::State;
use crate::trace::Fate;
use crate::transport::Cargo;
use crate::waiters::Waiters;

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

impl State {
    pub(crate) fn new_mailbox(
        &mut self,
        host: usize,
        local: &Endpoint,
        peer: Option<Endpoint>,
        options: Options,
    ) -> usize {
        let v6only = options.v6only;
        let serial = self.next_connection;
        self.next_connection += 1;
        let mailbox = self.mailboxes.insert(Mailbox {
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
            self.mailing.bind(host, local, v6only, mailbox);
        }
        mailbox
    }

    pub(crate) fn close_mailbox(&mut self, index: usize) {
        let mailbox = self.mailboxes.remove(index);
        if !mailbox.local.as_unix().is_some_and(UnixAddress::is_unnamed) {
            self.mailing.unbind(mailbox.host, &mailbox.local, index);
        }
        self.wake_senders_to(index);
    }

    pub(crate) fn try_receive(&mut self, index: usize, buf: &mut [u8]) -> io::Result<Received> {
        let mailbox = &mut self.mailboxes[index];
        if let Some(error) = mailbox.error.take() {
            return Err(error.into());
        }
        let (from, bytes) = mailbox.queue.pop_front().ok_or(ErrorKind::WouldBlock)?;
        mailbox.queued -= bytes.len() + 1;
        let count = bytes.len().min(buf.len());
        buf[..count].copy_from_slice(&bytes[..count]);
        if from.as_unix().is_some() {
            self.wake_senders_to(index);
        }
        Ok(Received::new(count, from).truncated(bytes.len() > count))
    }

    fn wake_senders_to(&mut self, index: usize) {
        for (_, sender) in &mut self.mailboxes {
            if sender.blocked_on == Some(index) {
                sender.blocked_on = None;
                sender.writers.wake(&mut self.woken);
            }
        }
    }

    pub(crate) fn poll_readable(&mut self, index: usize, cx: &Context<'_>) -> Poll<()> {
        let mailbox = &mut self.mailboxes[index];
        if mailbox.error.is_some() || !mailbox.queue.is_empty() {
            return Poll::Ready(());
        }
        mailbox.readers.add(cx);
        Poll::Pending
    }

    pub(crate) fn poll_writable(&mut self, index: usize, cx: &Context<'_>) -> Poll<()> {
        let mailbox = &mut self.mailboxes[index];
        if mailbox.blocked_on.is_none() {
            return Poll::Ready(());
        }
        mailbox.writers.add(cx);
        Poll::Pending
    }

    pub(crate) fn try_send(
        &mut self,
        index: usize,
        buf: &[u8],
        target: Option<&Endpoint>,
    ) -> io::Result<usize> {
        let mailbox = &mut self.mailboxes[index];
        if let Some(error) = mailbox.error.take() {
            return Err(error.into());
        }
        let target = target.or(mailbox.peer.as_ref());
        let target = target.ok_or(ErrorKind::NotConnected)?.clone();
        match target.kind() {
            EndpointKind::Unix(_) => self.send_on_host(index, buf, target)?,
            EndpointKind::Ip(address) if buf.len() > LONGEST => {
                return Err(io::Error::new(
                    ErrorKind::InvalidInput,
                    format!("message too long for {address}: at most {LONGEST} bytes"),
                ));
            }
            EndpointKind::Ip(address) if address.ip() == IpAddr::V4(Ipv4Addr::BROADCAST) => {
                self.broadcast(index, buf, &target)?;
            }
            _ => self.send_by_ip(index, buf, target)?,
        }
        Ok(buf.len())
    }

    fn send_by_ip(&mut self, index: usize, buf: &[u8], target: Endpoint) -> io::Result<()> {
        let mailbox = &self.mailboxes[index];
        let (host, local) = (mailbox.host, mailbox.local.clone());
        let from = self.source_of(host, &local, &target)?;
        let to_ip = target.ip().ok_or(ErrorKind::InvalidInput)?;
        if target.port() == Some(0) {
            return Err(ErrorKind::InvalidInput.into());
        }
        let to = self.hosts.owner(host, to_ip);
        let flow = Arc::new(Flow {
            protocol: Protocol::Udp,
            from: self.hosts.place(host, from),
            to: match to {
                Some(owner) => self.hosts.place(owner, target),
                None => crate::packet::Place {
                    host: usize::MAX,
                    name: "nobody".into(),
                    endpoint: target,
                },
            },
        });
        self.post(index, &flow, buf, to.is_some());
        Ok(())
    }

    fn post(&mut self, index: usize, flow: &Arc<Flow>, buf: &[u8], is_host: bool) {
        let packet = Packet::new(flow, PacketKind::Datagram, buf.len());
        if !is_host {
            self.record(&packet, Fate::Lost);
            return;
        }
        let cargo = Cargo::Datagram {
            bytes: buf.into(),
            sender: index,
            serial: self.mailboxes[index].serial,
        };
        self.send(packet, cargo);
    }

    fn broadcast(&mut self, index: usize, buf: &[u8], target: &Endpoint) -> io::Result<()> {
        let mailbox = &self.mailboxes[index];
        if !mailbox.options.broadcast {
            return Err(ErrorKind::PermissionDenied.into());
        }
        let (host, local) = (mailbox.host, mailbox.local.clone());
        let own = self
            .hosts
            .get(host)
            .addresses
            .iter()
            .find(|ip| ip.is_ipv4());
        let own = own.ok_or(ErrorKind::NetworkUnreachable)?;
        let from = Endpoint::from(std::net::SocketAddr::new(*own, local.port().unwrap_or(0)));
        for other in self.hosts.all() {
            let flow = Arc::new(Flow {
                protocol: Protocol::Udp,
                from: self.hosts.place(host, from.clone()),
                to: self.hosts.place(other, target.clone()),
            });
            self.post(index, &flow, buf, true);
        }
        Ok(())
    }

    /// To a path of this host, whose socket must be there and have room.
    fn send_on_host(&mut self, index: usize, buf: &[u8], target: Endpoint) -> io::Result<()> {
        let host = self.mailboxes[index].host;
        let Some(receiver) = self.mailing.find(host, &target) else {
            let is_stream = self.listening.find(host, &target).is_some();
            let error = if is_stream {
                ErrorKind::InvalidInput
            } else {
                ErrorKind::NotFound
            };
            return Err(error.into());
        };
        if !self.mailboxes[receiver].has_room() {
            self.mailboxes[index].blocked_on = Some(receiver);
            return Err(ErrorKind::WouldBlock.into());
        }
        let flow = Arc::new(Flow {
            protocol: Protocol::Unix,
            from: self.hosts.place(host, self.mailboxes[index].local.clone()),
            to: self.hosts.place(host, target),
        });
        self.post(index, &flow, buf, true);
        Ok(())
    }

    pub(crate) fn take_datagram(
        &mut self,
        packet: &Packet,
        bytes: Box<[u8]>,
        sender: usize,
        serial: u64,
    ) {
        let Flow { from, to, .. } = &*packet.flow;
        let receiver = self.mailing.find(to.host, &to.endpoint);
        let receiver = receiver.filter(|&index| {
            let peer = &self.mailboxes[index].peer;
            peer.as_ref().is_none_or(|peer| *peer == from.endpoint)
        });
        let Some(receiver) = receiver else {
            self.not_reached(packet, sender, serial);
            return;
        };
        let mailbox = &mut self.mailboxes[receiver];
        if !mailbox.has_room() {
            self.record(packet, Fate::NoRoom);
            return;
        }
        // An empty datagram takes room too.
        mailbox.queued += bytes.len() + 1;
        mailbox.queue.push_back((from.endpoint.clone(), bytes));
        mailbox.readers.wake(&mut self.woken);
    }

    /// Tells a sender that has one peer that nobody takes its datagrams
    /// (RFC 1122 §4.1.3.3).
    pub(crate) fn not_reached(&mut self, packet: &Packet, sender: usize, serial: u64) {
        let mailbox = self.mailboxes.get(sender);
        let is_told = mailbox.is_some_and(|mailbox| {
            mailbox.serial == serial && mailbox.peer.as_ref() == Some(packet.to())
        });
        if is_told {
            let back = Arc::new(packet.flow.back());
            let packet = Packet::new(&back, PacketKind::Unreachable, 0);
            self.send(packet, Cargo::Unreachable { sender, serial });
        }
    }

    pub(crate) fn take_unreachable(&mut self, sender: usize, serial: u64) {
        let mailbox = self.mailboxes.get_mut(sender);
        if let Some(mailbox) = mailbox.filter(|mailbox| mailbox.serial == serial) {
            mailbox.error = Some(ErrorKind::ConnectionRefused);
            mailbox.readers.wake(&mut self.woken);
        }
    }
}
