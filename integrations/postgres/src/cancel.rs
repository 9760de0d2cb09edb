use tokio_postgres::NoTls;

use crate::error::Cause;
use crate::guarded::Guarded;
use crate::negotiation::Verify;
use crate::transport::Transport;
use crate::{Host, Result};

/// Cancels the query that a session is running.
///
/// It is cheap to clone and may outlive the session.
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

/// Where a session is, and how to reach it again.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) transport: Transport,
    pub(crate) host: Host,
    pub(crate) verify: Verify,
}

impl CancelToken {
    /// Sends a cancel request over a new connection, which uses TLS if the session's does.
    /// The server does not report whether there was a query to cancel.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached.
    pub async fn cancel(&self) -> Result<()> {
        let Place {
            transport,
            host,
            verify,
        } = &self.place;
        let stream = Guarded::new(transport.dial(host).await?);
        let asked = match transport.encryption(host, *verify) {
            Some(tls) => self.token.cancel_query_raw(stream, tls).await,
            None => self.token.cancel_query_raw(stream, NoTls).await,
        };
        asked.map_err(|error| host.error(Cause::Postgres(error)))
    }
}

impl std::fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("CancelToken")
            .field(&self.place.host)
            .finish()
    }
}
