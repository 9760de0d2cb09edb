use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{BoxStream, Result, Stream};

/// Opens connections. What a client library takes.
///
/// A dialer may be a network, or a wrapper around another dialer: TLS, a
/// proxy, a counter. Implement it with [`async_trait`](crate::async_trait):
///
/// ```
/// use net_traits::{Dialer, Result, async_trait};
///
/// /// Sends every connection to one address: for tests.
/// #[derive(Debug)]
/// struct Redirect<D> {
///     inner: D,
///     to: String,
/// }
///
/// #[async_trait]
/// impl<D: Dialer> Dialer for Redirect<D> {
///     type Stream = D::Stream;
///
///     async fn dial(&self, network: &str, _address: &str) -> Result<Self::Stream> {
///         self.inner.dial(network, &self.to).await
///     }
/// }
/// ```
///
/// The boxed future of a call costs an allocation, some 25 ns beside a
/// handshake. Reads and writes have none.
#[async_trait]
pub trait Dialer: fmt::Debug + Send + Sync {
    /// The connections it opens.
    type Stream: Stream;

    /// Connects to an address: `tcp`, `tcp4` or `tcp6` with `host:port`, or
    /// `unix` with a path (`@name` for the abstract namespace). An empty host
    /// is this machine.
    ///
    /// # Errors
    ///
    /// They name the network, the address as given, and each address that
    /// was tried.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the attempt up and closes its socket.
    async fn dial(&self, network: &str, address: &str) -> Result<Self::Stream>;

    /// Erases the dialer's type and that of its streams.
    fn boxed(self) -> BoxDialer
    where
        Self: Sized + 'static,
    {
        Box::new(ErasedDialer(self))
    }
}

/// Any [`Dialer`], its type erased; see [`Dialer::boxed`].
pub type BoxDialer = Box<dyn Dialer<Stream = BoxStream>>;

#[derive(Debug)]
struct ErasedDialer<D>(D);

#[async_trait]
impl<D: Dialer> Dialer for ErasedDialer<D> {
    type Stream = BoxStream;

    async fn dial(&self, network: &str, address: &str) -> Result<BoxStream> {
        self.0.dial(network, address).await.map(BoxStream::new)
    }
}

macro_rules! forward {
    ($type:ty) => {
        #[async_trait]
        impl<D: Dialer + ?Sized> Dialer for $type {
            type Stream = D::Stream;

            async fn dial(&self, network: &str, address: &str) -> Result<Self::Stream> {
                (**self).dial(network, address).await
            }
        }
    };
}

forward!(&D);
forward!(Box<D>);
forward!(Arc<D>);
