//! HTTP clients and servers over any dialer and listener, on hyper as published.
//!
//! ```no_run
//! # async fn example() -> Result<(), net::http::RequestError> {
//! use net::http::Client;
//!
//! let client = Client::new();
//! let response = client.get("http://example.com/").send().await?;
//! println!("{}", response.error_for_status()?.text().await?);
//! # Ok(())
//! # }
//! ```
//!
//! A server of an axum `Router`:
//!
//! ```
//! use axum::{Router, routing::get};
//!
//! # async fn example() -> net::Result<()> {
//! let listener = net::listen("tcp", "127.0.0.1:0").await?;
//! let app = Router::new().route("/", get(|| async { "Hello, World!" }));
//! # let example = std::time::Duration::from_millis(10);
//! # let _ = net::time::timeout(example, async {
//! net::http::serve(listener, app).await;
//! # }).await;
//! # Ok(())
//! # }
//! # net::block_on(example()).unwrap();
//! ```

// The examples of the guide compile.
#[cfg(doctest)]
#[doc = include_str!("../../docs/http.md")]
struct Guide;

use net_http::Defaults;

use crate::Net;
use crate::target::OfTarget;

pub use net_http::{
    Body, BoxError, HttpProxy, PeerAddr, Proxies, RequestBuilder, RequestError, Response,
    ServeError, Server, Socks5, Upgraded, serve,
};

/// An HTTP client with a connection pool; see [`net_http::Client`].
///
/// `Client::new()` uses the network of the target, the proxies of the environment
/// ([`Proxies::from_env`]), and with the feature `tls-ring` or `tls-rustcrypto` TLS
/// with the trust roots of the target. `Client::with_dialer` takes any other dialer,
/// and by default uses no proxies and no TLS.
///
/// ```
/// use net::http::Client;
///
/// struct Api {
///     client: Client,
/// }
///
/// let api = Api { client: Client::new() };
/// # let _ = api.client;
/// ```
pub type Client<D = Net> = net_http::Client<D>;

impl Defaults<OfTarget> for Client {
    fn defaults() -> Self {
        let client = Client::with_dialer(Net::default()).with_proxies(Proxies::from_env());
        #[cfg(any(feature = "tls-ring", feature = "tls-rustcrypto"))]
        let client = client.with_lazy_tls(crate::tls::client_config);
        client
    }
}
