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

/// An HTTP client over any dialer, with a pool of connections.
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
/// Cloning is cheap, and clones share their connections. Each `with_` method
/// returns a client with one setting changed and an empty pool.
///
/// The client follows redirects, sending credentials to the same origin only. It
/// decompresses bodies. It retries a request if that is safe: if nothing of it
/// was sent, or if it is idempotent (RFC 9110 §9.2.2) and its reused connection
/// was closed without a response.
///
/// The client is also a [`tower_service::Service`] of `http::Request`, for
/// middleware and for proxies.
///
/// # Cancel safety
///
/// Dropping a request or a response at any point closes its connection, or
/// resets its HTTP/2 stream. The client remains usable.
pub struct Client<D> {
    dialer: Arc<D>,
    config: Arc<Config>,
    pool: Arc<Pool>,
}

impl<D: Dialer + 'static> Client<D> {
    /// Creates a client on a dialer, without a proxy, and with the defaults that
    /// the `with_` methods document.
    #[must_use]
    pub fn with_dialer(dialer: D) -> Self {
        let config = Config::default();
        Client {
            dialer: Arc::new(dialer),
            pool: Pool::new(config.pool),
            config: Arc::new(config),
        }
    }

    /// Starts building a GET request.
    pub fn get(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::GET, url)
    }

    /// Starts building a HEAD request.
    pub fn head(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::HEAD, url)
    }

    /// Starts building a POST request.
    pub fn post(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::POST, url)
    }

    /// Starts building a PUT request.
    pub fn put(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::PUT, url)
    }

    /// Starts building a PATCH request.
    pub fn patch(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::PATCH, url)
    }

    /// Starts building a DELETE request.
    pub fn delete(&self, url: impl AsRef<str>) -> RequestBuilder<D> {
        self.request(Method::DELETE, url)
    }

    /// Starts building a request with any method. An invalid URL is reported by
    /// [`send`](RequestBuilder::send).
    pub fn request(&self, method: Method, url: impl AsRef<str>) -> RequestBuilder<D> {
        RequestBuilder::new(self.clone(), method, url.as_ref())
    }

    /// Sends an `http::Request`, and waits for the head of the response.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no response. A response with a status such as
    /// 404 is not an error; see [`Response::error_for_status`].
    ///
    /// # Panics
    ///
    /// Panics if called outside of a Tokio runtime.
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

    /// Sends a request through all layers of the client.
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
        // Pinned here because the future is large, and passing it on moves it.
        match (limits.until_deadline(pin!(answer)).await, context) {
            (Ok(answer), _) => answer,
            (Err(late), Some((method, uri))) => {
                Err(RequestError::new(&method, &uri, Stage::Exchange, late))
            }
            (Err(_), None) => unreachable!("no timeout without a deadline"),
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

/// The future of [`Client`] as a tower service.
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
