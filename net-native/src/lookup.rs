//! Names and addresses, by the resolver of the C library.

use std::io;
use std::net::IpAddr;
use std::thread;

use dns_lookup::{AddrFamily, AddrInfoHints, LookupError, LookupErrorKind, SockType};
use net_traits::Family;
use tokio::sync::{Semaphore, oneshot};

use crate::sys;

/// As many lookups as Go has at once where it uses the C library.
static LOOKUPS: Semaphore = Semaphore::const_new(500);

/// Returns the addresses of a name, each once, in the system's order.
pub(crate) async fn addresses(name: &str, family: Family) -> io::Result<Vec<IpAddr>> {
    let name = name.to_owned();
    detached(move || {
        let hints = AddrInfoHints {
            address: match family {
                Family::V4 => AddrFamily::Inet.into(),
                Family::V6 => AddrFamily::Inet6.into(),
                Family::Any => 0,
            },
            // One type of socket, or every address comes once for each.
            socktype: SockType::Stream.into(),
            ..AddrInfoHints::default()
        };
        let mut addresses = Vec::new();
        for found in dns_lookup::getaddrinfo(Some(&name), None, Some(hints)).map_err(explain)? {
            let address = found?.sockaddr.ip();
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Ok(addresses)
    })
    .await
}

/// Returns the name of an address.
pub(crate) async fn name(address: IpAddr) -> io::Result<String> {
    detached(move || dns_lookup::lookup_addr(&address).map_err(explain)).await
}

/// Runs a lookup on a thread of its own. The system may take many seconds; tokio's threads for
/// what blocks would keep the program from ending until then.
async fn detached<T: Send + 'static>(
    lookup: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let permit = LOOKUPS.acquire().await.map_err(io::Error::other)?;
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new()
        .name("lookup".to_owned())
        .spawn(move || {
            let result = lookup();
            drop(permit);
            // Nobody waits any more if the caller was cancelled.
            let _ = sender.send(result);
        })?;
    let result = receiver.await;
    result.map_err(|_| io::Error::other("the lookup has panicked"))?
}

/// Gives an error its kind, and keeps the code of the C library.
fn explain(error: LookupError) -> io::Error {
    let code = error.error_num();
    let kind = match error.kind() {
        LookupErrorKind::NoName | LookupErrorKind::NoData => io::ErrorKind::NotFound,
        _ if sys::is_no_address(code) => io::ErrorKind::NotFound,
        // No server has answered, or one that could not.
        LookupErrorKind::Again => io::ErrorKind::TimedOut,
        LookupErrorKind::Memory => io::ErrorKind::OutOfMemory,
        LookupErrorKind::System => return error.into(),
        LookupErrorKind::IO if code == 0 => return error.into(),
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, format!("{error} (code {code})"))
}
