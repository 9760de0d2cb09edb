//! Decompression of response bodies.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::header::CONTENT_ENCODING;
use http::{HeaderValue, Request, Response};
use tower_http::decompression::Decompression;
use tower_service::Service;

use crate::Body;

/// The encodings that [`decode`] supports.
pub(crate) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip,deflate");

/// Decompresses the body of a response. Most are not compressed, so the layer
/// wraps only the responses that are, instead of every request.
pub(crate) async fn decode(response: Response<Body>) -> Response<Body> {
    if !response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    let decoded = Decompression::new(Given(Some(response))).call(Request::new(Body::empty()));
    match decoded.await {
        Ok(response) => response.map(Body::wrap),
    }
}

/// A service that has its only response already.
struct Given(Option<Response<Body>>);

impl Service<Request<Body>> for Given {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request<Body>) -> Self::Future {
        ready(Ok(self.0.take().expect("called once")))
    }
}
