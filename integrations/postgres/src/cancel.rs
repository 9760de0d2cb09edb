use tokio_postgres::NoTls;

use crate::connect::Place;
use crate::error::Cause;
use crate::guarded::Guarded;
use crate::{Error, Result};

/// Interrupts the query that a session is busy with.
///
/// It is cheap to clone, and may outlive the session.
///
/// ```no_run
/// # async fn example(client: net_postgres::Client) -> net_postgres::Result<()> {
/// let cancel = client.cancel_token();
/// let slow = client.batch_execute("SELECT pg_sleep(3600)");
/// let (slow, cancelled) = tokio::join!(slow, cancel.cancel());
/// cancelled?;
/// assert!(slow.is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CancelToken {
    pub(crate) token: tokio_postgres::CancelToken,
    pub(crate) place: Place,
}

impl CancelToken {
    /// Asks the server, on a connection of its own, which is encrypted if the
    /// session's is. The server does not say whether there was a query to
    /// interrupt.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached.
    pub async fn cancel(&self) -> Result<()> {
        let Place {
            connector,
            host,
            way,
        } = &self.place;
        let stream = Guarded::new(connector.dial(host).await?);
        let asked = match connector.encryption(host, *way) {
            Some(tls) => self.token.cancel_query_raw(stream, tls).await,
            None => self.token.cancel_query_raw(stream, NoTls).await,
        };
        asked.map_err(|error| Error::connect(host.dialed().1, Cause::Postgres(error)))
    }
}

impl std::fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CancelToken")
            .field(&self.place.host)
            .finish()
    }
}
