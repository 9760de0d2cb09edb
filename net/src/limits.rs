use std::time::Duration;

use net_traits::Stream;

use crate::backend::Backend;
use crate::target;

pub use net_time::Deadlines;

/// Gives a stream deadlines for reads and for writes, as Go's `net.Conn` has
/// them; see [`Deadlined`](net_time::Deadlined).
///
/// ```
/// # async fn example() -> net::Result<()> {
/// use std::time::Duration;
/// use net::prelude::*;
///
/// let stream = net::dial("tcp", "localhost:7").await?;
/// let mut stream = net::with_deadlines(stream);
///
/// stream.set_deadline(Some(net::time::now() + Duration::from_secs(5)));
/// stream.write_all(b"hello").await?;
/// let mut answer = [0; 5];
/// if let Err(error) = stream.read_exact(&mut answer).await {
///     assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
///     // The stream can still be used.
///     stream.set_deadline(None);
/// }
/// # Ok(())
/// # }
/// ```
///
/// Another task interrupts a call that is pending:
///
/// ```
/// # async fn example(stream: net::target::Stream) -> net::Result<()> {
/// use net::prelude::*;
///
/// let stream = net::with_deadlines(stream);
/// let deadlines = stream.deadlines();
/// let (mut read, _write) = stream.into_split();
/// let reading = net::spawn(async move { read.read_u8().await });
///
/// deadlines.set_read_deadline(Some(net::time::now()));
/// let error = reading.await?.expect_err("no byte came");
/// assert!(net::Error::from(error).is_timeout());
/// # Ok(())
/// # }
/// ```
pub fn with_deadlines<S: Stream>(stream: S) -> Deadlined<S> {
    net_time::Deadlined::new(stream, Backend::default())
}

/// Makes a stream fail when no byte moves, in either direction, for a given
/// duration; see [`IdleTimeout`](net_time::IdleTimeout).
///
/// ```
/// use std::time::Duration;
/// use net::prelude::*;
///
/// /// Echoes, and closes the connection after an idle minute.
/// async fn echo(stream: net::target::Stream) -> std::io::Result<u64> {
///     let stream = net::with_idle_timeout(stream, Duration::from_secs(60));
///     let (mut read, mut write) = stream.into_split();
///     tokio::io::copy(&mut read, &mut write).await
/// }
/// ```
pub fn with_idle_timeout<S: Stream>(stream: S, duration: Duration) -> IdleTimeout<S> {
    net_time::IdleTimeout::new(stream, Backend::default(), duration)
}

/// A stream with deadlines, from [`with_deadlines`].
///
/// ```
/// struct Client {
///     stream: net::Deadlined,
/// }
/// ```
pub type Deadlined<S = target::Stream> = net_time::Deadlined<S, Backend>;

/// A stream with an idle timeout, from [`with_idle_timeout`].
pub type IdleTimeout<S = target::Stream> = net_time::IdleTimeout<S, Backend>;
