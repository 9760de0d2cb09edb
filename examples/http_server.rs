//! Serves HTTP/1 and HTTP/2 on one port, with unmodified hyper.
//!
//! ```text
//! cargo run --release --example http_server               # native
//! cargo xtask run wasmedge http_server                    # the same source on WasmEdge
//! cargo xtask run wasi-go http_server                     # and on wasi-go
//! curl http://127.0.0.1:3000/about                        # the target and host that respond
//! curl --http2-prior-knowledge http://127.0.0.1:3000/     # the same port
//! curl --data-binary @Cargo.lock http://127.0.0.1:3000/echo
//! curl -X POST http://127.0.0.1:3000/shutdown             # shuts it down gracefully
//! ```
//!
//! The argument is the address to listen on; with `127.0.0.1:0`, the system
//! chooses the port.

use std::convert::Infallible;
use std::env::consts::{ARCH, OS};
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use net::{Endpoint, Listener};
use tokio::sync::Notify;

/// The time limit for the head of the next request.
const HEADER_LIMIT: Duration = Duration::from_secs(30);
/// The time limit for requests in progress after the server was asked to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// The pause after a failed accept; descriptors may be free again after it.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[net::net_main]
async fn main() -> net::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let listener = net::listen("tcp", address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener).await;
    Ok(())
}

/// Serves every connection until a request asks to stop.
async fn serve(listener: impl Listener) {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_LIMIT)
        // A client that shuts down its write direction still gets its response.
        .half_close(true);
    let stop = Arc::new(Notify::new());
    let open = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.notified() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                eprintln!("{error}");
                net::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let stop = Arc::clone(&stop);
        let caller = peer.clone();
        let service =
            service_fn(move |request| ready(Ok::<_, Infallible>(answer(request, &peer, &stop))));
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = open.watch(connection.into_owned());
        net::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("{caller}: {error}");
            }
        });
    }
    // From here on, new connections are refused and requests in progress finish.
    drop(listener);
    if net::time::timeout(DRAIN_LIMIT, open.shutdown())
        .await
        .is_err()
    {
        eprintln!("some requests took longer than {DRAIN_LIMIT:?}");
    }
}

/// A text, or the request's own body.
type Body = Either<Full<Bytes>, Incoming>;

fn answer(request: Request<Incoming>, peer: &Endpoint, stop: &Notify) -> Response<Body> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => text("Hello, World!\n"),
        (&Method::GET, "/about") => text(about(&request, peer)),
        (&Method::POST, "/echo") => Response::new(Either::Right(request.into_body())),
        (&Method::POST, "/shutdown") => {
            stop.notify_one();
            text("shutting down\n")
        }
        _ => {
            let mut response = text("not found\n");
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    }
}

fn text(text: impl Into<Bytes>) -> Response<Body> {
    Response::new(Either::Left(Full::new(text.into())))
}

/// Describes the server and the client.
fn about<B>(request: &Request<B>, peer: &Endpoint) -> String {
    // On wasm32-wasip1, std has no name for the system.
    let target = format!("{ARCH} {OS}");
    let target = target.trim_end();
    let host = net::Net::default().host().to_owned();
    let version = request.version();
    format!("target: {target}\nhost: {host}\nversion: {version:?}\npeer: {peer}\n")
}
