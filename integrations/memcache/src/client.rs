use std::sync::Arc;

use bytes::Bytes;

use crate::decoder::{Code, Meta};
use crate::pending::Answer;
use crate::request::{Flag, Request};
use crate::ring::Ring;
use crate::server::Server;
use crate::settings::Settings;
use crate::{Error, Result, WhenDown, key, request};

/// A client of one memcached server, or of several that share the keys.
///
/// It is cheap to clone. Clones share their connections, which are closed when the last clone is
/// dropped.
///
/// # Keys and values
///
/// A key has 1 to 250 bytes, without blanks and control characters. A value has up to 1 MiB, or
/// the limit set by [`with_max_value_bytes`](crate::Builder::with_max_value_bytes). Both are
/// checked before anything is sent.
///
/// # Errors
///
/// Operations on a key return these kinds of errors ([`ErrorKind`](crate::ErrorKind)): `Invalid`
/// if the key or the value is invalid; `Dial`, `Down`, `Disconnected` or `TimedOut` if the server
/// cannot be reached or does not reply; `Client` or `Server` if it replies with an error; and
/// `Protocol` if it violates the protocol.
///
/// If a connection ends, only requests that were not sent, and those that only read, are retried.
/// After `Disconnected` or `TimedOut`, a write may have been executed.
///
/// # Cancel safety
///
/// All operations are cancel safe, in that their replies cannot be mixed up. If the future of a
/// write is dropped, the write may or may not be executed.
///
/// # Panics
///
/// Operations panic if called outside of a tokio runtime with time enabled.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) servers: Vec<Server>,
    /// `None` if there is a single server.
    pub(crate) ring: Option<Ring>,
    pub(crate) settings: Arc<Settings>,
}

impl Client {
    pub(crate) fn new(shared: Shared) -> Self {
        Client {
            shared: Arc::new(shared),
        }
    }

    /// Returns whether reads report a miss if a server cannot be reached.
    pub(crate) fn may_miss(&self) -> bool {
        self.shared.settings.when_down == WhenDown::Miss
    }

    /// Returns the index of the server that has a key.
    pub(crate) fn index_of(&self, key: &[u8]) -> usize {
        let Some(ring) = &self.shared.ring else {
            return 0;
        };
        let servers = &self.shared.servers;
        let may_be_down = self.shared.settings.when_down != WhenDown::UseNext;
        ring.find(key, |index| may_be_down || servers[index].is_up())
            .or_else(|| ring.find(key, |_| true))
            .unwrap_or_default()
    }

    /// Returns the server that has a key, if the key is valid.
    pub(crate) fn server_of(&self, operation: &'static str, key: &[u8]) -> Result<&Server> {
        key::check(key).map_err(|wrong| Error::invalid(operation, wrong))?;
        Ok(&self.shared.servers[self.index_of(key)])
    }

    /// Runs a meta command on the server that has the key.
    pub(crate) async fn run(
        &self,
        operation: &'static str,
        command: &'static str,
        key: &[u8],
        data: Option<&[u8]>,
        flags: &[Flag],
    ) -> Result<Outcome<'_>> {
        let server = self.server_of(operation, key)?;
        let request = Request::Meta(request::Meta {
            command,
            key,
            data,
            flags,
        });
        match server.call(operation, request).await? {
            Answer::Meta(meta, value) => Ok(Outcome {
                operation,
                server,
                meta,
                value,
            }),
            _ => Err(server.unexpected(operation)),
        }
    }
}

/// The reply to a meta command, and the server that sent it.
#[derive(Debug)]
pub(crate) struct Outcome<'a> {
    operation: &'static str,
    server: &'a Server,
    pub(crate) meta: Meta,
    pub(crate) value: Bytes,
}

impl Outcome<'_> {
    pub(crate) fn code(&self) -> Code {
        self.meta.code
    }

    /// Returns whether the command took effect, for commands without a value.
    pub(crate) fn is_done(&self) -> Result<bool> {
        match self.code() {
            Code::Done => Ok(true),
            Code::Missing | Code::NotStored => Ok(false),
            Code::Value | Code::Exists => Err(self.unexpected()),
        }
    }

    /// Creates the error of a reply that the command does not have.
    pub(crate) fn unexpected(&self) -> Error {
        self.server.unexpected(self.operation)
    }
}
