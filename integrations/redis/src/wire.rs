//! One connection that nobody shares: bytes go out, values come in.

use std::collections::VecDeque;
use std::io;

use net_traits::BoxStream;
use redis::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::decoder::{Decoder, end_of_stream};
use crate::error::{Error, ErrorKind, Result, protocol};

/// A connection and what was read from it.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) stream: BoxStream,
    pub(crate) decoder: Decoder,
    /// Read, but not yet asked for; and what is wrong with what came behind.
    values: VecDeque<Value>,
    failed: Option<Error>,
}

impl Wire {
    pub(crate) fn new(stream: BoxStream, max_answer_bytes: usize) -> Self {
        Wire {
            stream,
            decoder: Decoder::new(max_answer_bytes),
            values: VecDeque::new(),
            failed: None,
        }
    }

    /// Sends commands, and waits for so many answers.
    ///
    /// After an error, or if the future is dropped, the connection is of no use.
    pub(crate) async fn ask(&mut self, bytes: &[u8], answers: usize) -> Result<Vec<Value>> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(lost)?;
        let mut values = Vec::new();
        while values.len() < answers {
            match self.read().await? {
                // Nobody listens for them here.
                Value::Push { .. } => {}
                value => values.push(value),
            }
        }
        if self.values.is_empty() && self.failed.is_none() {
            Ok(values)
        } else {
            Err(protocol("an answer that nobody asked for"))
        }
    }

    /// The next value. Dropping the future loses none.
    pub(crate) async fn read(&mut self) -> Result<Value> {
        let mut values = Vec::new();
        loop {
            if let Some(value) = self.values.pop_front() {
                return Ok(without_attributes(value));
            }
            if let Some(error) = &self.failed {
                return Err(error.clone());
            }
            let read = self.stream.read_buf(self.decoder.space()).await;
            if read.map_err(lost)? == 0 {
                return Err(lost(end_of_stream()));
            }
            self.failed = self.decoder.decode(&mut values).err();
            self.values.extend(values.drain(..));
        }
    }
}

/// What RESP3 says beside an answer is of no use to those who ask.
pub(crate) fn without_attributes(value: Value) -> Value {
    match value {
        Value::Attribute { data, .. } => without_attributes(*data),
        value => value,
    }
}

pub(crate) fn lost(error: io::Error) -> Error {
    Error::io(ErrorKind::Lost, error)
}
