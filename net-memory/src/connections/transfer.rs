//! Reading, writing and closing.

use std::io::{self, ErrorKind, IoSlice};
use std::task::{Context, Poll};

use tokio::io::ReadBuf;

use super::table::Connections;
use crate::wire::Wire;
use crate::wire::cargo::{Cargo, Content, EndId, Segment};
use crate::wire::packet::{Packet, PacketKind};
use crate::wire::trace::Fate;

impl Connections {
    pub(crate) fn poll_read(
        &mut self,
        wire: &mut Wire,
        id: EndId,
        cx: &Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut short_reads = self.short_reads.take();
        let (end, peer) = self.both(id);
        let poll = if !end.incoming.is_empty() {
            if end.incoming.wait_for_rest() {
                wire.woken.push(cx.waker().clone());
                Poll::Pending
            } else {
                let count = end.incoming.read(buf, short_reads.as_mut());
                peer.outstanding -= count;
                wire.woken.extend(peer.writer.take());
                Poll::Ready(Ok(()))
            }
        } else if end.incoming.is_ended() {
            // As on Linux: a reset after the end does not hide it.
            Poll::Ready(Ok(()))
        } else if let Some(error) = end.error.take() {
            Poll::Ready(Err(error.into()))
        } else if !end.is_alive || buf.remaining() == 0 {
            Poll::Ready(Ok(()))
        } else {
            end.reader = Some(cx.waker().clone());
            Poll::Pending
        };
        self.short_reads = short_reads;
        poll
    }

    /// Copies what a read would return, or waits for it.
    pub(crate) fn poll_peek(
        &mut self,
        id: EndId,
        cx: &Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let end = self.end(id);
        if !end.incoming.is_empty() {
            end.incoming.peek(buf);
            Poll::Ready(Ok(()))
        } else if end.incoming.is_ended() {
            Poll::Ready(Ok(()))
        } else if let Some(error) = end.error {
            Poll::Ready(Err(error.into()))
        } else if !end.is_alive || buf.remaining() == 0 {
            Poll::Ready(Ok(()))
        } else {
            end.reader = Some(cx.waker().clone());
            Poll::Pending
        }
    }

    pub(crate) fn poll_write(
        &mut self,
        wire: &mut Wire,
        id: EndId,
        cx: &Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let (end, peer) = self.both(id);
        if let Some(error) = end.error.take() {
            return Poll::Ready(Err(error.into()));
        }
        if end.is_shut || !end.is_alive {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        let total: usize = bufs.iter().map(|buf| buf.len()).sum();
        // How much may be on its way and unread.
        let window = end
            .options
            .send_buffer
            .saturating_add(peer.options.recv_buffer);
        let count = total.min(window.saturating_sub(end.outstanding));
        if count == 0 && total > 0 {
            end.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if count > 0 {
            end.outstanding += count;
            self.send_bytes(wire, id, bufs, count);
        }
        Poll::Ready(Ok(count))
    }

    fn send_bytes(&mut self, wire: &mut Wire, id: EndId, bufs: &[IoSlice<'_>], count: usize) {
        let (end, peer) = self.both(id);
        let seq = end.next_out;
        end.next_out += count as u64;
        if wire.rules.is_empty() && peer.incoming.next() == seq && peer.is_open() {
            // What most tests do all the time: no rule, nothing on its way.
            for piece in pieces(bufs, count) {
                peer.incoming.extend(piece);
            }
            end.acknowledged = end.next_out;
            wire.woken.extend(peer.reader.take());
            let packet = Packet::new(&end.flow, PacketKind::Data, count);
            wire.record(&packet, Fate::Arrived);
            return;
        }
        let mut bytes = Vec::with_capacity(count);
        for piece in pieces(bufs, count) {
            bytes.extend_from_slice(piece);
        }
        let content = Content {
            seq,
            bytes,
            is_last: false,
        };
        self.send(wire, id, Segment::Content(content));
    }

    /// Ends the stream from this end to the other.
    pub(crate) fn shutdown(&mut self, wire: &mut Wire, id: EndId) {
        let end = self.end(id);
        if end.is_shut || !end.is_alive {
            return;
        }
        end.is_shut = true;
        let content = Content {
            seq: end.next_out,
            bytes: Vec::new(),
            is_last: true,
        };
        end.next_out = content.end();
        // A write that waits for room is not going to get any.
        wire.woken.extend(end.writer.take());
        self.send(wire, id, Segment::Content(content));
    }

    /// Closes an end. With unread data, or with a linger of zero, it is reset
    /// (RFC 2525 §2.17, `man 7 socket`).
    pub(crate) fn close(&mut self, wire: &mut Wire, id: EndId) {
        let end = self.end(id);
        let resets =
            !end.incoming.is_empty() || end.options.linger.is_some_and(|time| time.is_zero());
        if resets || !end.is_established {
            self.abort(wire, id);
            return;
        }
        self.shutdown(wire, id);
        self.disown(id);
    }

    /// Data, or the end of it, arrives.
    pub(crate) fn take_content(
        &mut self,
        wire: &mut Wire,
        packet: &Packet,
        to: EndId,
        content: Content,
    ) {
        let end = self.end(to);
        let is_new = content.seq >= end.incoming.next();
        if is_new && !end.is_open() {
            self.take_content_when_closed(wire, packet, to, content);
            return;
        }
        // An acknowledgement is no packet of its own: either it is there at
        // once, or no packet gets through at all.
        let acknowledgement = Packet::new(&end.flow, PacketKind::Ack, 0);
        let is_acknowledged = !wire.rules.stop_all(&acknowledgement);
        if !is_acknowledged {
            let segment = Segment::Content(content.clone());
            wire.send_again(packet.clone(), Cargo::Segment { to, segment });
        }
        if is_new {
            end.incoming.take(content);
            wire.woken.extend(end.reader.take());
            // Data says as well that the handshake is done (RFC 9293 §3.10.7.4).
            self.take_ack(wire, to);
        }
        if is_acknowledged {
            let (end, peer) = self.both(to);
            peer.acknowledged = end.incoming.next();
        }
    }

    /// Data, or the end of it, arrives where nobody reads it any more.
    fn take_content_when_closed(
        &mut self,
        wire: &mut Wire,
        packet: &Packet,
        to: EndId,
        content: Content,
    ) {
        let (end, peer) = self.both(to);
        end.is_alive = false;
        if content.is_last {
            peer.acknowledged = content.end();
        } else if peer.is_alive && self.send(wire, to, Segment::Reset) {
            let segment = Segment::Content(content);
            wire.send_again(packet.clone(), Cargo::Segment { to, segment });
        }
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
