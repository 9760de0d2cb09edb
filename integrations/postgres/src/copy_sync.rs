//! Keeps back the Sync that tokio-postgres sends too early with a COPY into a table.
//!
//! It asks for the COPY by Bind, Execute, Sync, and ends it by `CopyDone` or `CopyFail`, and
//! another Sync. A server that takes the rows ignores the first Sync. One that refuses to, since
//! there is no such table, answers both; and the second answer, which nobody has asked for, would
//! be taken for that of the next query, whose own is then that of the query after it.
//!
//! So the first one waits for what comes next. That is the rest of the COPY, which has a Sync of
//! its own; or anything else, if nobody sends rows, which it then goes before. With it goes a
//! `CopyFail`, since the server may be waiting for them; if not, it ignores that.

use std::collections::HashSet;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::copy_statement::is_copy_in;

/// `CopyFail`, without a reason, and Sync.
const GIVE_UP: &[u8] = b"f\0\0\0\x05\0S\0\0\0\x04";

/// The code of an `SSLRequest`, after which the connection begins once more.
const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// How many bytes are taken from the client at once.
const AT_ONCE: usize = 64 * 1024;

/// How much of a message is looked at that is no Parse: the names in it.
const NAMES: usize = 256;

/// A connection to a server, whose messages from the client are watched.
#[derive(Debug)]
pub(crate) struct CopySync<S> {
    stream: S,
    messages: Messages,
    /// The current message is a Sync that waits.
    is_kept: bool,
    /// A Sync waits.
    has_kept: bool,
    /// What the stream has not taken yet, from `sent` on.
    unsent: Vec<u8>,
    sent: usize,
}

/// How far the messages of the client have been read.
#[derive(Debug, Default)]
struct Messages {
    has_started: bool,
    /// The beginning of the current message, from its tag on.
    head: Vec<u8>,
    /// How much of the current message is to come, once its length is known.
    rest: Option<usize>,
    /// The statements that are a COPY into a table.
    copies: HashSet<Vec<u8>>,
    /// What is bound is one of them.
    is_bound: bool,
    /// It is executed, up to the Sync.
    is_executed: bool,
}

impl<S> CopySync<S> {
    pub(crate) fn new(stream: S) -> Self {
        CopySync {
            stream,
            messages: Messages::default(),
            is_kept: false,
            has_kept: false,
            unsent: Vec::new(),
            sent: 0,
        }
    }

    /// Looks at what was sent.
    fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = self.messages.take(bytes);
            bytes = &bytes[taken..];
        }
    }

    /// Looks at what the client sends; what is to be sent in its place.
    fn edit(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let mut edited = Vec::with_capacity(bytes.len() + GIVE_UP.len());
        while !bytes.is_empty() {
            if let Some(tag) = self.messages.next_tag(bytes[0]) {
                let goes_on = matches!(tag, b'd' | b'c' | b'f');
                if std::mem::take(&mut self.has_kept) && !goes_on {
                    edited.extend_from_slice(GIVE_UP);
                }
                self.is_kept = tag == b'S' && self.messages.is_executed;
            }
            let taken = self.messages.take(bytes);
            if self.is_kept {
                self.has_kept = self.messages.head.is_empty();
            } else {
                edited.extend_from_slice(&bytes[..taken]);
            }
            bytes = &bytes[taken..];
        }
        edited
    }

    #[cfg(feature = "tls")]
    pub(crate) fn get_ref(&self) -> &S {
        &self.stream
    }

    #[cfg(feature = "tls")]
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }
}

impl Messages {
    /// The tag that comes next, where a message begins.
    fn next_tag(&self, byte: u8) -> Option<u8> {
        (self.has_started && self.head.is_empty()).then_some(byte)
    }

    /// Takes bytes as far as the current message goes; how many.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let header = if self.has_started { 5 } else { 4 };
        let Some(rest) = self.rest else {
            // To its length, which counts itself.
            let missing = header - self.head.len();
            let taken = missing.min(bytes.len());
            self.head.extend_from_slice(&bytes[..taken]);
            if let Some(&length) = self.head.last_chunk::<4>()
                && self.head.len() == header
            {
                let length = u32::from_be_bytes(length) as usize;
                self.rest = Some(length.saturating_sub(4));
                self.end_if_complete();
            }
            return taken;
        };
        let taken = rest.min(bytes.len());
        let limit = if self.head[0] == b'P' {
            usize::MAX
        } else {
            NAMES
        };
        let room = limit.saturating_sub(self.head.len());
        self.head.extend_from_slice(&bytes[..taken.min(room)]);
        self.rest = Some(rest - taken);
        self.end_if_complete();
        taken
    }

    fn end_if_complete(&mut self) {
        if self.rest != Some(0) {
            return;
        }
        self.rest = None;
        let message = std::mem::take(&mut self.head);
        if !self.has_started {
            self.has_started = message[4..] != SSL_REQUEST;
            return;
        }
        let mut names = message[5..].split(|byte| *byte == 0);
        let mut name = || names.next().unwrap_or_default();
        match message[0] {
            b'P' => {
                let (statement, query) = (name(), name());
                if is_copy_in(query) {
                    self.copies.insert(statement.to_vec());
                } else if !self.copies.is_empty() {
                    self.copies.remove(statement);
                }
            }
            b'B' => {
                let (_portal, statement) = (name(), name());
                self.is_bound = self.copies.contains(statement);
            }
            b'E' => self.is_executed = self.is_bound,
            b'C' if message[5..].starts_with(b"S") => {
                self.copies.remove(&name()[1..]);
            }
            b'S' => {
                self.is_bound = false;
                self.is_executed = false;
            }
            _ => {}
        }
    }
}

impl<S: AsyncWrite + Unpin> CopySync<S> {
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.unsent.len() {
            let stream = Pin::new(&mut self.stream);
            match ready!(stream.poll_write(cx, &self.unsent[self.sent..]))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.sent += sent,
            }
        }
        self.unsent.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CopySync<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_send(cx))?;
        if !self.has_kept && self.messages.copies.is_empty() {
            // Nothing has to wait. While it logs in, tokio-postgres does not flush.
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
            self.pass(&bytes[..sent]);
            return Poll::Ready(Ok(sent));
        }
        let bytes = &bytes[..bytes.len().min(AT_ONCE)];
        self.unsent = self.edit(bytes);
        // The rest goes with the next write or flush.
        let _ = self.poll_send(cx)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CopySync<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}
