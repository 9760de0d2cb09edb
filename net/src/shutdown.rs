use crate::backend;

/// Waits until the program is asked to end: by SIGTERM or SIGINT (Ctrl-C) on Unix, by
/// Ctrl-C on Windows. On `wasm32-wasip1`, where no host tells, it never is.
///
/// A server stops accepting then, lets requests in progress finish, and returns:
///
/// ```no_run
/// use net::prelude::*;
///
/// #[net::net_main]
/// async fn main() -> net::Result<()> {
///     let listener = net::listen("tcp", "127.0.0.1:3000").await?;
///     let serve = async {
///         loop {
///             let (stream, _peer) = listener.accept().await?;
///             net::spawn(async move { drop(stream) });
///         }
///     };
///     tokio::select! {
///         result = serve => result,
///         () = net::shutdown() => Ok(()),
///     }
/// }
/// ```
///
/// The first call starts to catch the signals, and from then on the first signal does
/// not end the program by itself; a second one does, at once. Once the program was
/// asked, every call is ready.
///
/// # Panics
///
/// Panics if the system refuses a thread, or to catch signals.
///
/// # Cancel safety
///
/// This function is cancel safe: a request that comes while no call waits is not lost.
pub async fn shutdown() {
    backend::shutdown().await;
}
