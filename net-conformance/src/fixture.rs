use std::future::Future;
use std::path::PathBuf;

use net_dial::Net;
use net_traits::{Backend, Listener, Result};

use crate::Case;

/// Describes a backend to the kit: how to create and run it, and what it lacks.
///
/// ```
/// use net::target::Backend;
/// use net_conformance::Fixture;
///
/// struct Target;
///
/// impl Fixture for Target {
///     type Backend = Backend;
///
///     fn backend(&self) -> Backend {
///         Backend::default()
///     }
///
///     fn block_on<F: Future>(&self, case: F) -> F::Output {
///         net::block_on(case)
///     }
/// }
/// ```
pub trait Fixture: Send + Sync + 'static {
    /// The type of the backend.
    type Backend: Backend;

    /// Creates the backend for one case. It is called on the runtime.
    fn backend(&self) -> Self::Backend;

    /// Runs one case on a tokio runtime that drives the backend. Cases start tasks
    /// with [`tokio::spawn`].
    fn block_on<F: Future>(&self, case: F) -> F::Output;

    /// Returns the reason why the backend lacks a capability, or `None` if it has
    /// it. Cases that need the capability are skipped with this reason.
    fn lacks(&self, capability: Capability) -> Option<String> {
        let _ = capability;
        None
    }

    /// Returns the reason why a case is known to fail, or `None`. The case is run
    /// all the same, and fails the test when it passes.
    fn known_bug(&self, case: &Case) -> Option<String> {
        let _ = case;
        None
    }

    /// Creates a connection and returns both ends. The default uses loopback.
    fn pair(&self, net: &Net<Self::Backend>) -> impl Future<Output = Result<Pair<Self>>> + Send {
        async move {
            let listener = net.listen("tcp", "127.0.0.1:0").await?;
            let address = listener.local_addr()?.to_string();
            let (one, (other, _)) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
            Ok((one, other))
        }
    }

    /// Returns the directory for Unix sockets. The default is `$TMPDIR` or `/tmp` on
    /// every target, because guests have no `std::env::temp_dir`.
    fn folder(&self) -> PathBuf {
        std::env::var_os("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from)
    }
}

/// The two ends of a connection.
pub type Pair<F> = (StreamOf<F>, StreamOf<F>);

/// The stream type of a fixture's backend.
pub type StreamOf<F> = <<F as Fixture>::Backend as Backend>::Stream;

/// What a backend may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability {
    /// IPv6, with the address `::1`.
    Ipv6,
    /// Datagram sockets of IP.
    Udp,
    /// Connections that report a reset, which does not look like the end.
    Resets,
    /// Unix sockets with paths.
    Unix,
    /// Names in Linux's abstract namespace.
    AbstractNames,
    /// Paths of Unix sockets are files: they remain after their listener is closed,
    /// and their directory must exist.
    Files,
}
