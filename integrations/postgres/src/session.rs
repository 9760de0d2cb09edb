//! Drives a connection of tokio-postgres in a task.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use net_traits::BoxStream;
use tokio::sync::{broadcast, oneshot};
use tokio_postgres::error::DbError;
use tokio_postgres::tls::TlsConnect;
use tokio_postgres::{AsyncMessage, Connection, Notification};

use crate::guarded::Guarded;

/// The timeout for closing a connection gracefully.
const GOODBYE: Duration = Duration::from_secs(5);

/// The number of notifications buffered for a slow receiver.
const NOTIFICATIONS: usize = 1024;

pub(crate) type NoticeHook = dyn Fn(&DbError) + Send + Sync;

/// A connection that a task drives.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: tokio_postgres::Client,
    pub(crate) shared: Arc<Shared>,
    /// Dropped to tell the task that the connection is not needed any more.
    _wanted: oneshot::Sender<()>,
}

/// State that the task shares with the client.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) notifications: broadcast::Sender<Notification>,
    /// Why the connection ended, unless it was closed gracefully.
    pub(crate) failure: OnceLock<tokio_postgres::Error>,
}

impl Session {
    pub(crate) async fn start<T>(
        stream: BoxStream,
        tls: T,
        parameters: &tokio_postgres::Config,
        on_notice: Arc<NoticeHook>,
    ) -> Result<Self, tokio_postgres::Error>
    where
        T: TlsConnect<Guarded<BoxStream>>,
        T::Stream: Send + 'static,
    {
        // Boxed, to keep the caller's future small.
        let connecting = Box::pin(parameters.connect_raw(Guarded::new(stream), tls));
        let (client, connection) = connecting.await?;
        let (notifications, _) = broadcast::channel(NOTIFICATIONS);
        let shared = Arc::new(Shared {
            notifications,
            failure: OnceLock::new(),
        });
        let (wanted, unwanted) = oneshot::channel();
        let task = Arc::clone(&shared);
        tokio::spawn(async move {
            let mut moving = pin!(task.move_messages(connection, on_notice));
            tokio::select! {
                () = &mut moving => return,
                // Nothing is ever sent; the sender was dropped.
                _ = unwanted => {}
            }
            // If the server does not read, the connection is dropped.
            let _ = tokio::time::timeout(GOODBYE, moving).await;
        });
        Ok(Session {
            client,
            shared,
            _wanted: wanted,
        })
    }
}

impl Shared {
    async fn move_messages<T>(
        &self,
        mut connection: Connection<Guarded<BoxStream>, T>,
        on_notice: Arc<NoticeHook>,
    ) where
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
            match message {
                Ok(AsyncMessage::Notification(notification)) => {
                    // There may be no receiver.
                    let _ = self.notifications.send(notification);
                }
                Ok(AsyncMessage::Notice(notice)) => on_notice(&notice),
                Ok(_) => {}
                Err(error) => {
                    let _ = self.failure.set(error);
                    return;
                }
            }
        }
    }
}
