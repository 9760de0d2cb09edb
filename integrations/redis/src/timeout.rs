use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// Runs a future for at most `limit`. `missing` names what did not happen by then.
pub(crate) async fn within<T>(
    limit: Duration,
    missing: &str,
    future: impl Future<Output = Result<T>>,
) -> Result<T> {
    let result = tokio::time::timeout(limit, future).await;
    result.unwrap_or_else(|_| Err(overdue(missing, limit)))
}

/// Creates the error of something that did not happen within `limit`.
pub(crate) fn overdue(missing: &str, limit: Duration) -> Error {
    Error::text(ErrorKind::Timeout, format!("{missing} within {limit:?}"))
}
