//! A connection that is not shared: writes bytes and reads values.

use std::collections::VecDeque;
use std::io;

use net_traits::BoxStream;
use redis::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::decoder::{Decoder, end_of_stream};
use crate::error::{Error, ErrorKind, Result, protocol};

/// A stream, and what was read from it.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) stream: BoxStream,
    pub(crate) decoder: Decoder,
    /// Values that were read ahead.
    values: VecDeque<Value>,
    /// What is wrong with the bytes after them.
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

    /// Sends commands, and waits for a number of replies.
    ///
    /// After an error, or if the future is dropped, the connection must not be used any more.
    pub(crate) async fn ask(&mut self, bytes: &[u8], answers: usize) -> Result<Vec<Value>> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(lost)?;
        let mut values = Vec::new();
        while values.len() < answers {
            match self.read().await? {
                // These connections have no receiver of pushes.
                Value::Push { .. } => {}
                value => values.push(value),
            }
        }
        // Pushes may also arrive after the replies.
        self.values
            .retain(|value| !matches!(value, Value::Push { .. }));
        if self.values.is_empty() && self.failed.is_none() {
            Ok(values)
        } else {
            Err(protocol("unexpected reply"))
        }
    }

    /// Returns the next value. Cancel safe.
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

/// Removes the attributes of RESP3, which callers have no use for.
pub(crate) fn without_attributes(value: Value) -> Value {
    match value {
        Value::Attribute { data, .. } => without_attributes(*data),
        value => value,
    }
}

pub(crate) fn lost(error: io::Error) -> Error {
    Error::io(ErrorKind::Lost, error)
}
