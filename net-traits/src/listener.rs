use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::dialer::Erased;
use crate::{BoxStream, Endpoint, Result, Stream};

/// Accepts connections: what a server library takes.
///
/// ```
/// use std::time::Duration;
/// use net_traits::{Listener, Result};
///
/// /// Serves until the listener fails for good.
/// async fn serve<L: Listener>(listener: L, wait: impl AsyncFn(Duration)) -> Result<()> {
///     loop {
///         match listener.accept().await {
///             Ok((_stream, peer)) => println!("accepted {peer}"),
///             // A lack of descriptors, for example, or a peer that left already.
///             Err(error) if error.is_transient() => wait(Duration::from_millis(100)).await,
///             Err(error) => return Err(error),
///         }
///     }
/// }
/// ```
///
/// Dropping a listener closes it.
#[async_trait]
pub trait Listener: fmt::Debug + Send + Sync {
    /// The type of its connections.
    type Stream: Stream;

    /// Accepts the next connection and returns it with its peer's address.
    ///
    /// Several tasks may wait at once; an implementation must give each
    /// connection to one of them.
    ///
    /// # Errors
    ///
    /// An error for which [`is_transient`](crate::Error::is_transient) returns
    /// `true` concerns one connection, or passes: a server waits a little and
    /// accepts again. An implementation must let other tasks run before it
    /// returns an error again and again.
    ///
    /// # Cancel safety
    ///
    /// This method must be cancel safe: dropping the future loses no connection.
    async fn accept(&self) -> Result<(Self::Stream, Endpoint)>;

    /// Returns the address that it listens on, with the port that the system
    /// chose.
    ///
    /// # Errors
    ///
    /// Returns an error if the system does not tell.
    fn local_addr(&self) -> Result<Endpoint>;

    /// Erases the listener's type and that of its streams.
    fn boxed(self) -> BoxListener
    where
        Self: Sized + 'static,
    {
        Box::new(Erased(self))
    }
}

/// Any [`Listener`], its type erased; see [`Listener::boxed`].
pub type BoxListener = Box<dyn Listener<Stream = BoxStream>>;

#[async_trait]
impl<L: Listener> Listener for Erased<L> {
    type Stream = BoxStream;

    async fn accept(&self) -> Result<(BoxStream, Endpoint)> {
        let (stream, peer) = self.0.accept().await?;
        Ok((BoxStream::new(stream), peer))
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.0.local_addr()
    }
}

macro_rules! forward {
    ($type:ty) => {
        #[async_trait]
        impl<L: Listener + ?Sized> Listener for $type {
            type Stream = L::Stream;

            async fn accept(&self) -> Result<(Self::Stream, Endpoint)> {
                (**self).accept().await
            }

            fn local_addr(&self) -> Result<Endpoint> {
                (**self).local_addr()
            }
        }
    };
}

forward!(&L);
forward!(Box<L>);
forward!(Arc<L>);
