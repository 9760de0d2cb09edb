use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::FromRedisValue;

use crate::error::{Error, ErrorKind, Result};
use crate::opener::Opener;
use crate::request::Answers;
use crate::timeout::within;
use crate::wire::Wire;
use crate::{Request, refused};

/// A connection for one task.
///
/// It accepts commands that block, such as `BLPOP`, and that change the state of the connection,
/// such as `WATCH` and `SELECT`. It does not reconnect by itself, since the server's state for it
/// would be lost.
///
/// ```no_run
/// use net_redis::{Cmd, cmd, pipe};
///
/// # async fn example(mut redis: net_redis::Dedicated) -> net_redis::Result<()> {
/// // Blocks until there is something, for ten seconds at most.
/// let job: Option<(String, String)> = redis.query(&Cmd::blpop("jobs", 10.0)).await?;
///
/// // Doubles a number, unless somebody else changes it meanwhile.
/// let doubled = loop {
///     redis.exec(cmd("WATCH").arg("n")).await?;
///     let n: i64 = redis.query(&Cmd::get("n")).await?;
///     let set: Option<(String,)> = redis.query(pipe().atomic().set("n", 2 * n)).await?;
///     if set.is_some() {
///         break 2 * n;
///     }
/// };
/// # Ok(())
/// # }
/// ```
pub struct Dedicated {
    /// `None` once the state is unknown.
    wire: Option<Wire>,
    address: Arc<str>,
    response_timeout: Duration,
}

impl Dedicated {
    pub(crate) fn new(wire: Wire, opener: &Opener) -> Self {
        Dedicated {
            wire: Some(wire),
            address: Arc::clone(opener.address()),
            response_timeout: opener.settings.response_timeout,
        }
    }

    /// Sends a command, a pipeline or a script, and converts the reply.
    ///
    /// The response timeout does not apply to a command that blocks.
    ///
    /// # Errors
    ///
    /// Returns an error if the server or the conversion fails. After an error of any kind other
    /// than [`ErrorKind::Server`], [`ErrorKind::Type`] and [`ErrorKind::Invalid`] the connection
    /// is closed.
    ///
    /// # Cancel safety
    ///
    /// This method is not cancel safe. If the future is dropped before it completes, the
    /// connection is closed, since later replies could not be matched to their commands.
    pub async fn query<T: FromRedisValue>(&mut self, request: &impl Request) -> Result<T> {
        request.check(refused::on_any)?;
        let answered = match (self.ask(request).await, request.load()) {
            (Err(error), Some(load)) if error.lacks_script() => {
                self.ask::<()>(&load).await?;
                self.ask(request).await
            }
            (answered, _) => answered,
        };
        answered.map_err(|error: Error| error.at(&self.address))
    }

    /// Like [`query`](Dedicated::query), but discards replies that are not errors.
    ///
    /// # Errors
    ///
    /// See [`query`](Dedicated::query).
    ///
    /// # Cancel safety
    ///
    /// See [`query`](Dedicated::query).
    pub async fn exec(&mut self, request: &impl Request) -> Result<()> {
        self.query(request).await
    }

    /// Returns whether the connection can still be used.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.wire.is_some()
    }

    async fn ask<T: FromRedisValue>(&mut self, request: &impl Request) -> Result<T> {
        // Put back only once all replies have arrived.
        let Some(mut wire) = self.wire.take() else {
            return Err(Error::text(
                ErrorKind::Lost,
                "the connection was closed before",
            ));
        };
        let mut bytes = Vec::new();
        request.encode(&mut bytes);
        let answering = wire.ask(&bytes, request.answers());
        let answered = if request.blocks() {
            answering.await
        } else {
            within(self.response_timeout, "no answer", answering).await
        };
        let answers = answered.map_err(Error::after_sending)?;
        self.wire = Some(wire);
        Ok(request.decode(Answers::from(answers))?)
    }
}

impl fmt::Debug for Dedicated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dedicated")
            .field("address", &self.address)
            .field("open", &self.is_open())
            .finish_non_exhaustive()
    }
}
