//! Sends one request on a connection of the pool.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use net_traits::Dialer;

use super::config::{Config, Protocol};
use super::connect::connect;
use super::error::{RequestError, Stage};
use super::lease::Checkout;
use super::pool::{Connecting, Pool};
use super::sent_body::SentBody;
use super::spare::Spare;
use super::target::Target;
use super::timeout::{TimeLimits, nothing_read};
use crate::{Body, BoxError};

/// How often a request is sent at most, if it is safe to send it again.
const ATTEMPTS: usize = 3;

/// What a request needs from its client. Cheap to clone.
#[derive(Debug)]
pub(crate) struct Transport<D> {
    pub(crate) dialer: Arc<D>,
    pub(crate) config: Arc<Config>,
    pub(crate) pool: Arc<Pool>,
    /// The timeouts of this request.
    pub(crate) limits: TimeLimits,
}

impl<D> Clone for Transport<D> {
    fn clone(&self) -> Self {
        Transport {
            dialer: Arc::clone(&self.dialer),
            config: Arc::clone(&self.config),
            pool: Arc::clone(&self.pool),
            limits: self.limits,
        }
    }
}

/// Why an attempt failed, and the request if it may be sent again.
struct Failure {
    error: RequestError,
    again: Option<Request<Body>>,
}

impl<D: Dialer> Transport<D> {
    /// Sends a request, and sends its copy if that is safe.
    pub(crate) async fn exchange(
        &self,
        mut request: Request<Body>,
        spare: &Spare,
    ) -> Result<Response<Body>, RequestError> {
        let mut attempts = 1;
        loop {
            match self.attempt(request, spare).await {
                Ok(response) => return Ok(response),
                Err(Failure {
                    again: Some(again), ..
                }) if attempts < ATTEMPTS => request = again,
                Err(failure) => return Err(failure.error),
            }
            attempts += 1;
        }
    }

    async fn attempt(
        &self,
        mut request: Request<Body>,
        spare: &Spare,
    ) -> Result<Response<Body>, Failure> {
        let (method, uri) = (spare.method(), spare.uri());
        let target = Target::of(&mut request).map_err(|problem| Failure {
            error: RequestError::build(method, uri, problem),
            again: None,
        })?;
        let route = self.config.proxies.route(&target.origin);
        let may_share = match self.config.protocol {
            Protocol::Negotiated => target.origin.is_https(),
            Protocol::Http1 => false,
            Protocol::Http2 => true,
        };
        let share_within = may_share.then_some(self.config.connect_timeout);
        let connecting = || -> Connecting<'_> {
            Box::pin(connect(&*self.dialer, &self.config, &target.origin, &route))
        };
        let pool = &self.pool;
        let checkout = pool
            .checkout(&target.origin, share_within, connecting)
            .await;
        let mut checkout = checkout.map_err(|cause| Failure {
            error: RequestError::new(method, uri, Stage::Connect, cause),
            again: None,
        })?;
        if checkout.is_http2() {
            target.shape_for_http2(&mut request);
        } else {
            let to_proxy = !target.origin.is_https() && route.is_http();
            if let (true, Some(credentials)) = (to_proxy, route.credentials()) {
                let headers = request.headers_mut();
                headers.entry(PROXY_AUTHORIZATION).or_insert(credentials);
            }
            target.shape_for_http1(&mut request, to_proxy);
        }
        match self.send(&mut checkout, request).await {
            Ok(response) => {
                let limits = self.limits;
                Ok(response.map(|incoming| limits.limit(checkout.hold_by(incoming))))
            }
            Err(mut lost) => {
                let again = lost.again(spare, checkout);
                let error = RequestError::new(method, uri, Stage::Exchange, lost.cause);
                Err(Failure { error, again })
            }
        }
    }

    /// Sends a request and waits for the head of the response.
    async fn send(
        &self,
        checkout: &mut Checkout,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, Lost> {
        let Some(limit) = self.limits.read else {
            return checkout.send(request).await.map_err(Lost::from);
        };
        let (request, sent) = SentBody::watch(request);
        let late = async {
            sent.await;
            tokio::time::sleep(limit).await;
        };
        tokio::select! {
            biased;
            answer = checkout.send(request) => answer.map_err(Lost::from),
            () = late => Err(Lost { cause: nothing_read(limit).into(), unsent: None }),
        }
    }
}

/// The failure of a request that was passed to a connection.
struct Lost {
    cause: BoxError,
    /// The request, if nothing of it was sent.
    unsent: Option<Request<Body>>,
}

impl Lost {
    /// Returns the request if it is safe to send it again (RFC 9110 §9.2.2).
    fn again(&mut self, spare: &Spare, checkout: Checkout) -> Option<Request<Body>> {
        let cause = self.cause.downcast_ref::<hyper::Error>()?;
        if is_refused(cause) {
            return spare.request();
        }
        // A reused connection fails because it is stale, a new one for a reason.
        if !checkout.is_reused() {
            return None;
        }
        let again = match self.unsent.take() {
            Some(mut unsent) => {
                unsent.uri_mut().clone_from(spare.uri());
                Some(unsent)
            }
            None if is_closed(cause) && spare.method().is_idempotent() => spare.request(),
            None => None,
        };
        if again.is_some() {
            checkout.forget();
        }
        again
    }
}

impl From<TrySendError<Request<Body>>> for Lost {
    fn from(mut error: TrySendError<Request<Body>>) -> Self {
        Lost {
            unsent: error.take_message(),
            cause: error.into_error().into(),
        }
    }
}

/// Returns whether the peer has not processed the request (RFC 9113 §8.7).
fn is_refused(error: &hyper::Error) -> bool {
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<h2::Error>());
    cause.is_some_and(|cause| cause.reason() == Some(h2::Reason::REFUSED_STREAM))
}

/// Returns whether the connection was closed before there was a response.
fn is_closed(error: &hyper::Error) -> bool {
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return true;
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return matches!(
                error.kind(),
                io::ErrorKind::BrokenPipe
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::ConnectionReset
            );
        }
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return error.is_go_away() || error.is_io();
        }
        cause = error.source();
    }
    false
}
