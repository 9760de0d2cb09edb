//! A copy of a request, for sending it again.

use bytes::Bytes;
use http::{Method, Request, Uri};

use crate::Body;

/// The head of a request, and its body if it is in memory.
#[derive(Debug)]
pub(crate) struct Spare {
    head: Request<()>,
    body: Option<Bytes>,
}

impl Spare {
    pub(crate) fn of(request: &Request<Body>) -> Self {
        let mut head = Request::new(());
        head.method_mut().clone_from(request.method());
        head.uri_mut().clone_from(request.uri());
        *head.version_mut() = request.version();
        head.headers_mut().clone_from(request.headers());
        head.extensions_mut().clone_from(request.extensions());
        Spare {
            head,
            body: request.body().in_memory(),
        }
    }

    pub(crate) fn method(&self) -> &Method {
        self.head.method()
    }

    pub(crate) fn uri(&self) -> &Uri {
        self.head.uri()
    }

    /// Copies the request; `None` if its body cannot be sent again.
    pub(crate) fn request(&self) -> Option<Request<Body>> {
        let body = self.body.clone()?;
        Some(self.head.clone().map(|()| body.into()))
    }

    /// Turns into the request. A body that is gone is replaced by one that cannot
    /// be copied.
    pub(crate) fn into_request(self) -> Request<Body> {
        let gone = || Body::from_reader(tokio::io::empty());
        self.head.map(|()| self.body.map_or_else(gone, Body::from))
    }
}
