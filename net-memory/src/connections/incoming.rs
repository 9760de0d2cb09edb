//! What an end receives: put in order, and read.

use std::collections::{BTreeMap, VecDeque};

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;
use tokio::io::ReadBuf;

use crate::wire::cargo::Content;

/// How often a read that could return more than a byte is short.
const SHORT_PROBABILITY: f64 = 0.25;

#[derive(Debug, Default)]
pub(crate) struct Incoming {
    unread: VecDeque<u8>,
    /// The position of what comes next.
    next: u64,
    /// What arrived before what precedes it, by position.
    early: BTreeMap<u64, Content>,
    is_ended: bool,
    /// The last read was short: what is left counts as not arrived yet.
    is_rest_late: bool,
}

impl Incoming {
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unread.is_empty()
    }

    /// Whether all has arrived that the other end sends.
    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Takes bytes that are next in order.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.unread.extend(bytes);
        self.next += bytes.len() as u64;
    }

    /// Takes what comes next in order, and then what had come too early. What
    /// was sent twice counts once.
    pub(crate) fn take(&mut self, content: Content) {
        if content.seq > self.next {
            self.early.insert(content.seq, content);
        } else if content.seq == self.next {
            self.append(&content);
            while let Some(content) = self.early.remove(&self.next) {
                self.append(&content);
            }
        }
    }

    fn append(&mut self, content: &Content) {
        self.extend(&content.bytes);
        if content.is_last {
            self.next += 1;
            self.is_ended = true;
        }
    }

    /// Whether the reader has to wait, once, for what a short read left.
    pub(crate) fn wait_for_rest(&mut self) -> bool {
        std::mem::take(&mut self.is_rest_late)
    }

    /// Copies what fits, and leaves it there.
    pub(crate) fn peek(&self, buf: &mut ReadBuf<'_>) {
        let count = self.unread.len().min(buf.remaining());
        let (front, back) = self.unread.as_slices();
        let in_front = count.min(front.len());
        buf.put_slice(&front[..in_front]);
        buf.put_slice(&back[..count - in_front]);
    }

    /// Reads what fits, or less if `rng` says so. Returns the number of bytes.
    pub(crate) fn read(
        &mut self,
        buf: &mut ReadBuf<'_>,
        rng: Option<&mut Xoshiro256PlusPlus>,
    ) -> usize {
        let mut count = self.unread.len().min(buf.remaining());
        if let Some(rng) = rng
            && count > 1
            && rng.random_bool(SHORT_PROBABILITY)
        {
            count = rng.random_range(1..count);
            self.is_rest_late = true;
        }
        let (front, back) = self.unread.as_slices();
        let in_front = count.min(front.len());
        buf.put_slice(&front[..in_front]);
        buf.put_slice(&back[..count - in_front]);
        self.unread.drain(..count);
        count
    }
}
