//! A reverse proxy: forwards requests to another server, over HTTP/1.1 and HTTP/2, and
//! streams the bodies.
//!
//! ```text
//! cargo run --release --example http_server &             # the server behind it
//! cargo run --release --example reverse_proxy http://127.0.0.1:3000
//! cargo xtask run wasi-go reverse_proxy http://127.0.0.1:3000
//! curl http://127.0.0.1:8080/about
//! ```
//!
//! The second argument is the address to listen on. On Ctrl-C or SIGTERM the requests in
//! progress are finished.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{Response, StatusCode};
use axum::{Router, routing::any};
use net::http::{Body, BoxError, Client, PeerAddr, Server};
use net::{Dialer, Listener};

/// Headers that must not be forwarded (RFC 9110 §7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

#[net::net_main]
async fn main(net: net::Net) -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let upstream = arguments
        .next()
        .ok_or("usage: reverse_proxy URL [ADDRESS]")?;
    let address = arguments.next();
    let address = address.as_deref().unwrap_or("127.0.0.1:8080");
    let listener = net::listen("tcp", address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let app = app(net, upstream.parse()?);
    let server = Server::new().with_error_hook(|error| eprintln!("{error}"));
    server.serve_until(listener, app, net::shutdown()).await?;
    Ok(())
}

/// The server behind the proxy, and the client that reaches it.
struct Upstream<D> {
    client: Client<D>,
    url: Uri,
}

/// Creates a proxy over any dialer.
fn app<D: Dialer + 'static>(dialer: D, url: Uri) -> Router {
    // The proxy's own client handles redirects and compressed bodies.
    let client = Client::with_dialer(dialer)
        .with_redirects(0)
        .with_decompression(false);
    let upstream = Arc::new(Upstream { client, url });
    Router::new()
        .fallback(any(forward::<D>))
        .with_state(upstream)
}

async fn forward<D: Dialer + 'static>(
    State(upstream): State<Arc<Upstream<D>>>,
    Extension(PeerAddr(peer)): Extension<PeerAddr>,
    mut request: Request,
) -> Result<Response<Body>, StatusCode> {
    let path = request.uri().path_and_query().cloned();
    let mut parts = upstream.url.clone().into_parts();
    parts.path_and_query = path.or(Some(PathAndQuery::from_static("/")));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| StatusCode::BAD_REQUEST)?;
    let headers = request.headers_mut();
    remove_hop_by_hop(headers);
    headers.remove(header::HOST);
    if let Some(peer) = peer
        .ip()
        .and_then(|ip| HeaderValue::try_from(ip.to_string()).ok())
    {
        headers.append("x-forwarded-for", peer);
    }
    match upstream.client.execute(request).await {
        Ok(response) => {
            let mut response = Response::from(response);
            remove_hop_by_hop(response.headers_mut());
            Ok(response)
        }
        Err(error) => {
            eprintln!("{error}");
            Err(if error.is_timeout() {
                StatusCode::GATEWAY_TIMEOUT
            } else {
                StatusCode::BAD_GATEWAY
            })
        }
    }
}

/// Removes the headers above, and those that `Connection` names.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<_> = headers
        .get_all(header::CONNECTION)
        .iter()
        .cloned()
        .collect();
    let named = named.iter().filter_map(|value| value.to_str().ok());
    for name in named.flat_map(|names| names.split(',')) {
        headers.remove(name.trim());
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}
