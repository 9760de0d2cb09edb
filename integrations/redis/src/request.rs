//! What can be sent on a connection.

use redis::{
    Cmd, ConnectionLike, FromRedisValue, Pipeline, RedisResult, ScriptInvocation, ServerError,
    Value,
};

use crate::error::Result;

/// A [`Cmd`], a [`Pipeline`] or a [`ScriptInvocation`] of the crate `redis`.
///
/// This trait is sealed, since the number of replies to a request must be known.
pub trait Request: Sync + sealed::Request {}

impl Request for Cmd {}
impl Request for Pipeline {}
impl Request for ScriptInvocation<'_> {}

/// The replies to a request.
#[derive(Debug)]
pub enum Answers {
    /// The reply to a command.
    One(Value),
    /// The replies to a pipeline.
    Many(Vec<Value>),
}

impl Answers {
    /// Creates an empty set of replies, with room for `count`.
    pub(crate) fn expect(count: usize) -> Self {
        match count {
            1 => Answers::One(Value::Nil),
            // Grows as replies arrive, since they may not all arrive.
            _ => Answers::Many(Vec::new()),
        }
    }

    pub(crate) fn push(&mut self, value: Value) {
        match self {
            Answers::One(one) => *one = value,
            Answers::Many(many) => many.push(value),
        }
    }

    fn into_one(self) -> Value {
        match self {
            Answers::One(value) => value,
            Answers::Many(mut values) => values.pop().unwrap_or(Value::Nil),
        }
    }

    pub(crate) fn into_many(self) -> Vec<Value> {
        match self {
            Answers::One(value) => vec![value],
            Answers::Many(values) => values,
        }
    }
}

/// The commands of a request.
#[derive(Debug)]
pub enum Parts {
    One(Cmd),
    /// And whether they are a transaction.
    Many(Vec<Cmd>, bool),
}

impl From<Vec<Value>> for Answers {
    fn from(values: Vec<Value>) -> Self {
        Answers::Many(values)
    }
}

pub(crate) mod sealed {
    use super::{Answers, Cmd, FromRedisValue, Parts, RedisResult, Result};

    pub trait Request {
        /// Checks each command.
        fn check(&self, check: fn(&Cmd) -> Result<()>) -> Result<()>;

        /// Returns whether the server may delay the reply.
        fn blocks(&self) -> bool;

        /// Returns the number of replies.
        fn answers(&self) -> usize;

        /// Appends the encoded request.
        fn encode(&self, out: &mut Vec<u8>);

        /// Returns the commands.
        fn parts(&self) -> Parts;

        /// Converts the replies.
        fn decode<T: FromRedisValue>(&self, answers: Answers) -> RedisResult<T>;

        /// Returns the command to send before a retry if the server lacks a script.
        fn load(&self) -> Option<Cmd> {
            None
        }
    }
}

impl sealed::Request for Cmd {
    fn check(&self, check: fn(&Cmd) -> Result<()>) -> Result<()> {
        check(self)
    }

    fn blocks(&self) -> bool {
        crate::refused::blocks(self)
    }

    fn answers(&self) -> usize {
        1
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.write_packed_command(out);
    }

    fn parts(&self) -> Parts {
        Parts::One(self.clone())
    }

    fn decode<T: FromRedisValue>(&self, answers: Answers) -> RedisResult<T> {
        let answer = answers.into_one().extract_error()?;
        Ok(redis::from_redis_value(answer)?)
    }
}

impl sealed::Request for Pipeline {
    fn check(&self, check: fn(&Cmd) -> Result<()>) -> Result<()> {
        self.cmd_iter().try_for_each(check)
    }

    fn blocks(&self) -> bool {
        self.cmd_iter().any(crate::refused::blocks)
    }

    fn answers(&self) -> usize {
        let around = if self.is_transaction() { 2 } else { 0 };
        self.len() + around
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.get_packed_pipeline());
    }

    fn parts(&self) -> Parts {
        Parts::Many(self.cmd_iter().cloned().collect(), self.is_transaction())
    }

    fn decode<T: FromRedisValue>(&self, answers: Answers) -> RedisResult<T> {
        let answers = answers.into_many();
        self.query(&mut Replay { answers })
    }
}

impl sealed::Request for ScriptInvocation<'_> {
    fn check(&self, _check: fn(&Cmd) -> Result<()>) -> Result<()> {
        Ok(())
    }

    fn blocks(&self) -> bool {
        false
    }

    fn answers(&self) -> usize {
        1
    }

    fn encode(&self, out: &mut Vec<u8>) {
        recorded(self).encode(out);
    }

    fn parts(&self) -> Parts {
        Parts::One(recorded(self))
    }

    fn decode<T: FromRedisValue>(&self, answers: Answers) -> RedisResult<T> {
        Cmd::new().decode(answers)
    }

    fn load(&self) -> Option<Cmd> {
        let mut recorder = Recorder::default();
        let _ = ScriptInvocation::load(self, &mut recorder);
        Some(recorder.sent)
    }
}

fn recorded(script: &ScriptInvocation<'_>) -> Cmd {
    let mut recorder = Recorder::default();
    // The recorder has no reply, so this always fails.
    let _ = script.invoke::<Value>(&mut recorder);
    recorder.sent
}

/// Implements a blocking connection, to record what the crate `redis` sends.
#[derive(Default)]
struct Recorder {
    sent: Cmd,
}

/// Implements a blocking connection that has received its replies, to let the crate `redis`
/// convert them.
struct Replay {
    answers: Vec<Value>,
}

impl ConnectionLike for Recorder {
    fn req_command(&mut self, command: &Cmd) -> RedisResult<Value> {
        self.sent = command.clone();
        Err(nothing())
    }

    fn req_packed_command(&mut self, _: &[u8]) -> RedisResult<Value> {
        Err(nothing())
    }

    fn req_packed_commands(&mut self, _: &[u8], _: usize, _: usize) -> RedisResult<Vec<Value>> {
        Err(nothing())
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

impl ConnectionLike for Replay {
    fn req_packed_command(&mut self, _: &[u8]) -> RedisResult<Value> {
        Err(nothing())
    }

    fn req_packed_commands(
        &mut self,
        _: &[u8],
        offset: usize,
        _: usize,
    ) -> RedisResult<Vec<Value>> {
        let mut answers = std::mem::take(&mut self.answers);
        if offset == 0 {
            return Ok(answers);
        }
        // The reply to a transaction is that of EXEC. An error before it, such as
        // one of MULTI, is more specific than that of EXEC.
        let exec = answers.split_off(offset.min(answers.len()));
        let refusal = |answers: Vec<Value>| answers.into_iter().find_map(server_error);
        if let Some(error) = refusal(answers) {
            return Err(error.into());
        }
        match exec.first() {
            Some(Value::ServerError(error)) => Err(error.clone().into()),
            _ => Ok(exec),
        }
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

fn server_error(value: Value) -> Option<ServerError> {
    match value {
        Value::ServerError(error) => Some(error),
        _ => None,
    }
}

/// Creates the error of a connection that only records or replays; no caller sees it.
fn nothing() -> redis::RedisError {
    (redis::ErrorKind::Client, "no connection").into()
}
