use std::fmt;
use std::sync::Arc;

use redis::{Cmd, FromRedisValue, PushInfo, Value};
use tokio::sync::broadcast;

use crate::driver::Driver;
use crate::error::{Error, Result};
use crate::queue::Queue;
use crate::settings::Opener;
use crate::wire::Wire;
use crate::{Request, Scan, refused};

/// How many messages are kept for a [`Pushes`] that is not read.
const PUSH_BACKLOG: usize = 256;

/// A connection that any number of tasks share.
///
/// It is cheap to clone. What tasks ask at the same time goes out in one write, and
/// the answers come back to those who asked. A lost connection is replaced when
/// something is asked next; see [`query`](Connection::query) for what becomes of
/// commands that were under way.
///
/// Commands that block, or that change the connection, would disturb the others
/// and are refused: [`Client::dedicated`](crate::Client::dedicated) has a
/// connection for them.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Arc<Queue>,
    address: Arc<str>,
    pushes: broadcast::Sender<PushInfo>,
    /// Whether it is replaced where the server turns out to be no master.
    follows_master: bool,
}

/// How often a command is asked again that a server refused for not being the
/// master any more.
const MAX_DEMOTIONS: usize = 3;

impl Connection {
    /// Shares a connection, by a task of its own.
    pub(crate) fn share(wire: Wire, opener: Opener) -> Self {
        Connection::start(Some(wire), opener)
    }

    /// One that is opened when it is asked first. If it cannot be, those who have
    /// asked are told at once.
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

    /// Asks a command, a pipeline or a script, and converts the answer.
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
    /// A script is sent as `EVALSHA`; where the server does not have it, it is
    /// loaded and asked again.
    ///
    /// # Errors
    ///
    /// A command that was on its way when the connection was lost fails, and
    /// [`Error::was_sent`] says that it may have been carried out: it is not
    /// tried again. Commands that were not sent yet wait for the next connection,
    /// until their time is over.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not take the command back, and does no harm to
    /// the connection: the answer goes to nobody.
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

    /// As [`query`](Connection::query), for answers that do not matter as long as
    /// they are no errors.
    ///
    /// # Errors
    ///
    /// As [`query`](Connection::query).
    ///
    /// # Cancel safety
    ///
    /// As [`query`](Connection::query).
    pub async fn exec(&self, request: &impl Request) -> Result<()> {
        self.query(request).await
    }

    async fn ask<T: FromRedisValue>(&self, request: &impl Request) -> Result<T> {
        let mut answered = self.ask_once(request).await;
        for _ in 0..MAX_DEMOTIONS {
            match &answered {
                // Of a pipeline, some may have been done before.
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

    /// All answers as they come.
    pub(crate) async fn raw(&self, request: &impl Request) -> Result<Vec<Value>> {
        let answers = self.shared.queue.ask(request).await?;
        Ok(answers.into_many())
    }

    /// Goes through what `SCAN`, `HSCAN`, `SSCAN` or `ZSCAN` finds. The command
    /// has its cursor by [`Cmd::cursor_arg`].
    ///
    /// ```no_run
    /// use net_redis::cmd;
    ///
    /// # async fn example(redis: net_redis::Connection) -> net_redis::Result<()> {
    /// let mut keys = redis.scan::<String>(cmd("SCAN").cursor_arg(0).arg("COUNT").arg(100));
    /// while let Some(key) = keys.next().await? {
    ///     println!("{key}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn scan<T: FromRedisValue>(&self, command: &Cmd) -> Scan<T> {
        Scan::new(self.clone(), command)
    }

    /// What the server says without being asked, on a connection with
    /// `protocol=resp3`: which cached keys are invalid, for example.
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
    /// The next message; `None` when the connection is dropped.
    ///
    /// One of the kind [`Disconnection`](redis::PushKind::Disconnection) says
    /// that the connection was lost: what the server was told about it, such as
    /// `CLIENT TRACKING ON`, is forgotten.
    ///
    /// # Errors
    ///
    /// If messages were lost because nobody took them; the next call goes on
    /// behind them.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no message.
    pub async fn next(&mut self) -> Result<Option<PushInfo>> {
        use broadcast::error::RecvError;
        match self.0.recv().await {
            Ok(push) => Ok(Some(push)),
            Err(RecvError::Closed) => Ok(None),
            Err(RecvError::Lagged(missed)) => Err(Error::text(
                crate::ErrorKind::Lost,
                format!("{missed} messages that were not read in time"),
            )),
        }
    }
}
