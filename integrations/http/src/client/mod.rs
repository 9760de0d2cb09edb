mod config;
mod connect;
mod connection;
mod decode;
mod defaults;
mod error;
mod host;
mod lease;
mod pool;
mod redirect;
mod request;
mod response;
mod sent_body;
mod settings;
mod spare;
mod target;
mod timeout;
mod transport;
mod upgrade;

pub use defaults::Defaults;
pub use error::RequestError;
pub(crate) use pool::Key;
pub use request::RequestBuilder;
pub use response::Response;
pub use upgrade::Upgraded;

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::ACCEPT_ENCODING;
use http::{Method, Request};
use net_traits::Dialer;
use tower_http::follow_redirect::RequestUri;
use tower_service::Service;

use crate::{Body, BoxError};
use config::Config;
use error::Stage;
use pool::Pool;
use timeout::{Deadline, TimeLimits};
use transport::Transport;

/// Sends HTTP requests over any dialer, and keeps connections for the next ones.
///
/// ```no_run
/// # async fn example() -> Result<(), net_http::RequestError> {
/// use net_http::Client;
///
/// let client = Client::with_dialer(net::Net::default());
/// let response = client.get("http://example.com/").query(&[("page", 2)]).send().await?;
/// println!("{}", response.error_for_status()?.text().await?);
/// # Ok(())
/// # }
/// ```
///
/// Cheap to clone; clones share their connections. Each `with_` method gives a
/// client with one thing changed and no connections yet.
///
/// It follows redirects, of which it takes credentials to the same origin
/// alone; it decompresses; it sends a request again where that is safe: one of
/// which nothing was sent, or an idempotent one (RFC 9110 §9.2.2) whose
/// connection, kept from before, was closed without an answer.
///
/// It is a [`tower_service::Service`] of `http::Request` as well, for
/// middleware and for proxies.
///
/// # Cancel safety
///
/// Dropping a request or a response at any point closes its connection, or ends
/// its stream of HTTP/2, and leaves the client as it was.
pub struct Client<D> {
    dialer: Arc<D>,
    config: Arc<Config>,
    pool: Arc<Pool>,
}

impl<D: Dialer + 'static> Client<D> {
    /// A client whose connections a dialer makes, without a proxy, and with the
    /// limits of the `with_` methods.
    #[must_use]
    pub fn with_dialer(dialer: D) -> Self {
        let config = Config::default();
        Client {
            dialer: Arc::new(dialer),
            pool: Pool::new(config.pool),
            config: Arc::new(config),
        }
    }

    /// A GET request.
    pub fn get(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::GET, url)
    }

    /// A HEAD request.
    pub fn head(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::HEAD, url)
    }

    /// A POST request.
    pub fn post(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::POST, url)
    }

    /// A PUT request.
    pub fn put(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::PUT, url)
    }

    /// A PATCH request.
    pub fn patch(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::PATCH, url)
    }

    /// A DELETE request.
    pub fn delete(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::DELETE, url)
    }

    /// A request with any method. What is wrong with the URL is an error of
    /// [`send`](RequestBuilder::send).
    pub fn request(&self, method: Method, url: impl AsRef<str>) -> RequestBuilder<D> {
        RequestBuilder::new(self.clone(), method, url.as_ref())
    }

    /// Sends a request that was made elsewhere.
    ///
    /// # Errors
    ///
    /// If there is no answer. One with a status such as 404 is an answer; see
    /// [`Response::error_for_status`].
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    pub async fn execute<B>(&self, request: Request<B>) -> Result<Response, RequestError>
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        self.execute_within(request.map(Body::wrap), None).await
    }

    async fn execute_within(
        &self,
        request: Request<Body>,
        timeout: Option<Duration>,
    ) -> Result<Response, RequestError> {
        let max_body = self.config.max_body;
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let mut response = self.answer(request, timeout).await?;
        let last = response.extensions_mut().remove::<RequestUri>();
        let uri = last.map_or(uri, |RequestUri(uri)| uri);
        Ok(Response::new(response, method, uri, max_body))
    }

    /// Sends a request, with everything that is between it and its connection.
    async fn answer(
        &self,
        mut request: Request<Body>,
        timeout: Option<Duration>,
    ) -> Result<http::Response<Body>, RequestError> {
        for (name, value) in &self.config.headers {
            if !request.headers().contains_key(name) {
                request.headers_mut().append(name, value.clone());
            }
        }
        if self.config.decompress {
            let encodings = request.headers_mut().entry(ACCEPT_ENCODING);
            encodings.or_insert(decode::ACCEPTED);
        }
        let limits = TimeLimits {
            read: self.config.read_timeout,
            deadline: timeout.or(self.config.timeout).and_then(Deadline::after),
        };
        let transport = Transport {
            dialer: Arc::clone(&self.dialer),
            config: Arc::clone(&self.config),
            pool: Arc::clone(&self.pool),
            limits,
        };
        let context = limits
            .deadline
            .map(|_| (request.method().clone(), request.uri().clone()));
        let answer = async {
            let redirects = self.config.redirects;
            let answer = redirect::exchange(transport, request, redirects).await?;
            Ok(if self.config.decompress {
                decode::decode(answer).await
            } else {
                answer
            })
        };
        // Pinned here, since what is handed on is moved, and this is large.
        match (limits.until_deadline(pin!(answer)).await, context) {
            (Ok(answer), _) => answer,
            (Err(late), Some((method, uri))) => {
                Err(RequestError::new(&method, &uri, Stage::Exchange, late))
            }
            (Err(_), None) => unreachable!("nothing is late without a deadline"),
        }
    }
}

impl<D> Clone for Client<D> {
    fn clone(&self) -> Self {
        Client {
            dialer: Arc::clone(&self.dialer),
            config: Arc::clone(&self.config),
            pool: Arc::clone(&self.pool),
        }
    }
}

impl<D: fmt::Debug> fmt::Debug for Client<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("dialer", &self.dialer)
            .finish_non_exhaustive()
    }
}

/// The future of [`Client`] as a service.
type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Body>, RequestError>> + Send>>;

impl<D, B> Service<Request<B>> for Client<D>
where
    D: Dialer + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = RequestError;
    type Future = Answer;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), RequestError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Answer {
        let client = self.clone();
        Box::pin(async move { client.answer(request.map(Body::wrap), None).await })
    }
}
