//! Commands for one node of a cluster, and redirections in its replies.

use std::sync::Arc;

use redis::{Cmd, FromRedisValue, RedisResult, ServerError, ServerErrorKind, Value};

use crate::address::seen_from;
use crate::error::Result;
use crate::request::{Answers, Parts, Request, sealed};
use crate::route;

/// Commands of one slot, or without a key.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) slot: Option<u16>,
    pub(crate) commands: Vec<Cmd>,
    /// Whether they are a transaction.
    pub(crate) atomic: bool,
}

/// Why commands must be sent again. None of them was executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Again {
    /// The slot has moved to another node.
    Moved(u16, Arc<str>),
    /// The slot is being migrated, and the key is already at the other node.
    Ask(Arc<str>),
    /// Later, and possibly at another node.
    Later,
}

impl Batch {
    pub(crate) fn is_read_only(&self) -> bool {
        !self.atomic && self.commands.iter().all(route::is_read_only)
    }

    /// Returns the number of replies.
    pub(crate) fn answers(&self) -> usize {
        self.commands.len() + if self.atomic { 2 } else { 0 }
    }

    /// Encodes the whole batch if it is atomic, or else the pending commands.
    pub(crate) fn encode(&self, pending: &[usize], asking: bool) -> Encoded {
        let mut encoded = Encoded::default();
        if self.atomic {
            if asking {
                encoded.push(&redis::cmd("ASKING"));
            }
            encoded.push(&redis::cmd("MULTI"));
            self.commands
                .iter()
                .for_each(|command| encoded.push(command));
            encoded.push(&redis::cmd("EXEC"));
            return encoded;
        }
        for &index in pending {
            if asking {
                encoded.push(&redis::cmd("ASKING"));
            }
            encoded.push(&self.commands[index]);
        }
        encoded
    }

    /// Stores the final replies. Returns why other commands must be sent again, if any.
    pub(crate) fn take(
        &self,
        answers: Vec<Value>,
        asking: bool,
        state: &mut Pending,
        origin: &str,
    ) -> Option<Again> {
        if self.atomic {
            let answers = answers.into_iter().skip(usize::from(asking));
            state.answers = answers.map(Some).collect();
            // If MULTI failed, the commands after it were executed one by one.
            let opened = !matches!(state.answers.first(), Some(Some(Value::ServerError(_))));
            let mut again = state.answers.iter().flatten();
            let again = again.find_map(|answer| Again::from_answer(answer, origin));
            return again.filter(|_| opened);
        }
        let per_command = if asking { 2 } else { 1 };
        let answers = answers.into_iter().skip(per_command - 1);
        let mut first = None;
        let mut left = Vec::new();
        for (index, answer) in state.pending.drain(..).zip(answers.step_by(per_command)) {
            if let Some(again) = Again::from_answer(&answer, origin) {
                first.get_or_insert(again);
                left.push(index);
            }
            // The final reply, unless a retry brings a better one.
            state.answers[index] = Some(answer);
        }
        state.pending = left;
        first
    }
}

/// The progress of a batch.
#[derive(Debug)]
pub(crate) struct Pending {
    /// The commands without a final reply.
    pub(crate) pending: Vec<usize>,
    answers: Vec<Option<Value>>,
}

impl Pending {
    pub(crate) fn of(batch: &Batch) -> Self {
        Pending {
            pending: (0..batch.commands.len()).collect(),
            answers: (0..batch.answers()).map(|_| None).collect(),
        }
    }

    pub(crate) fn finish(self) -> Vec<Value> {
        let answers = self.answers.into_iter();
        answers.map(|answer| answer.unwrap_or(Value::Nil)).collect()
    }
}

impl Again {
    fn from_answer(answer: &Value, origin: &str) -> Option<Self> {
        let Value::ServerError(error) = answer else {
            return None;
        };
        match error.kind()? {
            ServerErrorKind::Moved => {
                let (slot, node) = redirect(error, origin)?;
                Some(Again::Moved(slot, node))
            }
            ServerErrorKind::Ask => Some(Again::Ask(redirect(error, origin)?.1)),
            ServerErrorKind::TryAgain
            | ServerErrorKind::ClusterDown
            | ServerErrorKind::MasterDown
            | ServerErrorKind::BusyLoading
            | ServerErrorKind::ReadOnly => Some(Again::Later),
            _ => None,
        }
    }
}

/// Parses `slot host:port`.
fn redirect(error: &ServerError, origin: &str) -> Option<(u16, Arc<str>)> {
    let (slot, node) = error.details()?.trim().split_once(' ')?;
    let (host, port) = node.rsplit_once(':')?;
    Some((
        slot.parse().ok()?,
        seen_from(origin, host, port.parse().ok()?),
    ))
}

/// Encoded commands, and the number of their replies.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    bytes: Vec<u8>,
    answers: usize,
}

impl Encoded {
    pub(crate) fn push(&mut self, command: &Cmd) {
        command.write_packed_command(&mut self.bytes);
        self.answers += 1;
    }
}

impl Request for Encoded {}

impl sealed::Request for Encoded {
    fn check(&self, _: fn(&Cmd) -> Result<()>) -> Result<()> {
        Ok(())
    }

    fn blocks(&self) -> bool {
        false
    }

    fn answers(&self) -> usize {
        self.answers
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }

    fn parts(&self) -> Parts {
        Parts::Many(Vec::new(), false)
    }

    fn decode<T: FromRedisValue>(&self, answers: Answers) -> RedisResult<T> {
        Cmd::new().decode(answers)
    }
}
