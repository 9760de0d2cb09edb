//! What a connection can be asked.

use redis::{
    Cmd, ConnectionLike, FromRedisValue, Pipeline, RedisResult, ScriptInvocation, ServerError,
    Value,
};

use crate::error::Result;

/// A [`Cmd`], a [`Pipeline`] or a [`ScriptInvocation`] of the crate `redis`.
///
/// It is sealed: what goes over a connection has to have as many answers as the
/// connection expects.
pub trait Request: Sync + sealed::Request {}

impl Request for Cmd {}
impl Request for Pipeline {}
impl Request for ScriptInvocation<'_> {}

/// What came back: an answer for each command.
#[derive(Debug)]
pub enum Answers {
    /// To a command.
    One(Value),
    /// To a pipeline.
    Many(Vec<Value>),
}

impl Answers {
    /// Room for so many.
    pub(crate) fn expect(count: usize) -> Self {
        match count {
            1 => Answers::One(Value::Nil),
            // As they arrive: nobody knows whether all of them will.
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

/// A request's commands.
#[derive(Debug)]
pub enum Parts {
    One(Cmd),
    /// And whether they are done as a whole.
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

        /// Whether the server may take its time.
        fn blocks(&self) -> bool;

        /// How many answers there will be.
        fn answers(&self) -> usize;

        /// Puts it behind what is there to send.
        fn encode(&self, out: &mut Vec<u8>);

        /// The commands by themselves.
        fn parts(&self) -> Parts;

        /// Turns the answers into what the caller wants.
        fn decode<T: FromRedisValue>(&self, answers: Answers) -> RedisResult<T>;

        /// What to send before another try, where the server lacks a script.
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
    // It records, and then has no answer to give.
    let _ = script.invoke::<Value>(&mut recorder);
    recorder.sent
}

/// Stands for a blocking connection, to learn what the crate would send.
#[derive(Default)]
struct Recorder {
    sent: Cmd,
}

/// Stands for a blocking connection that has had its answers, so that the crate
/// makes of them what it makes of any.
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
        // Of a transaction, the answer to EXEC counts. An error before it, such
        // as one of MULTI itself, says more than the one that EXEC has then.
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

/// The error of what only stands for a connection; nobody sees it.
fn nothing() -> redis::RedisError {
    (redis::ErrorKind::Client, "no connection").into()
}
