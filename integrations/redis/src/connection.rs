use std::fmt;
use std::sync::Arc;

use redis::{FromRedisValue, PushInfo, Value};
use tokio::sync::broadcast;

use crate::driver::Driver;
use crate::error::{Error, Result};
use crate::opener::Opener;
use crate::queue::Queue;
use crate::wire::Wire;
use crate::{Request, refused};

/// The number of messages buffered for a [`Pushes`] that is not read.
const PUSH_BACKLOG: usize = 256;

/// A connection that any number of tasks share.
///
/// It is cheap to clone. Requests of concurrent tasks are pipelined: they are sent in one write,
/// and each task receives the replies to its own. A lost connection is replaced on the next
/// request; see [`query`](Connection::query) for what happens to commands in flight.
///
/// Commands that block, or that change the state of the connection, would affect the other tasks
/// and are an error: use [`Client::dedicated`](crate::Client::dedicated) for them.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Arc<Queue>,
    address: Arc<str>,
    pushes: broadcast::Sender<PushInfo>,
    /// Whether to reconnect if the server turns out not to be the master.
    follows_master: bool,
}

/// The number of times a command is sent again because the server is no longer the master.
const MAX_DEMOTIONS: usize = 3;

impl Connection {
    /// Shares an open connection, driven by a task of its own.
    pub(crate) fn share(wire: Wire, opener: Opener) -> Self {
        Connection::start(Some(wire), opener)
    }

    /// Creates a connection that is opened on the first request. If that fails, waiting requests
    /// fail at once.
    pub(crate) fn lazy(opener: Opener) -> Self {
        Connection::start(None, opener)
    }

    fn start(wire: Option<Wire>, opener: Opener) -> Self {
        let settings = &opener.settings;
        let limit = settings.response_timeout;
        let queue = Arc::new(Queue::new(settings.max_queued_bytes, limit));
        let (pushes, _) = broadcast::channel(PUSH_BACKLOG);
        let shared = Shared {
            queue: Arc::clone(&queue),
            address: Arc::clone(opener.address()),
            pushes: pushes.clone(),
            follows_master: opener.follows_master(),
        };
        let driver = Driver {
            opener,
            queue,
            pushes,
            fail_fast: wire.is_none(),
        };
        tokio::spawn(driver.run(wire));
        Connection {
            shared: Arc::new(shared),
        }
    }

    /// Sends a command, a pipeline or a script, and converts the reply.
    ///
    /// ```no_run
    /// use net_redis::{Cmd, Script, pipe};
    ///
    /// # async fn example(redis: net_redis::Connection) -> net_redis::Result<()> {
    /// let name: Option<String> = redis.query(&Cmd::get("name")).await?;
    ///
    /// let (count, _): (i64, bool) = redis
    ///     .query(pipe().atomic().incr("visits", 1).expire("visits", 60))
    ///     .await?;
    ///
    /// let add = Script::new("return ARGV[1] + ARGV[2]");
    /// let sum: i64 = redis.query(add.arg(1).arg(2)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A script is sent as `EVALSHA`; if the server does not have it, it is loaded and sent again.
    ///
    /// # Errors
    ///
    /// Returns an error if the server or the conversion fails. A command that was in flight when
    /// the connection was lost fails, is not retried, and [`Error::was_sent`] returns `true` since
    /// it may have been executed. Commands that were not sent yet wait for the next connection,
    /// until they time out.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not cancel the command, and does not affect the connection: the
    /// reply is discarded.
    pub async fn query<T: FromRedisValue>(&self, request: &impl Request) -> Result<T> {
        request.check(refused::on_shared)?;
        let answered = match (self.ask(request).await, request.load()) {
            (Err(error), Some(load)) if error.lacks_script() => {
                self.ask::<()>(&load).await?;
                self.ask(request).await
            }
            (answered, _) => answered,
        };
        answered.map_err(|error: Error| error.at(&self.shared.address))
    }

    /// Like [`query`](Connection::query), but discards replies that are not errors.
    ///
    /// # Errors
    ///
    /// See [`query`](Connection::query).
    ///
    /// # Cancel safety
    ///
    /// See [`query`](Connection::query).
    pub async fn exec(&self, request: &impl Request) -> Result<()> {
        self.query(request).await
    }

    async fn ask<T: FromRedisValue>(&self, request: &impl Request) -> Result<T> {
        let mut answered = self.ask_once(request).await;
        for _ in 0..MAX_DEMOTIONS {
            match &answered {
                // Part of a pipeline may have been executed already.
                Err(error)
                    if self.shared.follows_master
                        && error.is_read_only()
                        && request.answers() == 1 => {}
                _ => break,
            }
            answered = self.ask_once(request).await;
        }
        answered
    }

    async fn ask_once<T: FromRedisValue>(&self, request: &impl Request) -> Result<T> {
        let answers = match request.answers() {
            0 => crate::request::Answers::expect(0),
            _ => self.shared.queue.ask(request).await?,
        };
        Ok(request.decode(answers)?)
    }

    /// Returns all replies unconverted.
    pub(crate) async fn raw(&self, request: &impl Request) -> Result<Vec<Value>> {
        let answers = self.shared.queue.ask(request).await?;
        Ok(answers.into_many())
    }

    /// Subscribes to the push messages of a connection with `protocol=resp3`, such as those that
    /// invalidate cached keys.
    #[must_use]
    pub fn pushes(&self) -> Pushes {
        Pushes(self.shared.pushes.subscribe())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection")
            .field(&self.shared.address)
            .finish()
    }
}

/// Messages that the server pushes; see [`Connection::pushes`].
#[derive(Debug)]
pub struct Pushes(broadcast::Receiver<PushInfo>);

impl Pushes {
    /// Receives the next message. Returns `None` once the connection is dropped.
    ///
    /// A message of the kind [`Disconnection`](redis::PushKind::Disconnection) means that the
    /// connection was lost, and with it the server's state for it, such as `CLIENT TRACKING ON`.
    ///
    /// # Errors
    ///
    /// Returns an error if messages were dropped because they were not received in time; the next
    /// call continues after them.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no message is lost.
    pub async fn next(&mut self) -> Result<Option<PushInfo>> {
        use broadcast::error::RecvError;
        match self.0.recv().await {
            Ok(push) => Ok(Some(push)),
            Err(RecvError::Closed) => Ok(None),
            Err(RecvError::Lagged(missed)) => Err(Error::text(
                crate::ErrorKind::Lost,
                format!("{missed} messages were not received in time"),
            )),
        }
    }
}
