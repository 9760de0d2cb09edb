use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Address, BoxStream, Error, Operation, Result, Stream};

/// A future whose type is erased, as methods of trait objects return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Opens connections: what a client library takes.
///
/// A dialer is a network, or a wrapper around another dialer: TLS, a proxy, a
/// counter, a policy.
///
/// ```
/// use net_traits::{Dialer, Result};
/// use tokio::io::AsyncWriteExt;
///
/// async fn greet(dialer: &impl Dialer) -> Result<()> {
///     let mut stream = dialer.dial("tcp", "localhost:7").await?;
///     stream.write_all(b"hello").await?;
///     Ok(())
/// }
/// ```
///
/// # Implementing a dialer
///
/// Implement [`dial_to`](Dialer::dial_to) with [`async_trait`](crate::async_trait).
/// The address is parsed already:
///
/// ```
/// use net_traits::{Address, Dialer, Error, HostPort, Operation, Result, async_trait};
///
/// /// Dials the usual port of a protocol only.
/// #[derive(Debug)]
/// struct HttpsOnly<D>(D);
///
/// #[async_trait]
/// impl<D: Dialer> Dialer for HttpsOnly<D> {
///     type Stream = D::Stream;
///
///     async fn dial_to(&self, address: Address) -> Result<D::Stream> {
///         match address.port().map(ToString::to_string).as_deref() {
///             Some("443" | "https") => self.0.dial_to(address).await,
///             _ => Err(Error::new(Operation::Dial, std::io::ErrorKind::PermissionDenied)
///                 .with_target(&address)),
///         }
///     }
/// }
/// ```
///
/// The boxed future of a call costs one allocation, some 25 ns beside a
/// handshake. Reads and writes have none.
#[async_trait]
pub trait Dialer: fmt::Debug + Send + Sync {
    /// The type of its connections.
    type Stream: Stream;

    /// Connects to an address.
    ///
    /// An empty host is this machine. On a datagram network an implementation
    /// must fail with [`InvalidInput`](std::io::ErrorKind::InvalidInput).
    ///
    /// # Errors
    ///
    /// Returns an error if no connection could be made. It must name the network,
    /// the address as given, and each resolved address that was tried.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future must cancel the attempts and close their sockets.
    async fn dial_to(&self, address: Address) -> Result<Self::Stream>;

    /// Connects to an address given as text: `tcp`, `tcp4` or `tcp6` with
    /// `host:port`, or `unix` with a path (`@name` for the abstract namespace).
    ///
    /// It parses the text and calls [`dial_to`](Dialer::dial_to); implementations
    /// must not override it.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is invalid, and those of
    /// [`dial_to`](Dialer::dial_to).
    ///
    /// # Cancel safety
    ///
    /// As [`dial_to`](Dialer::dial_to).
    fn dial<'a>(&'a self, network: &str, address: &str) -> BoxFuture<'a, Result<Self::Stream>> {
        match parse(Operation::Dial, network, address) {
            Ok(address) => self.dial_to(address),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    /// Erases the dialer's type and that of its streams.
    fn boxed(self) -> BoxDialer
    where
        Self: Sized + 'static,
    {
        Box::new(Erased(self))
    }
}

/// Parses what was typed; an error says for which operation.
pub(crate) fn parse(operation: Operation, network: &str, address: &str) -> Result<Address, Error> {
    Address::parse(network, address).map_err(|error| error.with_operation(operation))
}

/// Any [`Dialer`], its type erased; see [`Dialer::boxed`].
pub type BoxDialer = Box<dyn Dialer<Stream = BoxStream>>;

/// A dialer, a listener or a network whose streams have their type erased.
#[derive(Debug)]
pub(crate) struct Erased<T>(pub(crate) T);

#[async_trait]
impl<D: Dialer> Dialer for Erased<D> {
    type Stream = BoxStream;

    async fn dial_to(&self, address: Address) -> Result<BoxStream> {
        self.0.dial_to(address).await.map(BoxStream::new)
    }
}

macro_rules! forward {
    ($type:ty) => {
        impl<D: Dialer + ?Sized> Dialer for $type {
            type Stream = D::Stream;

            fn dial_to<'a, 'b>(&'a self, address: Address) -> BoxFuture<'b, Result<D::Stream>>
            where
                'a: 'b,
                Self: 'b,
            {
                (**self).dial_to(address)
            }
        }
    };
}

forward!(&D);
forward!(Box<D>);
forward!(Arc<D>);
