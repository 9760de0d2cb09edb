use crate::backend;

/// Waits until the program is asked to end: by SIGTERM or SIGINT (Ctrl-C) on Unix, by
/// Ctrl-C on Windows. On `wasm32-wasip1` the future is never ready, because no host
/// passes such a request to the guest.
///
/// A server then stops accepting, finishes the requests in progress, and returns:
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
/// The first call installs the signal handlers. From then on, the first signal
/// completes every call, those that follow included, and does not end the program; a
/// second signal ends it at once.
///
/// # Panics
///
/// Panics if the thread that handles signals, or the handlers, cannot be created.
///
/// # Cancel safety
///
/// This function is cancel safe. A request that arrives while no call is waiting is
/// not lost.
pub async fn shutdown() {
    backend::shutdown().await;
}
