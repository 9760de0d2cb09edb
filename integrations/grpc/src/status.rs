use std::error::Error;
use std::fmt::Write;

use h2::Reason;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use tonic::{Code, Status};

use crate::BoxError;

/// Converts a failure of HTTP into a status.
///
/// A stream that was reset has the code that gRPC assigns to the reason ([HTTP2
/// transport mapping]). Any other failure is `UNAVAILABLE`: the call may have been
/// processed or not, and a retry may succeed.
///
/// [HTTP2 transport mapping]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
pub(crate) fn of_transport(error: BoxError) -> Status {
    // Such as the error that a stream of requests ended with.
    let error = match Status::try_from_error(error) {
        Ok(status) => return status,
        Err(error) => error,
    };
    let message = chain(&*error);
    let code = match cause::<h2::Error>(&*error) {
        Some(error) if error.is_reset() => error.reason().map_or(Code::Unknown, of_reset),
        None if cause::<hyper::Error>(&*error).is_some_and(hyper::Error::is_user) => Code::Unknown,
        _ => Code::Unavailable,
    };
    Status::new(code, message)
}

/// Checks that a response is one of gRPC. That of a proxy or a web server is
/// converted into a status by [its own status].
///
/// [its own status]: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
pub(crate) fn of_answer<B>(answer: &Response<B>) -> Result<(), Status> {
    let content_type = answer.headers().get(CONTENT_TYPE);
    let is_grpc = |value: &HeaderValue| value.as_bytes().starts_with(b"application/grpc");
    if content_type.is_some_and(is_grpc) {
        return Ok(());
    }
    let code = match answer.status() {
        StatusCode::BAD_REQUEST => Code::Internal,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::Unimplemented,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Code::Unavailable,
        _ => Code::Unknown,
    };
    let message = match content_type {
        Some(content_type) => format!("{}, with content type {content_type:?}", answer.status()),
        None => format!("{}, without content type", answer.status()),
    };
    Err(Status::new(
        code,
        format!("the response is not gRPC: {message}"),
    ))
}

fn of_reset(reason: Reason) -> Code {
    match reason {
        Reason::REFUSED_STREAM => Code::Unavailable,
        Reason::CANCEL => Code::Cancelled,
        Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        _ => Code::Internal,
    }
}

/// Formats an error with all its causes, which hyper leaves out.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a `String` never fails.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// Returns the first error of a type in the chain of causes.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
