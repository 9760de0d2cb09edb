//! Notification when a request has been sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http_body::{Frame, SizeHint};
use tokio::sync::oneshot;

use crate::{Body, BoxError};

/// A body that notifies when it is dropped, which the connection does as soon
/// as it has taken all of it.
pub(crate) struct SentBody {
    body: Body,
    _sent: oneshot::Sender<()>,
}

impl SentBody {
    /// Returns the request, and a future that completes when it has been sent.
    pub(crate) fn watch(request: Request<Body>) -> (Request<Body>, impl Future<Output = ()>) {
        let (sender, receiver) = oneshot::channel();
        let request = if http_body::Body::is_end_stream(request.body()) {
            request
        } else {
            request.map(|body| {
                Body::wrap(SentBody {
                    body,
                    _sent: sender,
                })
            })
        };
        (request, async { drop(receiver.await) })
    }
}

impl http_body::Body for SentBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
