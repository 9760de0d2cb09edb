use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use tokio_postgres::Statement;

use crate::cancel::Place;
use crate::session::Session;
use crate::{CancelToken, Notifications, Result};

/// The number of statements that [`Client::prepare_cached`] caches.
const STATEMENTS: usize = 256;

/// A session with a database.
///
/// It dereferences to tokio-postgres' own client, whose methods run queries: `query`, `query_one`,
/// `execute`, `batch_execute`, `transaction`, `copy_in`, and so on. If a future of theirs is
/// dropped, the session stays usable: the server still executes the query, and its result is
/// discarded, so it is unknown whether it took effect. Queries have no time limit of their own: a
/// timeout drops the future, and [`cancel_token`](Client::cancel_token) cancels the query on the
/// server.
///
/// `query` collects all rows in memory; `query_raw` streams them, with backpressure to the server.
///
/// Dropping the client ends the session.
#[derive(Debug)]
pub struct Client {
    session: Session,
    place: Place,
    statements: Mutex<HashMap<String, Statement>>,
}

impl Client {
    pub(crate) fn new(session: Session, place: Place) -> Self {
        Client {
            session,
            place,
            statements: Mutex::default(),
        }
    }

    /// Prepares a statement, or returns it from the session's cache.
    ///
    /// # Errors
    ///
    /// Returns the errors of tokio-postgres' `prepare`.
    pub async fn prepare_cached(&self, query: &str) -> Result<Statement> {
        if let Some(statement) = self.with_statements(|known| known.get(query).cloned()) {
            return Ok(statement);
        }
        let statement = self.prepare(query).await?;
        self.with_statements(|known| {
            if known.len() >= STATEMENTS
                && let Some(any) = known.keys().next().cloned()
            {
                known.remove(&any);
            }
            known.insert(query.to_owned(), statement.clone());
        });
        Ok(statement)
    }

    /// Clears the cache of [`prepare_cached`](Client::prepare_cached), for example after a change
    /// of the schema.
    pub fn clear_statements(&self) {
        self.with_statements(HashMap::clear);
    }

    fn with_statements<R>(&self, action: impl FnOnce(&mut HashMap<String, Statement>) -> R) -> R {
        let statements = self.statements.lock();
        action(&mut statements.unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns a token that cancels a query of this session from another task.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        CancelToken {
            token: self.session.client.cancel_token(),
            place: self.place.clone(),
        }
    }

    /// Subscribes to the notifications, from now on, of the channels that this session listens to
    /// (`LISTEN`).
    #[must_use]
    pub fn notifications(&self) -> Notifications {
        Notifications {
            receiver: self.session.shared.notifications.subscribe(),
        }
    }

    /// Returns why the connection ended, unless it is open or was closed gracefully. Queries after
    /// that only report that it is closed.
    #[must_use]
    pub fn failure(&self) -> Option<&tokio_postgres::Error> {
        self.session.shared.failure.get()
    }
}

impl Deref for Client {
    type Target = tokio_postgres::Client;

    fn deref(&self) -> &tokio_postgres::Client {
        &self.session.client
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut tokio_postgres::Client {
        &mut self.session.client
    }
}
