//! A server: its connections, and whether it is considered down.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use net_traits::{Dialer, Operation, async_trait};
use tokio::time::{Instant, timeout};

use crate::address::network;
use crate::connection::Connection;
use crate::decoder::Refusal;
use crate::error::Cause;
use crate::health::Health;
use crate::lock::lock;
use crate::pending::{Answer, Failure, Lost};
use crate::request::Request;
use crate::settings::Settings;
use crate::{Error, ErrorKind, Result};

/// Opens connections, independent of the type of the dialer.
#[async_trait]
pub(crate) trait Open: std::fmt::Debug + Send + Sync {
    async fn open(&self, address: &str, settings: &Settings) -> net_traits::Result<Connection>;
}

#[derive(Debug)]
pub(crate) struct Opener<D>(pub(crate) D);

#[async_trait]
impl<D: Dialer> Open for Opener<D> {
    async fn open(&self, address: &str, settings: &Settings) -> net_traits::Result<Connection> {
        let stream = self.0.dial(network(address), address).await?;
        let max_value = settings.max_value_bytes;
        Ok(Connection::start(stream, max_value, settings.timeout))
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: String,
    opener: Arc<dyn Open>,
    settings: Arc<Settings>,
    slots: Vec<Slot>,
    next: AtomicUsize,
    health: Mutex<Health>,
}

/// What to do after a request.
enum Verdict {
    Over(Result<Answer>),
    /// The connection has ended, and the request is safe to retry.
    MayRepeat(Lost),
}

/// Holds a connection, which is opened on demand.
#[derive(Debug, Default)]
struct Slot {
    connection: Mutex<Option<Arc<Connection>>>,
    /// Held while opening it.
    opening: tokio::sync::Mutex<()>,
}

impl Server {
    pub(crate) fn new(address: String, opener: Arc<dyn Open>, settings: Arc<Settings>) -> Self {
        let slots = (0..settings.connections).map(|_| Slot::default());
        Server {
            address,
            opener,
            slots: slots.collect(),
            next: AtomicUsize::new(0),
            health: Mutex::new(Health::new(settings.failure_limit, settings.pauses)),
            settings,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        lock(&self.health).down_for().is_none()
    }

    /// Sends a request, and waits for its reply.
    ///
    /// It is retried once, on a new connection, if the first has ended and the request was not
    /// sent or only reads.
    pub(crate) async fn call(
        &self,
        operation: &'static str,
        request: Request<'_>,
    ) -> Result<Answer> {
        let begun = Instant::now();
        let slot = self.slot();
        let mut is_second = false;
        // Once the request is queued, the connection's watchdog enforces the timeout.
        if let Some(connection) = self.opened(slot)
            && let Some(room) = connection.room(&request)
        {
            let outcome = connection.call_within(&request, room).await;
            match self.judge(operation, &request, slot, &connection, outcome) {
                Verdict::Over(result) => return result,
                Verdict::MayRepeat(_) => is_second = true,
            }
        }
        let limit = self.settings.timeout.saturating_sub(begun.elapsed());
        let is_dialing = AtomicBool::new(false);
        let attempts = self.attempts(operation, &request, is_second, &is_dialing);
        timeout(limit, attempts).await.unwrap_or_else(|_| {
            if is_dialing.into_inner() {
                lock(&self.health).failed();
            }
            Err(self.too_late(operation))
        })
    }

    async fn attempts(
        &self,
        operation: &'static str,
        request: &Request<'_>,
        mut is_second: bool,
        is_dialing: &AtomicBool,
    ) -> Result<Answer> {
        loop {
            let slot = self.slot();
            let connection = self.connection(slot, operation, is_dialing).await?;
            let outcome = connection.call(request).await;
            match self.judge(operation, request, slot, &connection, outcome) {
                Verdict::Over(result) => return result,
                Verdict::MayRepeat(why) if is_second => return Err(self.lost(operation, why)),
                Verdict::MayRepeat(_) => is_second = true,
            }
        }
    }

    /// Decides what to do after a request.
    fn judge(
        &self,
        operation: &'static str,
        request: &Request<'_>,
        slot: &Slot,
        connection: &Arc<Connection>,
        outcome: Result<Answer, Failure>,
    ) -> Verdict {
        let (why, unsent) = match outcome {
            Ok(answer) => {
                lock(&self.health).succeeded();
                return Verdict::Over(Ok(answer));
            }
            Err(Failure::Refused(refusal)) => {
                lock(&self.health).succeeded();
                return Verdict::Over(Err(self.refused(operation, refusal)));
            }
            Err(Failure::TimedOut) => return Verdict::Over(Err(self.too_late(operation))),
            Err(Failure::Lost { why, unsent }) => (why, unsent),
        };
        self.discard(slot, connection);
        if matches!(why, Lost::Ended(_)) && (unsent || request.is_repeatable()) {
            Verdict::MayRepeat(why)
        } else {
            Verdict::Over(Err(self.lost(operation, why)))
        }
    }

    fn slot(&self) -> &Slot {
        match &self.slots[..] {
            [only] => only,
            slots => &slots[self.next.fetch_add(1, Ordering::Relaxed) % slots.len()],
        }
    }

    /// Returns the connection of a slot, dialing if necessary. `is_dialing` tells the caller
    /// whether a timeout interrupts the dial.
    async fn connection(
        &self,
        slot: &Slot,
        operation: &'static str,
        is_dialing: &AtomicBool,
    ) -> Result<Arc<Connection>> {
        if let Some(connection) = self.opened(slot) {
            return Ok(connection);
        }
        let _opening = slot.opening.lock().await;
        // Another caller may have opened it meanwhile, or failed to.
        if let Some(connection) = self.opened(slot) {
            return Ok(connection);
        }
        if let Some(left) = lock(&self.health).down_for() {
            let text = format!("the server is considered down, next attempt in {left:.1?}");
            return Err(self.error(operation, ErrorKind::Down, text));
        }
        is_dialing.store(true, Ordering::Relaxed);
        let opening = timeout(self.settings.dial_timeout, self.open(operation));
        let opened = opening.await.unwrap_or_else(|_| {
            let error = net_traits::Error::timeout(Operation::Dial)
                .with_network(network(&self.address))
                .with_address(&self.address);
            Err(self.undialed(operation, error))
        });
        is_dialing.store(false, Ordering::Relaxed);
        match opened {
            Ok(connection) => {
                let connection = Arc::new(connection);
                *lock(&slot.connection) = Some(Arc::clone(&connection));
                Ok(connection)
            }
            Err(error) => {
                lock(&self.health).failed();
                Err(error)
            }
        }
    }

    /// Returns the connection of a slot, if it is open.
    fn opened(&self, slot: &Slot) -> Option<Arc<Connection>> {
        let connection = lock(&slot.connection).clone()?;
        if connection.is_open() {
            return Some(connection);
        }
        self.discard(slot, &connection);
        None
    }

    /// Removes a connection that has ended. Counts its failure, if it is one, only once.
    fn discard(&self, slot: &Slot, ended: &Arc<Connection>) {
        let mut current = lock(&slot.connection);
        let is_current = current.as_ref().is_some_and(|it| Arc::ptr_eq(it, ended));
        if is_current {
            *current = None;
            if ended.has_failed() {
                lock(&self.health).failed();
            }
        }
    }

    /// Opens a connection, and checks that the server supports meta commands before it receives a
    /// value, which it would otherwise take for commands.
    async fn open(&self, operation: &'static str) -> Result<Connection> {
        let opened = self.opener.open(&self.address, &self.settings).await;
        let connection = opened.map_err(|error| self.undialed(operation, error))?;
        match (self.greet(&connection).await, &self.settings.secret) {
            (Err(Failure::Refused(Refusal::Client(_))), Some(secret)) => {
                let request = Request::Authenticate(&secret.0);
                match connection.call(&request).await {
                    Ok(Answer::Line(line)) if line == "STORED" => Ok(connection),
                    answer => Err(self.unfriendly(operation, answer)),
                }
            }
            (Ok(Answer::Line(line)), _) if line == "MN" => Ok(connection),
            (answer, _) => Err(self.unfriendly(operation, answer)),
        }
    }

    async fn greet(&self, connection: &Connection) -> Result<Answer, Failure> {
        connection.call(&Request::Line("mn")).await
    }

    /// Creates the error of an unexpected reply to the greeting.
    fn unfriendly(&self, operation: &'static str, answer: Result<Answer, Failure>) -> Error {
        match answer {
            Ok(_) => self.unexpected(operation),
            Err(Failure::Refused(Refusal::UnknownCommand)) => {
                let text = "the server does not support meta commands, which require memcached 1.6";
                self.error(operation, ErrorKind::UnknownCommand, text.to_owned())
            }
            Err(Failure::Refused(refusal)) => self.refused(operation, refusal),
            Err(Failure::TimedOut) => self.too_late(operation),
            Err(Failure::Lost { why, .. }) => self.lost(operation, why),
        }
    }

    /// Creates the error of a reply that does not match the request.
    pub(crate) fn unexpected(&self, operation: &'static str) -> Error {
        let text = "the reply does not match the request".to_owned();
        self.error(operation, ErrorKind::Protocol, text)
    }

    fn undialed(&self, operation: &'static str, error: net_traits::Error) -> Error {
        Error::new(operation, ErrorKind::Dial, Cause::Net(error)).with_server(&self.address)
    }

    fn refused(&self, operation: &'static str, refusal: Refusal) -> Error {
        let (kind, text) = match refusal {
            Refusal::UnknownCommand => (ErrorKind::UnknownCommand, "ERROR".to_owned()),
            Refusal::Client(text) => (ErrorKind::Client, text),
            Refusal::Server(text) => (ErrorKind::Server, text),
        };
        self.error(operation, kind, text)
    }

    fn too_late(&self, operation: &'static str) -> Error {
        let text = format!("no reply within {:?}", self.settings.timeout);
        self.error(operation, ErrorKind::TimedOut, text)
    }

    fn lost(&self, operation: &'static str, why: Lost) -> Error {
        let (kind, text) = match why {
            Lost::Ended(text) => (ErrorKind::Disconnected, text),
            Lost::Protocol(text) => (ErrorKind::Protocol, text),
            Lost::Stalled => {
                let limit = self.settings.timeout;
                let text = format!("the connection was idle for {limit:?}");
                (ErrorKind::TimedOut, text)
            }
        };
        self.error(operation, kind, text)
    }

    fn error(&self, operation: &'static str, kind: ErrorKind, text: String) -> Error {
        Error::new(operation, kind, Cause::Text(text)).with_server(&self.address)
    }
}
