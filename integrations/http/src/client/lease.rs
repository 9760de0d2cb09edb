//! A connection while one request uses it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::connection::Sent;
use super::host::Host;
use crate::Body;

/// How long a connection may take to become ready again after its response was
/// read or dropped. One that is still sending, or has more to read, is closed.
const GRACE: Duration = Duration::from_secs(1);

/// An HTTP/1 connection. It returns to the pool when it is dropped.
pub(crate) struct Lease {
    /// `None` once it is dropped.
    sender: Option<http1::SendRequest<Body>>,
    is_reused: bool,
    host: Arc<Host>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Lease {
    pub(crate) fn new(
        sender: http1::SendRequest<Body>,
        is_reused: bool,
        host: Arc<Host>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Lease {
            sender: Some(sender),
            is_reused,
            host,
            permit: Some(permit),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut sender) = self.sender.take() else {
            return;
        };
        if sender.is_ready() {
            self.host.put_idle(sender);
            return;
        }
        if sender.is_closed() {
            return;
        }
        let (Ok(runtime), Some(permit)) = (Handle::try_current(), self.permit.take()) else {
            return;
        };
        let host = Arc::downgrade(&self.host);
        runtime.spawn(async move {
            let freed = tokio::time::timeout(GRACE, sender.ready()).await;
            if let (Ok(Ok(())), Some(host)) = (freed, host.upgrade()) {
                host.put_idle(sender);
            }
            drop(permit);
        });
    }
}

/// A stream of an HTTP/2 connection.
pub(crate) struct Stream {
    sender: http2::SendRequest<Body>,
    is_reused: bool,
    host: Arc<Host>,
}

impl Stream {
    pub(crate) fn new(sender: http2::SendRequest<Body>, is_reused: bool, host: Arc<Host>) -> Self {
        host.stream_began();
        Stream {
            sender,
            is_reused,
            host,
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.host.stream_ended();
    }
}

/// Permission to send one request.
pub(crate) enum Checkout {
    Http1(Lease),
    Http2(Stream),
}

impl Checkout {
    pub(crate) fn is_http2(&self) -> bool {
        matches!(self, Checkout::Http2(_))
    }

    /// Returns whether the connection has carried a request before, so that the
    /// peer may have closed it meanwhile.
    pub(crate) fn is_reused(&self) -> bool {
        match self {
            Checkout::Http1(lease) => lease.is_reused,
            Checkout::Http2(stream) => stream.is_reused,
        }
    }

    /// Sends a request. Dropping the future cancels it.
    pub(crate) async fn send(&mut self, request: Request<Body>) -> Sent {
        match self {
            Checkout::Http1(lease) => {
                let sender = lease.sender.as_mut().expect("only drop takes it");
                sender.try_send_request(request).await
            }
            Checkout::Http2(stream) => stream.sender.try_send_request(request).await,
        }
    }

    /// Drops the connection, and the idle ones, which may be as stale.
    pub(crate) fn forget(self) {
        match &self {
            Checkout::Http1(lease) => lease.host.forget(),
            Checkout::Http2(stream) => stream.host.forget(),
        }
    }

    /// Wraps the body of the response, which holds the connection until its end.
    pub(crate) fn hold_by(self, incoming: Incoming) -> Body {
        if http_body::Body::is_end_stream(&incoming) {
            return Body::empty();
        }
        Body::wrap(Held {
            incoming,
            checkout: Some(self),
        })
    }
}

impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_http2() { "HTTP/2" } else { "HTTP/1" })
    }
}

/// A body that returns its connection when it was read or is dropped. The order
/// of the fields matters.
struct Held {
    incoming: Incoming,
    checkout: Option<Checkout>,
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.incoming).poll_frame(cx);
        let is_last = match &frame {
            Poll::Ready(Some(Ok(_))) => self.incoming.is_end_stream(),
            Poll::Ready(_) => true,
            Poll::Pending => false,
        };
        if is_last {
            self.checkout = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
