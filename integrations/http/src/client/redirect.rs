//! Which redirects are followed, and what goes with them.

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
use super::transport::Transport;
use crate::Body;

/// Sends a request, and follows up to so many redirects.
///
/// Most answers do not redirect, so the layer that follows is not put around
/// every request but around an answer that does.
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
    // In a box, since few requests get here and all would carry its size along.
    let followed = FollowRedirect::with_policy(service, policy).call(spare.into_request());
    Box::pin(followed).await
}

/// A service that has the answer to its first request.
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

/// What another origin is not to know.
const CREDENTIALS: [HeaderName; 3] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];

/// Follows so many redirects, from https only to https, and takes credentials
/// to the same origin alone (scheme, host and port).
#[derive(Debug, Clone)]
pub(crate) struct Redirects {
    limit: usize,
    /// Where it has led so far.
    way: Vec<Uri>,
    /// Once another origin was on the way, its credentials are not sent again.
    foreign: bool,
}

impl Redirects {
    pub(crate) fn up_to(limit: usize) -> Self {
        Redirects {
            limit,
            way: Vec::new(),
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
        self.way.push(from.clone());
        if self.way.len() > self.limit {
            let way: Vec<_> = self.way.iter().map(shown).collect();
            let way = way.join(" -> ");
            let message = format!("more than {} redirects: {way}", self.limit);
            return Err(error(&self.way[0], message));
        }
        if from.scheme_str() == Some("https") && to.scheme_str() != Some("https") {
            let message = format!("a redirect to {} would not be encrypted", shown(to));
            return Err(error(from, message));
        }
        self.foreign |= origin(from) != origin(to);
        Ok(Action::Follow)
    }

    fn on_request(&mut self, request: &mut Request<Body>) {
        if !self.way.is_empty() {
            // The one that the caller gave is for the first host.
            request.headers_mut().remove(HOST);
        }
        if self.foreign {
            for name in &CREDENTIALS {
                request.headers_mut().remove(name);
            }
        }
    }

    fn clone_body(&self, body: &Body) -> Option<Body> {
        body.at_hand().map(Body::from)
    }
}

/// Scheme, host and port (RFC 6454 §4).
fn origin(url: &Uri) -> (Option<&str>, Option<String>, Option<u16>) {
    let scheme = url.scheme_str();
    let own_port = match scheme {
        Some("https") => 443,
        _ => 80,
    };
    (
        scheme,
        url.host().map(str::to_ascii_lowercase),
        Some(url.port_u16().unwrap_or(own_port)),
    )
}

/// A URL without what is secret: user, password and query.
fn shown(url: &Uri) -> String {
    let scheme = url.scheme_str().unwrap_or_default();
    let authority = url.authority().map_or("", |authority| authority.as_str());
    let place = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{place}{}", url.path())
}
