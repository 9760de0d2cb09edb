use std::future::Future;
use std::path::PathBuf;

use net_dial::Net;
use net_traits::{Backend, Listener, Result};

use crate::Case;

/// What the kit has to know of a backend.
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
    /// What is tested.
    type Backend: Backend;

    /// The backend for one case. It is called on the runtime.
    fn backend(&self) -> Self::Backend;

    /// Runs one case, on a runtime of tokio that drives the backend: cases
    /// start tasks with [`tokio::spawn`].
    fn block_on<F: Future>(&self, case: F) -> F::Output;

    /// Why the backend does not have something. The cases that are about it
    /// are skipped, and say this.
    fn lacks(&self, capability: Capability) -> Option<String> {
        let _ = capability;
        None
    }

    /// The reason why a case is known to fail. It is run nevertheless, and
    /// the kit complains when it passes.
    fn known_bug(&self, case: &Case) -> Option<String> {
        let _ = case;
        None
    }

    /// The two ends of a new connection; by default one over loopback.
    fn pair(&self, net: &Net<Self::Backend>) -> impl Future<Output = Result<Pair<Self>>> + Send {
        async move {
            let listener = net.listen("tcp", "127.0.0.1:0").await?;
            let address = listener.local_addr()?.to_string();
            let (one, (other, _)) = tokio::try_join!(net.dial("tcp", &address), listener.accept())?;
            Ok((one, other))
        }
    }

    /// Where Unix sockets may be made; by default `$TMPDIR` or `/tmp`, on every
    /// target, since guests cannot ask for the folder of temporary files.
    fn folder(&self) -> PathBuf {
        std::env::var_os("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from)
    }
}

/// The two ends of a connection.
pub type Pair<F> = (StreamOf<F>, StreamOf<F>);

/// The connections of a fixture's backend.
pub type StreamOf<F> = <<F as Fixture>::Backend as Backend>::Stream;

/// What a backend may do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability {
    /// IPv6, with the address `::1`.
    Ipv6,
    /// Datagram sockets of IP.
    Udp,
    /// Connections that say when they break off, rather than just end.
    Resets,
    /// Unix sockets on paths.
    Unix,
    /// Names in Linux's abstract namespace.
    AbstractNames,
    /// Paths of Unix sockets are files: they stay when their listener goes, and
    /// their folder must be there.
    Files,
}
