use std::fmt;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_postgres::Notification;

/// What others have sent by `NOTIFY`, as it comes.
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
    /// Waits for the next one; `None` once the session has ended.
    ///
    /// # Errors
    ///
    /// If more than a thousand were waiting to be taken, and some are lost.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses none.
    pub async fn recv(&mut self) -> Result<Option<Notification>, NotificationsError> {
        match self.receiver.recv().await {
            Ok(notification) => Ok(Some(notification)),
            Err(RecvError::Closed) => Ok(None),
            Err(RecvError::Lagged(lost)) => Err(NotificationsError { lost }),
        }
    }
}

/// Notifications came faster than they were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotificationsError {
    /// How many are lost.
    pub lost: u64,
}

impl fmt::Display for NotificationsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} notifications were not taken in time, and are lost",
            self.lost
        )
    }
}

impl std::error::Error for NotificationsError {}
