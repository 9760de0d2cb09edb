//! One operation, tried on several addresses in order, under one deadline.

use std::future::Future;
use std::io;
use std::time::Instant;

use net_traits::{Endpoint, Error, Operation, Timer};

use crate::time::timeout_until;

/// Tries `operation` on each endpoint until one succeeds, or fails in a way
/// that settles the matter.
///
/// # Errors
///
/// Each attempt's own. The deadline ends the attempt that is under way.
pub(crate) async fn first_success<'e, T, R, F>(
    timer: &T,
    what: Operation,
    endpoints: &'e [Endpoint],
    deadline: Option<Instant>,
    settles: fn(&Error) -> bool,
    mut operation: impl FnMut(&'e Endpoint) -> F,
) -> Result<R, Error>
where
    T: Timer,
    F: Future<Output = io::Result<R>>,
{
    let mut failures = Vec::new();
    for endpoint in endpoints {
        let failure = match timeout_until(timer, deadline, operation(endpoint)).await {
            Ok(Ok(success)) => return Ok(success),
            Ok(Err(cause)) => Error::new(what, cause),
            Err(_) => Error::timeout(what),
        };
        let settled = settles(&failure) || deadline.is_some_and(|at| timer.now() >= at);
        failures.push(failure.with_endpoint(endpoint.clone()));
        if settled {
            break;
        }
    }
    Err(if failures.is_empty() {
        Error::invalid(what, "no address to try")
    } else {
        Error::from_attempts(what, failures)
    })
}

/// No failure of one address to answer says anything about the next.
pub(crate) fn never(_: &Error) -> bool {
    false
}

/// Whether a failure to bind is about the port: the other family is then no
/// way out, since the address stands for both.
pub(crate) fn is_about_the_port(failure: &Error) -> bool {
    matches!(
        failure.kind(),
        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
    )
}
