//! Which redirects are followed, and what goes with them.

use http::header::{AUTHORIZATION, COOKIE, HOST, PROXY_AUTHORIZATION};
use http::{HeaderName, Request, Uri};
use tower_http::follow_redirect::policy::{Action, Attempt, Policy};

use super::error::{RequestError, Stage};
use crate::Body;

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
        body.again()
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
