//! The timeouts of calls.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::Status;

/// Returns the deadline of a call that starts now; `None` if it has no timeout.
pub(crate) fn after(timeout: Option<Duration>) -> Option<Instant> {
    Instant::now().checked_add(timeout?)
}

/// Converts a timeout to nanoseconds, where zero means none.
pub(crate) fn to_wire(timeout: Option<Duration>) -> i64 {
    let nanos = timeout.map(|timeout| i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX));
    nanos.map_or(0, |nanos| nanos.max(1))
}

/// Converts a timeout from nanoseconds; a negative one has elapsed already.
pub(crate) fn from_wire(nanos: i64) -> Option<Duration> {
    let limited = nanos != 0;
    limited.then(|| Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)))
}

/// Runs a future until the deadline, if there is one.
pub(crate) async fn within<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    match deadline {
        None => work.await,
        Some(deadline) => match timeout_at(deadline, work).await {
            Ok(result) => result,
            Err(_) => Err(Status::deadline_exceeded()),
        },
    }
}
