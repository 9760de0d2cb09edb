//! Connections: what TCP does between two ends, and Unix streams likewise.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind, IoSlice};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use net_traits::Endpoint;
use tokio::io::ReadBuf;

use crate::keepalive::Probes;
use crate::options::Options;
use crate::packet::{Flow, Packet, PacketKind};
use crate::state::State;
use crate::trace::Fate;
use crate::transport::{Cargo, Content};

/// The end of who dialed.
pub(crate) const DIALER: usize = 0;
/// The end of who was dialed.
pub(crate) const ACCEPTOR: usize = 1;

/// An end of a connection that is there: it has an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EndId {
    pub(crate) connection: usize,
    pub(crate) side: usize,
}

impl EndId {
    pub(crate) fn other(self) -> Self {
        EndId {
            side: 1 - self.side,
            ..self
        }
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    /// No other connection had it or will have it.
    pub(crate) serial: u64,
    pub(crate) ends: [End; 2],
    /// The listener at which the acceptor's end waits.
    pub(crate) listener: Option<usize>,
}

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and they change apart"
)]
pub(crate) struct End {
    /// From this end to the other.
    pub(crate) flow: Arc<Flow>,
    pub(crate) options: Options,
    /// Somebody holds it: a stream, or the listener that will give it out.
    pub(crate) is_owned: bool,
    /// Its handshake is done.
    pub(crate) is_established: bool,
    /// It was neither reset nor given up.
    pub(crate) is_alive: bool,
    /// What the next read or write says.
    pub(crate) error: Option<ErrorKind>,

    unread: VecDeque<u8>,
    next_in: u64,
    early: BTreeMap<u64, Content>,
    is_ended: bool,

    next_out: u64,
    /// What the other end has not read yet.
    outstanding: usize,
    is_shut: bool,

    pub(crate) probes: Probes,
    pub(crate) reader: Option<Waker>,
    pub(crate) writer: Option<Waker>,
}

impl End {
    fn new(flow: Flow, options: Options) -> Self {
        End {
            flow: Arc::new(flow),
            options,
            is_owned: false,
            is_established: false,
            is_alive: true,
            error: None,
            unread: VecDeque::new(),
            next_in: 0,
            early: BTreeMap::new(),
            is_ended: false,
            next_out: 0,
            outstanding: 0,
            is_shut: false,
            probes: Probes::default(),
            reader: None,
            writer: None,
        }
    }

    pub(crate) fn wake(&mut self, woken: &mut Vec<Waker>) {
        woken.extend(self.reader.take());
        woken.extend(self.writer.take());
    }

    /// Takes what comes next in order, and then what had come too early.
    fn take(&mut self, seq: u64, content: Content) {
        if seq > self.next_in {
            self.early.insert(seq, content);
            return;
        }
        self.append(content);
        while let Some(entry) = self.early.first_entry() {
            if *entry.key() > self.next_in {
                break;
            }
            let content = entry.remove();
            self.append(content);
        }
    }

    fn append(&mut self, content: Content) {
        match content {
            Content::Bytes(bytes) => {
                self.next_in += bytes.len() as u64;
                self.unread.extend(bytes);
            }
            Content::End => {
                self.next_in += 1;
                self.is_ended = true;
            }
        }
    }
}

impl State {
    /// A connection that is not even asked for yet, owned by its dialer.
    pub(crate) fn new_connection(&mut self, flow: Flow, options: Options) -> EndId {
        let serial = self.next_connection;
        self.next_connection += 1;
        let from = &flow.from;
        self.pairs
            .insert((from.host, from.endpoint.clone(), flow.to.endpoint.clone()));
        let back = flow.back();
        let mut dialer = End::new(flow, options.clone());
        dialer.is_owned = true;
        let connection = self.connections.insert(Connection {
            serial,
            ends: [dialer, End::new(back, options)],
            listener: None,
        });
        EndId {
            connection,
            side: DIALER,
        }
    }

    pub(crate) fn end(&mut self, id: EndId) -> &mut End {
        &mut self.connections[id.connection].ends[id.side]
    }

    /// Sends what has no data from one end to the other.
    pub(crate) fn signal(&mut self, from: EndId, kind: PacketKind) {
        let packet = Packet::new(&self.end(from).flow, kind, 0);
        let cargo = self.cargo(from, 0, None);
        self.send(packet, cargo);
    }

    fn cargo(&self, from: EndId, seq: u64, content: Option<Content>) -> Cargo {
        Cargo::Stream {
            to: from.other(),
            serial: self.connections[from.connection].serial,
            seq,
            content,
        }
    }

