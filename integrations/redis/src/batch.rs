//! Commands for one node of a cluster, and what its answers say of where they
//! belong.

use std::sync::Arc;

use redis::{Cmd, FromRedisValue, RedisResult, ServerError, ServerErrorKind, Value};

use crate::error::Result;
use crate::request::{Answers, Parts, Request, sealed};
use crate::route;
use crate::slots::seen_from;

/// Commands of one slot, or of none.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) slot: Option<u16>,
    pub(crate) commands: Vec<Cmd>,
    /// Whether they are done as a whole.
    pub(crate) atomic: bool,
}

/// Why commands are asked again. None of them was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Again {
    /// The slot is at another node now.
    Moved(u16, Arc<str>),
    /// The slot is on its way to another node, and the key is there already.
    Ask(Arc<str>),
    /// Later, perhaps at another node.
    Later,
}

impl Batch {
    pub(crate) fn is_read_only(&self) -> bool {
        !self.atomic && self.commands.iter().all(route::is_read_only)
    }

    /// How many answers it has.
    pub(crate) fn answers(&self) -> usize {
        self.commands.len() + if self.atomic { 2 } else { 0 }
    }

    /// All of it if it is atomic, or else some of its commands.
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

    /// Takes the answers that are final, and says why others are not.
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
            // Without MULTI, what came behind it was done one by one.
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
            // It is the answer in the end if there is no better one.
            state.answers[index] = Some(answer);
        }
        state.pending = left;
        first
    }
}

/// How far a batch has got.
#[derive(Debug)]
pub(crate) struct Pending {
    /// Commands without a final answer.
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

/// `slot host:port`.
fn redirect(error: &ServerError, origin: &str) -> Option<(u16, Arc<str>)> {
    let (slot, node) = error.details()?.trim().split_once(' ')?;
    let (host, port) = node.rsplit_once(':')?;
    Some((
        slot.parse().ok()?,
        seen_from(origin, host, port.parse().ok()?),
    ))
}

/// Bytes that have so many answers.
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
