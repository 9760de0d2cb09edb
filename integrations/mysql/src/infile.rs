use std::io;

use net_traits::async_trait;
use tokio::io::AsyncRead;

/// Gives the server the files that `LOAD DATA LOCAL INFILE` names.
///
/// A server may ask for any file at any time, whatever the statement was. So
/// without a handler such a request is refused, and a handler should give out
/// what it knows by name, not what lies on a disk.
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
    /// Opens what the server asks for.
    ///
    /// # Errors
    ///
    /// Whatever the reason is not to. The server gets an empty file, and who ran
    /// the statement gets the error. Where reading fails later, the server has
    /// taken what was read until then.
    async fn open(&self, name: &[u8]) -> io::Result<Box<dyn AsyncRead + Send + Unpin>>;
}
