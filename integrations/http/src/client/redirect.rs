//! Following redirects.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::header::{AUTHORIZATION, COOKIE, HOST, LOCATION, PROXY_AUTHORIZATION};
use http::{HeaderName, Request, Response, Uri};
use net_traits::Dialer;
use tower_http::follow_redirect::FollowRedirect;
use tower_http::follow_redirect::policy::{Action, Attempt, Policy};
use tower_service::Service;

use super::error::{RequestError, Stage};
use super::host::lock;
use super::spare::Spare;
use super::target::origin_of;
use super::transport::Transport;
use crate::Body;
use crate::origin::redacted;

/// Sends a request, and follows at most `limit` redirects.
///
/// Most responses do not redirect, so the layer that follows redirects wraps
/// only those that do, instead of every request.
pub(crate) async fn exchange<D: Dialer + 'static>(
    transport: Transport<D>,
    request: Request<Body>,
    limit: usize,
) -> Result<Response<Body>, RequestError> {
    let spare = Spare::of(&request);
    let response = transport.exchange(request, &spare).await?;
    let redirects = response.status().is_redirection() && response.headers().contains_key(LOCATION);
    if limit == 0 || !redirects {
        return Ok(response);
    }
    let service = Redirected {
        answer: Arc::new(Mutex::new(Some(response))),
        transport,
    };
    let policy = Redirects::up_to(limit);
    // Boxed because few requests get here, and all would carry its size along.
    let followed = FollowRedirect::with_policy(service, policy).call(spare.into_request());
    Box::pin(followed).await
}

/// A service that has the response to its first request already.
struct Redirected<D> {
    answer: Arc<Mutex<Option<Response<Body>>>>,
    transport: Transport<D>,
}

impl<D> Clone for Redirected<D> {
    fn clone(&self) -> Self {
        Redirected {
            answer: Arc::clone(&self.answer),
            transport: self.transport.clone(),
        }
    }
}

impl<D: Dialer + 'static> Service<Request<Body>> for Redirected<D> {
    type Response = Response<Body>;
    type Error = RequestError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, RequestError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), RequestError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if let Some(answer) = lock(&self.answer).take() {
            return Box::pin(ready(Ok(answer)));
        }
        let transport = self.transport.clone();
        Box::pin(async move {
            let spare = Spare::of(&request);
            transport.exchange(request, &spare).await
        })
    }
}

/// The headers that are not sent to another origin.
const CREDENTIALS: [HeaderName; 3] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];

/// Follows at most `limit` redirects, from https only to https, and sends
/// credentials to the same origin only.
#[derive(Debug, Clone)]
pub(crate) struct Redirects {
    limit: usize,
    /// The URLs so far.
    visited: Vec<Uri>,
    /// Whether another origin was visited. Credentials are not sent again then,
    /// not even to the first one.
    foreign: bool,
}

impl Redirects {
    pub(crate) fn up_to(limit: usize) -> Self {
        Redirects {
            limit,
            visited: Vec::new(),
            foreign: false,
        }
    }
}

impl Policy<Body, RequestError> for Redirects {
    fn redirect(&mut self, attempt: &Attempt<'_>) -> Result<Action, RequestError> {
        if self.limit == 0 {
            return Ok(Action::Stop);
        }
        let error = |url, message: String| {
            RequestError::new(attempt.previous_method(), url, Stage::Redirect, message)
        };
        let (from, to) = (attempt.previous(), attempt.location());
        self.visited.push(from.clone());
        if self.visited.len() > self.limit {
            let urls: Vec<_> = self.visited.iter().map(redacted).collect();
            let message = format!("more than {} redirects: {}", self.limit, urls.join(" -> "));
            return Err(error(&self.visited[0], message));
        }
        if from.scheme_str() == Some("https") && to.scheme_str() != Some("https") {
            let message = format!("refused to redirect from https to {}", redacted(to));
            return Err(error(from, message));
        }
        self.foreign |= !same_origin(from, to);
        Ok(Action::Follow)
    }

    fn on_request(&mut self, request: &mut Request<Body>) {
        if !self.visited.is_empty() {
            // The caller's is for the first host.
            request.headers_mut().remove(HOST);
        }
        if self.foreign {
            for name in &CREDENTIALS {
                request.headers_mut().remove(name);
            }
        }
    }

    fn clone_body(&self, body: &Body) -> Option<Body> {
        body.in_memory().map(Body::from)
    }
}

/// Whether two URLs have one origin (RFC 6454 §4).
fn same_origin(from: &Uri, to: &Uri) -> bool {
    match (origin_of(from), origin_of(to)) {
        (Ok(from), Ok(to)) => from == to,
        _ => false,
    }
}
