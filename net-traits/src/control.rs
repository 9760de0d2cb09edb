use std::fmt;
use std::io;
use std::sync::Arc;

use crate::{Endpoint, OptionName, SocketOption};

/// A hook that runs on each socket after its options were set and before it is
/// bound or connected, for what no [`SocketOption`] does; Go's `Dialer.Control`.
///
/// ```
/// use net_traits::Control;
///
/// let control = Control::new(|socket, peer_or_local| {
///     println!("socket {:?} for {peer_or_local}", socket.descriptor());
///     Ok(())
/// });
/// ```
#[derive(Clone)]
pub struct Control(Arc<Hook>);

type Hook = dyn Fn(&dyn FreshSocket, &Endpoint) -> io::Result<()> + Send + Sync;

impl Control {
    /// Creates a hook. It receives the socket and the address that it is going to
    /// be connected to, or bound to if it listens. Its error becomes that of the
    /// operation.
    pub fn new(
        hook: impl Fn(&dyn FreshSocket, &Endpoint) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Control(Arc::new(hook))
    }

    /// Runs the hook; backends call it.
    ///
    /// # Errors
    ///
    /// Returns the hook's error.
    pub fn run(&self, socket: &dyn FreshSocket, address: &Endpoint) -> io::Result<()> {
        (self.0)(socket, address)
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Control(..)")
    }
}

/// Two are equal if one is a clone of the other.
impl PartialEq for Control {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Control {}

/// A socket that is neither bound nor connected yet, as a [`Control`] receives
/// it. Backends implement it.
///
/// ```
/// use std::io;
/// use net_traits::{FreshSocket, SocketOption};
///
/// /// Marks packets for expedited forwarding (RFC 3246), where the host can.
/// fn expedite(socket: &dyn FreshSocket) -> io::Result<()> {
///     match socket.set_option(SocketOption::Tos(0x2e << 2)) {
///         Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
///         result => result,
///     }
/// }
/// ```
pub trait FreshSocket {
    /// Returns the number of its descriptor; `None` on a system without
    /// descriptors, and in a network that is inside the process.
    fn descriptor(&self) -> Option<u64>;

    /// Sets an option.
    ///
    /// # Errors
    ///
    /// Returns an [`UnsupportedOption`](crate::UnsupportedOption) if the host does
    /// not have it.
    fn set_option(&self, option: SocketOption) -> io::Result<()>;

    /// Reads an option.
    ///
    /// # Errors
    ///
    /// As [`set_option`](FreshSocket::set_option).
    fn option(&self, name: OptionName) -> io::Result<SocketOption>;
}
