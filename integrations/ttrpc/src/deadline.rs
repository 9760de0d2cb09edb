//! When a call is over.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::Status;

/// The end of a call that starts now; `None` where it has no limit.
pub(crate) fn after(timeout: Option<Duration>) -> Option<Instant> {
    Instant::now().checked_add(timeout?)
}

/// The limit as it is sent, where zero means none.
pub(crate) fn to_wire(timeout: Option<Duration>) -> i64 {
    let nanos = timeout.map(|timeout| i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX));
    nanos.map_or(0, |nanos| nanos.max(1))
}

/// The limit as it was sent; one that has passed already is no time at all.
pub(crate) fn from_wire(nanos: i64) -> Option<Duration> {
    let limited = nanos != 0;
    limited.then(|| Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)))
}

/// Does something until the deadline.
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
