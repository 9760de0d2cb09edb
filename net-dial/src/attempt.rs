//! One operation, tried on several addresses in order, under one deadline.

use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use net_time::timeout_until;
use net_traits::{Endpoint, Error, Operation, Timer};

/// An attempt has no less than this, as long as there is so much: Go's "sane
/// minimum".
const LEAST_PART: Duration = Duration::from_secs(2);

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
    let is_over = || deadline.is_some_and(|at| timer.now() >= at);
    for (at, endpoint) in endpoints.iter().enumerate() {
        let part = partial_deadline(timer.now(), deadline, endpoints.len() - at);
        let failure = match timeout_until(timer, part, operation(endpoint)).await {
            Ok(Ok(success)) => return Ok(success),
            Ok(Err(cause)) => Error::new(what, cause),
            Err(_) => Error::timeout(what),
        };
        let settled = settles(&failure) || is_over();
        failures.push(failure.with_endpoint(endpoint.clone()));
        if settled {
            break;
        }
    }
    Err(match failures.last() {
        None => Error::invalid(what, "no address to try"),
        Some(last) if last.is_timeout() && is_over() => {
            Error::from_attempts_until_deadline(what, failures)
        }
        Some(_) => Error::from_attempts(what, failures),
    })
}

/// The deadline of one attempt of those that are left, so that an address
/// which never answers does not use up the time of the others.
pub(crate) fn partial_deadline(
    now: Instant,
    deadline: Option<Instant>,
    left: usize,
) -> Option<Instant> {
    let deadline = deadline?;
    let time = deadline.saturating_duration_since(now);
    let left = u32::try_from(left).unwrap_or(u32::MAX).max(1);
    let part = (time / left).max(LEAST_PART).min(time);
    // Not in the past: time may have been up before.
    Some((now + part).min(deadline))
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::partial_deadline;

    /// The cases of Go's `TestDialerPartialDeadline`, in milliseconds.
    #[test]
    fn the_time_is_divided_by_the_addresses_that_are_left() {
        let start = Instant::now() + Duration::from_secs(60);
        let at = |ms: u64| start + Duration::from_millis(ms);
        for (now, deadline, left, expected) in [
            (0, 12_000, 1, 12_000),
            (0, 12_000, 2, 6000),
            (0, 12_000, 3, 4000),
            // No less than two seconds…
            (0, 12_000, 999, 2000),
            // … if there are so many.
            (0, 1900, 999, 1900),
            (0, 12_000, 0, 12_000),
            (999, 1000, 1, 1000),
            // The time is up.
            (1000, 1000, 1, 1000),
            (1001, 1000, 1, 1000),
        ] {
            let part = partial_deadline(at(now), Some(at(deadline)), left);
            assert_eq!(part, Some(at(expected)), "{now} {deadline} {left}");
        }
        assert_eq!(partial_deadline(start, None, 1), None);
    }
}
