use std::fmt;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use http::{Method, Request, Uri};
use net_traits::Dialer;
use serde::Serialize;

use super::error::RequestError;
use super::{Client, Response};
use crate::Body;
use crate::credentials::Credentials;

/// A builder of a request; see [`Client::get`] and [`Client::request`].
///
/// Invalid arguments are reported by [`send`](RequestBuilder::send).
#[must_use = "a request does nothing unless it is sent"]
pub struct RequestBuilder<D> {
    client: Client<D>,
    request: Result<Request<Body>, RequestError>,
    timeout: Option<Duration>,
}

impl<D: Dialer + 'static> RequestBuilder<D> {
    pub(super) fn new(client: Client<D>, method: Method, url: &str) -> Self {
        let request = match url.parse::<Uri>() {
            Ok(uri) => {
                let mut request = Request::new(Body::empty());
                *request.method_mut() = method;
                *request.uri_mut() = uri;
                Ok(request)
            }
            Err(error) => Err(RequestError::not_a_url(&method, url, error)),
        };
        RequestBuilder {
            client,
            request,
            timeout: None,
        }
    }

    /// Adds a header.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        self.change(|request| {
            let name = name.try_into().map_err(|error| error.into().to_string())?;
            let value = value.try_into();
            let value = value.map_err(|error| format!("{name}: {}", error.into()))?;
            request.headers_mut().append(name, value);
            Ok(())
        })
    }

    /// Sets headers, replacing those with the same names.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.change(|request| {
            request.headers_mut().extend(headers);
            Ok(())
        })
    }

    /// Appends pairs to the query of the URL.
    ///
    /// ```
    /// # let client = net_http::Client::with_dialer(net::Net::default());
    /// let request = client.get("http://localhost/?a=1").query(&[("b", "2 3")]).build()?;
    /// assert_eq!(request.uri(), "http://localhost/?a=1&b=2+3");
    /// # Ok::<(), net_http::RequestError>(())
    /// ```
    pub fn query(self, pairs: &(impl Serialize + ?Sized)) -> Self {
        self.change(|request| {
            let pairs = serde_urlencoded::to_string(pairs).map_err(|error| error.to_string())?;
            if pairs.is_empty() {
                return Ok(());
            }
            let mut parts = request.uri().clone().into_parts();
            let path = parts.path_and_query.as_ref();
            let path = path.map_or("/", PathAndQuery::as_str);
            let joint = match path.split_once('?') {
                None => "?",
                Some((_, "")) => "",
                Some(_) => "&",
            };
            let path = PathAndQuery::try_from(format!("{path}{joint}{pairs}"));
            parts.path_and_query = Some(path.map_err(|error| error.to_string())?);
            *request.uri_mut() = Uri::from_parts(parts).map_err(|error| error.to_string())?;
            Ok(())
        })
    }

    /// Sets `Basic` authentication (RFC 7617).
    pub fn basic_auth(self, user: &str, password: &str) -> Self {
        let value = Credentials::new(user, password).basic();
        self.change(|request| {
            request.headers_mut().insert(AUTHORIZATION, value);
            Ok(())
        })
    }

    /// Sets `Bearer` authentication (RFC 6750).
    pub fn bearer_auth(self, token: &str) -> Self {
        self.change(|request| {
            let value = HeaderValue::try_from(format!("Bearer {token}"));
            let mut value =
                value.map_err(|_| "the token is not a valid header value".to_owned())?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
            Ok(())
        })
    }

    /// Sets the body. [`Body::from_reader`] streams one from a reader.
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.change(|request| {
            *request.body_mut() = body.into();
            Ok(())
        })
    }

    /// Sets the body to a value as JSON.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Self {
        self.change(|request| {
            let body = serde_json::to_vec(value).map_err(|error| error.to_string())?;
            Self::set_body(request, "application/json", body.into());
            Ok(())
        })
    }

    /// Sets the body to pairs, encoded as an HTML form.
    pub fn form(self, pairs: &(impl Serialize + ?Sized)) -> Self {
        self.change(|request| {
            let body = serde_urlencoded::to_string(pairs).map_err(|error| error.to_string())?;
            Self::set_body(request, "application/x-www-form-urlencoded", body.into());
            Ok(())
        })
    }

    /// Sets the timeout for the whole request, up to the last byte of the
    /// response. It replaces that of [`Client::with_timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Builds the request without sending it.
    ///
    /// # Errors
    ///
    /// Returns an error if an argument was invalid.
    pub fn build(self) -> Result<Request<Body>, RequestError> {
        self.request
    }

    /// Sends the request, and waits for the head of the response.
    ///
    /// # Errors
    ///
    /// Returns an error if the request is invalid or there is no response. A
    /// response with a status such as 404 is not an error; see
    /// [`Response::error_for_status`].
    ///
    /// # Panics
    ///
    /// Panics if called outside of a Tokio runtime.
    pub async fn send(self) -> Result<Response, RequestError> {
        let request = self.request?;
        self.client.execute_within(request, self.timeout).await
    }

    fn set_body(request: &mut Request<Body>, content_type: &'static str, body: Body) {
        let content_type = HeaderValue::from_static(content_type);
        let headers = request.headers_mut();
        headers.entry(CONTENT_TYPE).or_insert(content_type);
        *request.body_mut() = body;
    }

    fn change(mut self, change: impl FnOnce(&mut Request<Body>) -> Result<(), String>) -> Self {
        if let Ok(request) = &mut self.request
            && let Err(problem) = change(request)
        {
            let error = RequestError::build(request.method(), request.uri(), problem);
            self.request = Err(error);
        }
        self
    }
}

impl<D> fmt::Debug for RequestBuilder<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.request {
            Ok(request) => write!(f, "RequestBuilder({})", request.method()),
            Err(error) => write!(f, "RequestBuilder({error})"),
        }
    }
}
