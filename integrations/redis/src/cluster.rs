use std::fmt;
use std::sync::Arc;

use redis::{Cmd, FromRedisValue, Value};

use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::nodes::Nodes;
use crate::request::{Answers, Parts};
use crate::route::Route;
use crate::slots::slot_of;
use crate::{Connection, Dedicated, Request, multi_slot, refused};

/// Connections to the nodes of a cluster, which any number of tasks share.
///
/// It is cheap to clone. There is one connection per node, opened on the first request to it, and
/// each behaves like a [`Connection`].
///
/// # Routing
///
/// - A command is sent to the node that serves the slot of its key.
/// - `MGET`, `MSET`, `DEL`, `UNLINK`, `EXISTS` and `TOUCH` may have keys in several slots. They
///   are then split into one command per slot, sent concurrently, and are no longer atomic. Other
///   commands with keys in several slots fail with the server's error `CROSSSLOT`.
/// - `DBSIZE`, `KEYS`, `FLUSHALL`, `FLUSHDB`, `SCRIPT LOAD`, `SCRIPT EXISTS`, `SCRIPT FLUSH`,
///   `CONFIG SET`, and the writing subcommands of `FUNCTION` are sent to all masters.
/// - Commands that concern a single node, such as `SCAN`, are an error: send them to one of
///   [`masters`](ClusterConnection::masters).
/// - A pipeline is split by slot as well. Commands of the same slot stay in order. An
///   [`atomic`](redis::Pipeline::atomic) pipeline must have all its keys in one slot.
///
/// # Retries
///
/// A command is retried if it was certainly not executed: the node replied `MOVED` or `ASK`, of
/// which up to 16 are followed, or `TRYAGAIN`, `CLUSTERDOWN`, `MASTERDOWN`, `LOADING` or
/// `READONLY`, or the command was never sent. Except for `MOVED` and `ASK`, retries are delayed by
/// the backoff, and the last one starts within the response timeout. A command that may have been
/// executed is retried only if it is read-only.
#[derive(Clone)]
pub struct ClusterConnection {
    pub(crate) nodes: Arc<Nodes>,
}

impl ClusterConnection {
    /// Sends a command, a pipeline or a script, and converts the reply.
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
    /// Returns an error if the cluster or the conversion fails. [`Error::was_sent`] returns
    /// whether the request may have been executed; if it was split, parts of it may have been.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future does not cancel what was sent.
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

    /// Like [`query`](ClusterConnection::query), but discards replies that are not errors.
    ///
    /// # Errors
    ///
    /// See [`query`](ClusterConnection::query).
    ///
    /// # Cancel safety
    ///
    /// See [`query`](ClusterConnection::query).
    pub async fn exec(&self, request: &impl Request) -> Result<()> {
        self.query(request).await
    }

    /// Returns a connection to each master, for commands that concern a single node.
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
    /// These connections follow no redirections, and fail at once if their node cannot be reached.
    ///
    /// # Errors
    ///
    /// Returns an error if the cluster has too many nodes.
    pub fn masters(&self) -> Result<Vec<Connection>> {
        let masters = self.nodes.masters()?.into_iter();
        Ok(masters.map(|node| node.connection).collect())
    }

    /// Opens a connection for one task to the node that serves a key: for `BLPOP`, `WATCH` and the
    /// like, with keys of the same slot. It follows no redirections.
    ///
    /// # Errors
    ///
    /// Returns an error if no node serves the key, or if it cannot be reached.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes any connection that it has opened.
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
                let batch = multi_slot::transaction(commands)?;
                Answers::Many(self.nodes.run(&batch).await?)
            }
            Parts::Many(commands, false) => {
                Answers::Many(multi_slot::pipeline(&self.nodes, commands).await?)
            }
        };
        Ok(request.decode(answers)?)
    }

    async fn ask_one(&self, command: Cmd) -> Result<Value> {
        let slot = match Route::of(&command)? {
            Route::Any => None,
            Route::Slot(slot) => Some(slot),
            Route::Split(split) => return multi_slot::split(&self.nodes, command, split).await,
            Route::Masters(join) => {
                return multi_slot::on_masters(&self.nodes, &command, join).await;
            }
        };
        let batch = Batch {
            slot,
            commands: vec![command],
            atomic: false,
        };
        let mut answers = self.nodes.run(&batch).await?;
        Ok(answers.pop().unwrap_or(Value::Nil))
    }
}

impl fmt::Debug for ClusterConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClusterConnection")
            .field(&self.nodes)
            .finish()
    }
}
