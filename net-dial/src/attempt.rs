//! One operation, tried on several addresses in order, under one deadline.

use std::future::Future;
use std::io;
use std::time::Instant;

use net_traits::{Endpoint, Error, Operation, Timer};

use crate::time::timeout_until;

/// Tries `operation` on each endpoint until one succeeds.
///
/// # Errors
///
/// Each attempt's own. The deadline ends the attempt that is under way.
pub(crate) async fn first_success<'e, T, R, F>(
    timer: &T,
    what: Operation,
    endpoints: &'e [Endpoint],
    deadline: Option<Instant>,
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
        let out_of_time = failure.is_timeout() && deadline.is_some_and(|at| timer.now() >= at);
        failures.push(failure.with_endpoint(endpoint.clone()));
        if out_of_time {
            break;
        }
    }
    Err(if failures.is_empty() {
        Error::invalid(what, "no address to try")
    } else {
        Error::from_attempts(what, failures)
    })
}
