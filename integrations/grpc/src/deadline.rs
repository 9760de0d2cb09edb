//! The `grpc-timeout` header, and bodies with a deadline.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;
use tonic::Status;

use crate::{BoxError, status};

const HEADER: &str = "grpc-timeout";

/// Returns the timeout of a request.
///
/// A malformed header is an error, as in gRPC's other implementations.
pub(crate) fn requested(headers: &HeaderMap) -> Result<Option<Duration>, Status> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let timeout = value.to_str().ok().and_then(parse);
    let malformed = || Status::internal(format!("malformed {HEADER}: {value:?}"));
    timeout.map(Some).ok_or_else(malformed)
}

/// Parses at most eight digits and a unit ([requests] in gRPC over HTTP/2).
///
/// [requests]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

/// Sets the timeout of a request.
pub(crate) fn announce(headers: &mut HeaderMap, timeout: Duration) {
    let limit = 100_000_000;
    let units = [
        (timeout.as_nanos(), 'n'),
        (timeout.as_micros(), 'u'),
        (timeout.as_millis(), 'm'),
        (timeout.as_secs().into(), 'S'),
        ((timeout.as_secs() / 60).into(), 'M'),
        ((timeout.as_secs() / 3600).into(), 'H'),
    ];
    // The finest unit that fits. More than eleven thousand years means no limit.
    let text = units
        .into_iter()
        .find(|&(count, _)| count < limit)
        .map(|(count, unit)| format!("{count}{unit}"));
    if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
        headers.insert(HEADER, value);
    }
}

/// A future that completes with a status when a call must be done.
pub(crate) struct Deadline {
    timeout: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Deadline {
    pub(crate) fn after(timeout: Duration) -> Self {
        Deadline {
            timeout,
            sleep: Box::pin(tokio::time::sleep(timeout)),
        }
    }

    /// Runs a future until the deadline, if there is one.
    pub(crate) async fn limit<T>(
        deadline: &mut Option<Self>,
        future: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        match deadline {
            None => future.await,
            Some(deadline) => tokio::select! {
                biased;
                result = future => result,
                status = deadline => Err(status),
            },
        }
    }
}

impl Future for Deadline {
    type Output = Status;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Status> {
        ready!(self.sleep.as_mut().poll(cx));
        let message = format!("timed out after {:?}", self.timeout);
        Poll::Ready(Status::deadline_exceeded(message))
    }
}

/// The body of a call: its errors are statuses, it ends at the call's deadline,
/// and it holds the call's permit until it has ended.
pub(crate) struct CallBody<B> {
    /// `None` once the body has ended, so that a cancelled stream is reset at once.
    inner: Option<B>,
    deadline: Option<Deadline>,
    permit: Option<OwnedSemaphorePermit>,
    on_deadline: OnDeadline,
}

/// How a body ends at its deadline.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OnDeadline {
    /// With an error, for the reader in this program.
    Fail,
    /// With trailers, for the peer.
    SendStatus,
}

impl<B> CallBody<B> {
    pub(crate) fn new(inner: B) -> Self {
        CallBody {
            inner: Some(inner),
            deadline: None,
            permit: None,
            on_deadline: OnDeadline::Fail,
        }
    }

    pub(crate) fn with_deadline(mut self, deadline: Option<Deadline>, then: OnDeadline) -> Self {
        self.deadline = deadline;
        self.on_deadline = then;
        self
    }

    pub(crate) fn with_permit(mut self, permit: Option<OwnedSemaphorePermit>) -> Self {
        self.permit = permit;
        self
    }

    fn end(&mut self) {
        self.inner = None;
        self.deadline = None;
        self.permit = None;
    }
}

impl<B> Body for CallBody<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Some(inner) = &mut this.inner else {
            return Poll::Ready(None);
        };
        // Before the body, which may always have a frame.
        if let Some(deadline) = &mut this.deadline
            && let Poll::Ready(status) = Pin::new(deadline).poll(cx)
        {
            this.end();
            return Poll::Ready(Some(match this.on_deadline {
                OnDeadline::Fail => Err(status),
                OnDeadline::SendStatus => trailers(&status).map(Frame::trailers),
            }));
        }
        let frame = ready!(Pin::new(inner).poll_frame(cx));
        if !matches!(&frame, Some(Ok(frame)) if frame.is_data()) {
            this.end();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(|error| status::of_transport(error.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let none = || SizeHint::with_exact(0);
        self.inner.as_ref().map_or_else(none, Body::size_hint)
    }
}

fn trailers(status: &Status) -> Result<HeaderMap, Status> {
    let mut trailers = HeaderMap::new();
    status.add_header(&mut trailers)?;
    Ok(trailers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_survives_being_written_and_read() {
        for timeout in [
            Duration::ZERO,
            Duration::from_nanos(17),
            Duration::from_millis(250),
            Duration::from_secs(99_999_999),
        ] {
            let mut headers = HeaderMap::new();
            announce(&mut headers, timeout);
            assert_eq!(requested(&headers).expect("a timeout"), Some(timeout));
        }
    }

    #[test]
    fn the_longest_timeout_means_no_limit() {
        let mut headers = HeaderMap::new();
        announce(&mut headers, Duration::MAX);
        assert_eq!(requested(&headers).expect("no timeout"), None);
    }

    #[test]
    fn a_malformed_timeout_is_an_error() {
        for text in ["", "S", "5", "+5S", "5s", "123456789S", "5 S", "é"] {
            let value = HeaderValue::from_bytes(text.as_bytes()).expect("a header's value");
            let headers = [(HEADER.parse().expect("a header"), value)]
                .into_iter()
                .collect();
            assert!(requested(&headers).is_err(), "{text:?}");
        }
    }
}
