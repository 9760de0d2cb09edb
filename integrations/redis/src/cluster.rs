use std::fmt;
use std::sync::Arc;

use redis::{Cmd, FromRedisValue, Value};
use tokio::time::{Instant, sleep};

use crate::backoff::Backoff;
use crate::batch::{Again, Batch, Pending};
use crate::error::{Error, ErrorKind, Result};
use crate::nodes::{Node, Nodes};
use crate::parted;
use crate::request::{Answers, Parts};
use crate::route::Route;
use crate::slots::slot_of;
use crate::{Connection, Dedicated, Request, refused};

/// How often a command follows `MOVED` and `ASK`.
const MAX_REDIRECTS: usize = 16;

/// Connections to the nodes of a cluster, that any number of tasks share.
///
/// It is cheap to clone. There is one connection to a node, opened when it is
/// asked first, and each is as [`Connection`] is.
///
/// # Which node is asked
///
/// - The one that has the slot of the command's key.
/// - `MGET`, `MSET`, `DEL`, `UNLINK`, `EXISTS` and `TOUCH` may have keys in
///   several slots. They are asked in parts at the same time then, so they are no
///   longer done as a whole. Other commands with keys in several slots fail, with
///   the server's error `CROSSSLOT`.
/// - All masters: `DBSIZE`, `KEYS`, `FLUSHALL`, `FLUSHDB`, `SCRIPT LOAD`,
///   `SCRIPT EXISTS`, `SCRIPT FLUSH`, `CONFIG SET`, and `FUNCTION` where it
///   changes something.
/// - Commands that concern one node, such as `SCAN`, are refused:
///   [`masters`](ClusterConnection::masters) has the nodes.
/// - A pipeline is asked in parts as well, one for each slot. Commands of one slot
///   stay in order. A pipeline that is [`atomic`](redis::Pipeline::atomic) has to
///   be of one slot.
///
/// # What is asked again
///
/// What a node has certainly not carried out: it has answered `MOVED` or `ASK`,
/// which is followed up to 16 times, or `TRYAGAIN`, `CLUSTERDOWN`, `MASTERDOWN`,
/// `LOADING` or `READONLY`, or the command was never sent. In the latter cases
/// there are pauses, and the last try begins before the time for an answer is
/// over. A command that may have been carried out is asked again only if it
/// changes nothing.
#[derive(Clone)]
pub struct ClusterConnection {
    pub(crate) nodes: Arc<Nodes>,
}

impl ClusterConnection {
    /// Asks a command, a pipeline or a script, and converts the answer.
    ///
    /// ```no_run
    /// use net_redis::{Cmd, cmd, pipe};
    ///
    /// # async fn example(redis: net_redis::ClusterConnection) -> net_redis::Result<()> {
    /// redis.exec(&Cmd::mset(&[("a", 1), ("b", 2)])).await?;
    /// let both: Vec<i64> = redis.query(&Cmd::mget(&["a", "b"])).await?;
    ///
    /// // Keys with the same word in braces are in the same slot.
    /// let (visits, _): (i64, bool) = redis
    ///     .query(pipe().atomic().incr("{home}:visits", 1).expire("{home}:visits", 60))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::was_sent`] says whether it may have been carried out; of a request
    /// that was asked in parts, some may have been.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not take back what was sent.
    pub async fn query<T: FromRedisValue>(&self, request: &impl Request) -> Result<T> {
        request.check(refused::on_shared)?;
        let answered = match (self.ask(request).await, request.load()) {
            (Err(error), Some(load)) if error.lacks_script() => {
                self.ask::<()>(&load).await?;
                self.ask(request).await
            }
            (answered, _) => answered,
        };
        answered.map_err(|error: Error| error.at(self.nodes.address()))
    }

    /// As [`query`](ClusterConnection::query), for answers that do not matter as
    /// long as they are no errors.
    ///
    /// # Errors
    ///
    /// As [`query`](ClusterConnection::query).
    ///
    /// # Cancel safety
    ///
    /// As [`query`](ClusterConnection::query).
    pub async fn exec(&self, request: &impl Request) -> Result<()> {
        self.query(request).await
    }

    /// A connection to each master, for commands that concern one node.
    ///
    /// ```no_run
    /// use net_redis::cmd;
    ///
    /// # async fn example(redis: net_redis::ClusterConnection) -> net_redis::Result<()> {
    /// for master in redis.masters()? {
    ///     let mut keys = master.scan::<String>(cmd("SCAN").cursor_arg(0));
    ///     while let Some(key) = keys.next().await? {
    ///         println!("{key}");
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// They follow no redirection, and where a node cannot be connected to, they
    /// say so at once.
    ///
    /// # Errors
    ///
    /// If there are too many.
    pub fn masters(&self) -> Result<Vec<Connection>> {
        let masters = self.nodes.masters()?.into_iter();
        Ok(masters.map(|node| node.connection).collect())
    }