    pub(crate) fn poll_read(
        &mut self,
        id: EndId,
        cx: &Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let [one, other] = &mut self.connections[id.connection].ends;
        let (end, peer) = match id.side {
            DIALER => (one, other),
            _ => (other, one),
        };
        if !end.unread.is_empty() {
            let count = end.unread.len().min(buf.remaining());
            let (front, back) = end.unread.as_slices();
            let in_front = count.min(front.len());
            buf.put_slice(&front[..in_front]);
            buf.put_slice(&back[..count - in_front]);
            end.unread.drain(..count);
            peer.outstanding -= count;
            self.woken.extend(peer.writer.take());
            return Poll::Ready(Ok(()));
        }
        if let Some(error) = end.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if end.is_ended || !end.is_alive || buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        end.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    pub(crate) fn poll_write(
        &mut self,
        id: EndId,
        cx: &Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let window = self.window(id);
        let end = self.end(id);
        if let Some(error) = end.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if end.is_shut || !end.is_alive {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        let total: usize = bufs.iter().map(|buf| buf.len()).sum();
        let count = total.min(window.saturating_sub(end.outstanding));
        if count == 0 && total > 0 {
            end.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if count > 0 {
            end.outstanding += count;
            self.send_bytes(id, bufs, count);
        }
        Poll::Ready(Ok(count))
    }

    /// How much may be on its way and unread.
    fn window(&mut self, id: EndId) -> usize {
        let receive = self.end(id.other()).options.recv_buffer;
        self.end(id).options.send_buffer.saturating_add(receive)
    }

    fn send_bytes(&mut self, id: EndId, bufs: &[IoSlice<'_>], count: usize) {
        let end = self.end(id);
        let seq = end.next_out;
        end.next_out += count as u64;
        let packet = Packet::new(&end.flow, PacketKind::Data, count);
        let peer = self.end(id.other());
        let is_next = peer.next_in == seq && peer.is_owned && peer.is_alive;
        if is_next && self.rules.is_empty() {
            // What most tests do all the time: no rule, nothing on its way.
            let peer = self.end(id.other());
            for piece in pieces(bufs, count) {
                peer.unread.extend(piece);
            }
            peer.next_in += count as u64;
            let reader = peer.reader.take();
            self.woken.extend(reader);
            self.record(&packet, Fate::Arrived);
            return;
        }
        let mut bytes = Vec::with_capacity(count);
        for piece in pieces(bufs, count) {
            bytes.extend_from_slice(piece);
        }
        let cargo = self.cargo(id, seq, Some(Content::Bytes(bytes)));
        self.send(packet, cargo);
    }

    /// Ends the stream from this end to the other.
    pub(crate) fn shutdown(&mut self, id: EndId) {
        let end = self.end(id);
        if end.is_shut || !end.is_alive {
            return;
        }
        end.is_shut = true;
        let seq = end.next_out;
        end.next_out += 1;
        let packet = Packet::new(&end.flow, PacketKind::Fin, 0);
        let cargo = self.cargo(id, seq, Some(Content::End));
        self.send(packet, cargo);
        // A write that waits for room is not going to get any.
        let writer = self.end(id).writer.take();
        self.woken.extend(writer);
    }

    /// The owner lets go. Unread data, or a linger of zero, resets (RFC 2525
    /// §2.17, `man 7 socket`).
    pub(crate) fn close(&mut self, id: EndId) {
        let end = self.end(id);
        let resets =
            !end.unread.is_empty() || end.options.linger.is_some_and(|time| time.is_zero());
        if resets || !end.is_established {
            self.abort(id);
            return;
        }
        self.shutdown(id);
        self.disown(id);
    }

    /// The owner lets go, and the other end is told that all is over.
    pub(crate) fn abort(&mut self, id: EndId) {
        let was_alive = std::mem::take(&mut self.end(id).is_alive);
        if was_alive && self.end(id.other()).is_owned {
            self.signal(id, PacketKind::Reset);
        }
        self.disown(id);
    }

    fn disown(&mut self, id: EndId) {
        self.end(id).is_owned = false;
        let connection = &self.connections[id.connection];
        if connection.ends.iter().any(|end| end.is_owned) {
            return;
        }
        let connection = self.connections.remove(id.connection);
        let flow = &connection.ends[DIALER].flow;
        let from = &flow.from;
        let pair = (from.host, from.endpoint.clone(), flow.to.endpoint.clone());
        self.pairs.remove(&pair);
    }

    /// An end learns that the connection is no more.
    pub(crate) fn die(&mut self, id: EndId, error: ErrorKind) {
        let end = &mut self.connections[id.connection].ends[id.side];
        if !std::mem::take(&mut end.is_alive) {
            return;
        }
        end.error = Some(error);
        end.wake(&mut self.woken);
        let is_open = end.is_established;
        if id.side == ACCEPTOR && !is_open {
            self.forget_opening(id);
        }
    }

    /// Data, or the end of it, arrives.
    pub(crate) fn take_content(&mut self, id: EndId, seq: u64, content: Content) {
        let end = self.end(id);
        if !end.is_owned || !end.is_alive {
            end.is_alive = false;
            if matches!(content, Content::Bytes(_)) && self.end(id.other()).is_alive {
                self.signal(id, PacketKind::Reset);
            }
            return;
        }
        end.take(seq, content);
        let reader = end.reader.take();
        self.woken.extend(reader);
        // Data says as well that the handshake is done (RFC 9293 §3.10.7.4).
        self.take_ack(id);
    }

    /// Whether a host may connect from one address to the other.
    pub(crate) fn is_pair_free(&self, host: usize, local: &Endpoint, remote: &Endpoint) -> bool {
        !self.pairs.contains(&(host, local.clone(), remote.clone()))
    }
}

/// The first `count` bytes of several slices.
fn pieces<'a>(bufs: &'a [IoSlice<'_>], count: usize) -> impl Iterator<Item = &'a [u8]> {
    let mut left = count;
    bufs.iter().map_while(move |buf| {
        let taken = left.min(buf.len());
        left -= taken;
        (taken > 0 || left > 0).then(|| &buf[..taken])
    })
}
