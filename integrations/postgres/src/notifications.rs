use std::fmt;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_postgres::Notification;

/// A receiver of notifications that were sent by `NOTIFY`.
///
/// ```no_run
/// # async fn example(client: net_postgres::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let mut notifications = client.notifications();
/// client.batch_execute("LISTEN orders").await?;
/// while let Some(notification) = notifications.recv().await? {
///     println!("{}: {}", notification.channel(), notification.payload());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Notifications {
    pub(crate) receiver: broadcast::Receiver<Notification>,
}

impl Notifications {
    /// Receives the next notification. Returns `None` once the session has ended.
    ///
    /// # Errors
    ///
    /// Returns an error if more than a thousand notifications were waiting to be received, and
    /// some were dropped.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If the future is dropped, no notification is lost.
    pub async fn recv(&mut self) -> Result<Option<Notification>, NotificationsError> {
        match self.receiver.recv().await {
            Ok(notification) => Ok(Some(notification)),
            Err(RecvError::Closed) => Ok(None),
            Err(RecvError::Lagged(lost)) => Err(NotificationsError { lost }),
        }
    }
}

/// The error of notifications that were dropped because they were not received in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotificationsError {
    /// The number of dropped notifications.
    pub lost: u64,
}

impl fmt::Display for NotificationsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} notifications were dropped because they were not received in time",
            self.lost
        )
    }
}

impl std::error::Error for NotificationsError {}
