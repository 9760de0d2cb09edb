use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use http::{Request, Response};
use hyper::body::Incoming;
use net_traits::Endpoint;
use tower_service::Service;

use crate::{Body, BoxError};

/// The address of the peer that sent a request, as a request extension.
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

/// A tower service as hyper calls it, for the requests of one connection.
#[derive(Debug, Clone)]
pub(crate) struct OfConnection<S> {
    pub(crate) service: S,
    pub(crate) peer: PeerAddr,
}

impl<S, B> hyper::service::Service<Request<Incoming>> for OfConnection<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>> + Clone,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Answer<S>;

    fn call(&self, request: Request<Incoming>) -> Answer<S> {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer.clone());
        let mut service = self.service.clone();
        // Nearly every service is always ready. One that is not is polled again
        // with the waker of the task first.
        match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Answer::Called {
                future: service.call(request),
            },
            Poll::Ready(Err(error)) => Answer::Failed {
                error: Some(error.into()),
            },
            Poll::Pending => Answer::Waiting {
                waiting: Some(Box::new((service, request))),
            },
        }
    }
}

pin_project_lite::pin_project! {
    /// The future of a response.
    #[project = AnswerProject]
    pub(crate) enum Answer<S: Service<Request<Body>>> {
        /// Until the service is ready.
        Waiting { waiting: Option<Box<(S, Request<Body>)>> },
        Called { #[pin] future: S::Future },
        Failed { error: Option<BoxError> },
    }
}

impl<S: Service<Request<Body>, Error: Into<BoxError>>> Future for Answer<S> {
    type Output = Result<S::Response, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let called = match self.as_mut().project() {
                AnswerProject::Called { future } => return future.poll(cx).map_err(Into::into),
                AnswerProject::Failed { error } => {
                    return Poll::Ready(Err(error.take().expect("polled after completion")));
                }
                AnswerProject::Waiting { waiting } => {
                    let (service, _) = &mut **waiting.as_mut().expect("waiting for the service");
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        return Poll::Ready(Err(error.into()));
                    }
                    let (mut service, request) = *waiting.take().expect("waiting for the service");
                    service.call(request)
                }
            };
            self.set(Answer::Called { future: called });
        }
    }
}
