use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{BoxStream, Endpoint, Result, Stream};

/// Takes connections. What a server library takes.
///
/// ```
/// use net_traits::{Listener, Result};
///
/// async fn greet_all<L: Listener>(listener: L) -> Result<()> {
///     loop {
///         let (_stream, peer) = listener.accept().await?;
///         println!("{peer} came");
///     }
/// }
/// ```
///
/// Dropping a listener closes it.
#[async_trait]
pub trait Listener: fmt::Debug + Send + Sync {
    /// The connections it takes.
    type Stream: Stream;

    /// Waits for the next connection and gives it with its peer's address.
    /// Several tasks may wait at once; each connection goes to one of them.
    ///
    /// # Errors
    ///
    /// An error may be of the moment, such as a connection that its peer has
    /// given up or a lack of descriptors: a server waits a little and goes on.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no connection.
    async fn accept(&self) -> Result<(Self::Stream, Endpoint)>;

    /// The address it listens on, with the port that the system chose.
    fn local_addr(&self) -> Result<Endpoint>;

    /// Erases the listener's type and that of its streams.
    fn boxed(self) -> BoxListener
    where
        Self: Sized + 'static,
    {
        Box::new(ErasedListener(self))
    }
}

/// Any [`Listener`], its type erased; see [`Listener::boxed`].
pub type BoxListener = Box<dyn Listener<Stream = BoxStream>>;

#[derive(Debug)]
struct ErasedListener<L>(L);

#[async_trait]
impl<L: Listener> Listener for ErasedListener<L> {
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
