use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use tokio_postgres::Statement;

use crate::connect::Place;
use crate::session::Session;
use crate::{CancelToken, Notifications, Result};

/// How many statements [`Client::prepare_cached`] keeps.
const STATEMENTS: usize = 256;

/// A session with a database.
///
/// Queries are methods of tokio-postgres' own client, which this one derefs to:
/// `query`, `query_one`, `execute`, `batch_execute`, `transaction`, `copy_in`, … A
/// future of theirs that is dropped leaves the session usable: what it had asked
/// for is still answered, and the answer thrown away. Whether it took effect is
/// then open. Nothing else limits how long a query takes: a timeout drops its
/// future, and [`cancel_token`](Client::cancel_token) ends it at the server.
///
/// `query` keeps all rows in memory; `query_raw` gives them as they come, and
/// lets the server wait for whoever reads them.
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

    /// Prepares a statement, or takes it from those that were prepared before.
    ///
    /// # Errors
    ///
    /// As tokio-postgres' `prepare`.
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

    /// Forgets the statements of [`prepare_cached`](Client::prepare_cached), as
    /// after a change of the schema.
    pub fn clear_statements(&self) {
        self.with_statements(HashMap::clear);
    }

    fn with_statements<R>(&self, action: impl FnOnce(&mut HashMap<String, Statement>) -> R) -> R {
        let statements = self.statements.lock();
        action(&mut statements.unwrap_or_else(PoisonError::into_inner))
    }

    /// What interrupts a query of this session, from elsewhere.
    #[must_use]
    pub fn cancel_token(&self) -> CancelToken {
        CancelToken {
            token: self.session.client.cancel_token(),
            place: self.place.clone(),
        }
    }

    /// The notifications from now on, of the channels that this session listens
    /// to (`LISTEN`).
    #[must_use]
    pub fn notifications(&self) -> Notifications {
        Notifications {
            receiver: self.session.shared.notifications.subscribe(),
        }
    }

    /// Why the connection has ended, if it has, and not in order. A query then
    /// only knows that it is closed.
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
