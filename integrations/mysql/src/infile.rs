use std::io;

use net_traits::async_trait;
use tokio::io::AsyncRead;

/// Provides the files for `LOAD DATA LOCAL INFILE`.
///
/// A server may request any file at any time, whatever the statement was. Therefore such a request
/// is an error without a handler, and a handler should provide data for known names rather than
/// files from disk.
///
/// ```
/// use std::io;
///
/// use net_mysql::LocalInfile;
/// use net_traits::async_trait;
/// use tokio::io::AsyncRead;
///
/// struct Prices;
///
/// #[async_trait]
/// impl LocalInfile for Prices {
///     async fn open(&self, name: &[u8]) -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
///         match name {
///             b"prices" => Ok(Box::new(&b"tea\t3\ncoffee\t4\n"[..])),
///             _ => Err(io::ErrorKind::NotFound.into()),
///         }
///     }
/// }
///
/// # let opts = net_mysql::Opts::new("db:3306");
/// let opts = opts.with_local_infile(Prices);
/// ```
#[async_trait]
pub trait LocalInfile: Send + Sync {
    /// Opens the requested file.
    ///
    /// # Errors
    ///
    /// Returns an error to reject the request. The server then receives an empty file, and the
    /// caller of the statement receives the error. If reading fails later, the server has already
    /// received a part of the data.
    async fn open(&self, name: &[u8]) -> io::Result<Box<dyn AsyncRead + Send + Unpin>>;
}
