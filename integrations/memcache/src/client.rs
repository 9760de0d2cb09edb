use std::sync::Arc;

use bytes::Bytes;
use net_traits::Dialer;

use crate::decoder::{Code, Meta};
use crate::pending::Answer;
use crate::request::{Flag, Request};
use crate::ring::Ring;
use crate::server::Server;
use crate::settings::Settings;
use crate::{Builder, Error, Result, WhenDown, key, request};

/// A client of one memcached server, or of several that share the keys.
///
/// It is cheap to clone, and clones share their connections, which end with the
/// last of them.
///
/// # Keys and values
///
/// A key has 1 to 250 bytes, none of them a blank or a control character. A
/// value has 1 MiB at most, or what
/// [`with_max_value_bytes`](Builder::with_max_value_bytes) says. Both are
/// checked before anything is sent.
///
/// # Errors
///
/// Every operation on a key fails with an [`ErrorKind`](crate::ErrorKind) of:
/// `Invalid` for a key or a value that is not possible; `Dial`, `Down`,
/// `Disconnected` or `TimedOut` if the server cannot be reached or does not
/// answer; `Client` or `Server` if it refuses; `Protocol` if it is no memcached.
///
/// What was given to a connection is not sent again when that ends, unless it
/// only reads: after `Disconnected` or `TimedOut`, a write may have happened.
///
/// # Cancel safety
///
/// Dropping the future of an operation is safe at any time. A write may or may
/// not happen then. Nobody else gets its answer.
///
/// # Panics
///
/// Operations panic outside of a tokio runtime with time.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) servers: Vec<Server>,
    /// Where there are several.
    pub(crate) ring: Option<Ring>,
    pub(crate) settings: Arc<Settings>,
}

impl Client {
    pub(crate) fn new(shared: Shared) -> Self {
        Client {
            shared: Arc::new(shared),
        }
    }

    /// Connects to one server.
    ///
    /// # Errors
    ///
    /// If it cannot be reached, or is no memcached that knows meta commands.
    pub async fn connect(dialer: impl Dialer + 'static, server: &str) -> Result<Self> {
        let client = Client::builder(dialer).with_servers([server]).build()?;
        client.ping().await?;
        Ok(client)
    }

    /// Begins a client of several servers, or with settings of its own.
    pub fn builder(dialer: impl Dialer + 'static) -> Builder {
        Builder::new(dialer)
    }

    /// Whether reads of a server that cannot be reached miss.
    pub(crate) fn may_miss(&self) -> bool {
        self.shared.settings.when_down == WhenDown::Miss
    }

    /// The index of the server that a key is on.
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

    /// The server that a key is on, if the key is possible.
    pub(crate) fn server_of(&self, operation: &'static str, key: &[u8]) -> Result<&Server> {
        key::check(key).map_err(|wrong| Error::invalid(operation, wrong))?;
        Ok(&self.shared.servers[self.index_of(key)])
    }

    /// Runs a meta command on its key's server.
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

/// The answer to a meta command, and of whom.
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

    /// What a command says that is done or not.
    pub(crate) fn is_done(&self) -> Result<bool> {
        match self.code() {
            Code::Done => Ok(true),
            Code::Missing | Code::NotStored => Ok(false),
            Code::Value | Code::Exists => Err(self.unexpected()),
        }
    }

    /// The error of a code that the command does not have.
    pub(crate) fn unexpected(&self) -> Error {
        self.server.unexpected(self.operation)
    }
}
