//! Requests that wait for their replies.

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use crate::Item;
use crate::decoder::{Code, Frame, Meta, Refusal};
use crate::request::Request;
use bytes::Bytes;

/// The maximum length of the text of a reply. That of `stats` has some kilobytes.
const MAX_TEXT: usize = 4 << 20;

/// The reply to a request.
#[derive(Debug)]
pub(crate) enum Answer {
    Meta(Meta, Bytes),
    Items(Vec<Option<Item>>),
    Line(String),
    Lines(Vec<String>),
}

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server replied with an error. The connection continues.
    Refused(Refusal),
    /// The request timed out. The connection continues.
    TimedOut,
    /// The connection has ended.
    Lost {
        why: Lost,
        /// Whether no byte of the request was written.
        unsent: bool,
    },
}

/// Why a connection has ended.
#[derive(Debug, Clone)]
pub(crate) enum Lost {
    /// The server closed it, or the network failed.
    Ended(String),
    /// It was idle although replies were outstanding.
    Stalled,
    /// The server violated the protocol.
    Protocol(String),
}

/// A request that was written, or is about to be.
#[derive(Debug)]
pub(crate) struct Pending {
    /// The position of its first byte in everything that the connection sends.
    pub(crate) start: u64,
    expected: Expected,
    /// After an error reply to a line with data, it is unknown what became of the data.
    has_data: bool,
    /// When it was queued.
    pub(crate) since: Instant,
    /// `None` once it has timed out. The reply may still arrive.
    reply: Option<oneshot::Sender<Result<Answer, Failure>>>,
    /// Its share of the limit on outstanding requests. It outlives a cancelled caller.
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum Expected {
    Meta {
        opaque: u32,
    },
    Items {
        first: u32,
        items: Vec<Option<Item>>,
        refusal: Option<Refusal>,
    },
    Line,
    Lines {
        lines: Vec<String>,
        size: usize,
    },
}

/// The effect of a frame on the request that it belongs to.
#[derive(Debug)]
pub(crate) enum Progress {
    More,
    Finished(Result<Answer, Failure>),
    /// Finished, and the connection is unusable.
    Last(Result<Answer, Failure>, Lost),
}

impl Pending {
    pub(crate) fn new(
        request: &Request<'_>,
        opaque: u32,
        start: u64,
        permit: OwnedSemaphorePermit,
    ) -> (Self, oneshot::Receiver<Result<Answer, Failure>>) {
        let expected = match request {
            Request::Meta(_) => Expected::Meta { opaque },
            Request::GetMany { keys, .. } => Expected::Items {
                first: opaque,
                items: vec![None; keys.len()],
                refusal: None,
            },
            Request::Line(_) | Request::Debug(_) | Request::Authenticate(_) => Expected::Line,
            Request::Lines(_) => Expected::Lines {
                lines: Vec::new(),
                size: 0,
            },
        };
        let (reply, answer) = oneshot::channel();
        let pending = Pending {
            start,
            expected,
            has_data: request.has_data(),
            since: Instant::now(),
            reply: Some(reply),
            _permit: permit,
        };
        (pending, answer)
    }

    /// Completes the request. Its caller may have been cancelled.
    pub(crate) fn finish(mut self, result: Result<Answer, Failure>) {
        self.reply(result);
    }

    /// Returns whether it can still time out.
    pub(crate) fn is_timed(&self) -> bool {
        self.reply.is_some()
    }

    /// Times the request out.
    pub(crate) fn expire(&mut self) {
        self.reply(Err(Failure::TimedOut));
    }

    fn reply(&mut self, result: Result<Answer, Failure>) {
        if let Some(reply) = self.reply.take() {
            let _ = reply.send(result);
        }
    }

    /// Handles the next frame.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a reply to this request.
    pub(crate) fn take(&mut self, frame: Frame) -> Result<Progress, String> {
        let frame = match frame {
            Frame::Refusal(refusal) => return Ok(self.refuse(refusal)),
            frame => frame,
        };
        let answer = match (&mut self.expected, frame) {
            (Expected::Meta { opaque }, Frame::Meta(meta, value)) => {
                // A miss may omit it.
                let echoed = meta
                    .opaque
                    .or((meta.code == Code::Missing).then_some(*opaque));
                if echoed != Some(*opaque) {
                    return Err("a reply to another request".to_owned());
                }
                Answer::Meta(meta, value)
            }
            (Expected::Items { first, items, .. }, Frame::Meta(meta, value)) => {
                put(*first, items, meta, value)?;
                return Ok(Progress::More);
            }
            (Expected::Items { items, refusal, .. }, Frame::NoOp) => match refusal.take() {
                Some(refusal) => {
                    return Ok(Progress::Finished(Err(Failure::Refused(refusal))));
                }
                None => Answer::Items(std::mem::take(items)),
            },
            (Expected::Line, Frame::Text(line)) => Answer::Line(line),
            (Expected::Line, Frame::NoOp) => Answer::Line("MN".to_owned()),
            (Expected::Line, Frame::Meta(meta, value)) if meta.code == Code::Missing => {
                Answer::Meta(meta, value)
            }
            (Expected::Lines { lines, size }, Frame::Text(line)) => {
                if !matches!(&*line, "END" | "RESET" | "OK") {
                    *size += line.len() + size_of::<String>();
                    if *size > MAX_TEXT {
                        return Err(format!("a reply exceeds {MAX_TEXT} bytes of text"));
                    }
                    lines.push(line);
                    return Ok(Progress::More);
                }
                Answer::Lines(std::mem::take(lines))
            }
            _ => return Err("the kind of a reply does not match the request".to_owned()),
        };
        Ok(Progress::Finished(Ok(answer)))
    }

    fn refuse(&mut self, said: Refusal) -> Progress {
        let doubtful = match said {
            Refusal::UnknownCommand => true,
            Refusal::Client(_) => self.has_data,
            Refusal::Server(_) => false,
        };
        if doubtful {
            let why = Lost::Ended("the server did not understand an earlier request".to_owned());
            return Progress::Last(Err(Failure::Refused(said)), why);
        }
        if let Expected::Items { refusal, .. } = &mut self.expected {
            // The replies to the other keys follow.
            *refusal = Some(said);
            return Progress::More;
        }
        Progress::Finished(Err(Failure::Refused(said)))
    }
}

/// Stores a hit at the position of its key.
fn put(first: u32, items: &mut [Option<Item>], meta: Meta, value: Bytes) -> Result<(), String> {
    let index = meta
        .opaque
        .map(|opaque| opaque.wrapping_sub(first) as usize);
    match index.and_then(|index| items.get_mut(index)) {
        Some(empty @ None) if meta.code == Code::Value => {
            *empty = Some(Item {
                value,
                flags: meta.flags,
                cas: meta.cas,
            });
            Ok(())
        }
        _ => Err("a reply to another request".to_owned()),
    }
}