    /// Opens a connection for one task to the node that has a key: for `BLPOP`,
    /// `WATCH` and the like, with keys of the same slot. It follows no redirection.
    ///
    /// # Errors
    ///
    /// If no node has the key, or it cannot be connected to.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes what it has opened.
    pub async fn dedicated(&self, key: impl AsRef<[u8]>) -> Result<Dedicated> {
        let node = self.nodes.of(Some(slot_of(key.as_ref())), false)?;
        let opener = self.nodes.opener_to(&node.address);
        Ok(Dedicated::new(opener.open().await?, &opener))
    }

    async fn ask<T: FromRedisValue>(&self, request: &impl Request) -> Result<T> {
        let answers = match request.parts() {
            Parts::One(command) => Answers::One(self.ask_one(command).await?),
            Parts::Many(commands, _) if commands.is_empty() => Answers::expect(0),
            Parts::Many(commands, true) => {
                let batch = parted::transaction(commands)?;
                Answers::Many(self.run(&batch).await?)
            }
            Parts::Many(commands, false) => Answers::Many(parted::pipeline(self, commands).await?),
        };
        Ok(request.decode(answers)?)
    }

    async fn ask_one(&self, command: Cmd) -> Result<Value> {
        let slot = match Route::of(&command)? {
            Route::Any => None,
            Route::Slot(slot) => Some(slot),
            Route::Split(split) => return parted::split(self, command, split).await,
            Route::Masters(join) => return parted::on_masters(self, &command, join).await,
        };
        let batch = Batch {
            slot,
            commands: vec![command],
            atomic: false,
        };
        let mut answers = self.run(&batch).await?;
        Ok(answers.pop().unwrap_or(Value::Nil))
    }

    /// Asks commands of one slot, wherever it is.
    pub(crate) async fn run(&self, batch: &Batch) -> Result<Vec<Value>> {
        let reading = batch.is_read_only();
        let mut state = Pending::of(batch);
        let mut tries = Tries::new(&self.nodes);
        let mut again = None;
        loop {
            let generation = self.nodes.generation();
            let asking = matches!(again, Some(Again::Ask(_)));
            let node = match again.take() {
                Some(Again::Ask(address)) => self.nodes.at(&address),
                _ => self.nodes.of(batch.slot, reading && !tries.had_errors),
            };
            let asked = match node {
                Ok(node) => self.ask_node(&node, batch, asking, &mut state).await,
                Err(error) => Err(error),
            };
            match asked {
                Ok(None) => return Ok(state.finish()),
                Ok(Some(next)) => {
                    if !tries.may_follow(&next).await {
                        return Ok(state.finish());
                    }
                    self.nodes.heed(&next);
                    if next == Again::Later {
                        // If that fails, so will what comes next, and it says why.
                        let _ = self.nodes.refresh(generation).await;
                    }
                    again = Some(next);
                }
                Err(error) => {
                    let final_kind = matches!(error.kind(), ErrorKind::Login | ErrorKind::Invalid);
                    let unsafe_again = error.was_sent() && !reading;
                    if final_kind || unsafe_again || !tries.may_retry().await {
                        self.nodes.refresh_soon();
                        return Err(error);
                    }
                    let _ = self.nodes.refresh(generation).await;
                }
            }
        }
    }

    /// Asks what is left of a batch. Nothing is left, or it says why.
    async fn ask_node(
        &self,
        node: &Node,
        batch: &Batch,
        asking: bool,
        state: &mut Pending,
    ) -> Result<Option<Again>> {
        let request = batch.encode(&state.pending, asking);
        let answers = node.connection.raw(&request).await;
        let answers = answers.map_err(|error| error.at(&node.address))?;
        Ok(batch.take(answers, asking, state, &node.address))
    }
}

impl fmt::Debug for ClusterConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClusterConnection")
            .field(&self.nodes)
            .finish()
    }
}

/// How much is tried before an error is the answer.
struct Tries {
    redirects: usize,
    had_errors: bool,
    deadline: Instant,
    backoff: Backoff,
}

impl Tries {
    fn new(nodes: &Nodes) -> Self {
        let settings = nodes.settings();
        Tries {
            redirects: 0,
            had_errors: false,
            deadline: Instant::now() + settings.response_timeout,
            backoff: Backoff::new(settings),
        }
    }

    async fn may_follow(&mut self, again: &Again) -> bool {
        if *again == Again::Later {
            return self.may_retry().await;
        }
        self.redirects += 1;
        self.redirects <= MAX_REDIRECTS
    }

    /// Waits for a while, unless there is no time left for another try.
    async fn may_retry(&mut self) -> bool {
        self.had_errors = true;
        let pause = self.backoff.next().unwrap_or_default();
        if Instant::now() + pause >= self.deadline {
            return false;
        }
        sleep(pause).await;
        true
    }
}
