use std::task::{Context, Poll};

use http::{Request, Response};
use hyper::body::Incoming;
use net_traits::Endpoint;
use tower_service::Service;

use crate::Body;

/// Who sent a request: an extension of each.
///
/// ```
/// use net_http::{Body, PeerAddr};
///
/// fn greet(request: &http::Request<Body>) -> String {
///     match request.extensions().get::<PeerAddr>() {
///         Some(PeerAddr(peer)) => format!("Hello, {peer}!"),
///         None => "Hello!".to_owned(),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerAddr(pub Endpoint);

/// A service for the requests of one connection.
#[derive(Debug, Clone)]
pub(crate) struct OfConnection<S> {
    pub(crate) service: S,
    pub(crate) peer: PeerAddr,
}

impl<S, B> Service<Request<Incoming>> for OfConnection<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Incoming>) -> S::Future {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer.clone());
        self.service.call(request)
    }
}
