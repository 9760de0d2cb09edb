//! Serves HTTP/1 and HTTP/2 on one port, with unmodified hyper.
//!
//! ```text
//! cargo run --release --example http_server               # native
//! cargo xtask run wasmedge http_server                    # the same source on WasmEdge
//! cargo xtask run wasi-go http_server                     # and on wasi-go
//! curl http://127.0.0.1:3000/about                        # the target and host that respond
//! curl --http2-prior-knowledge http://127.0.0.1:3000/     # the same port
//! curl --data-binary @Cargo.lock http://127.0.0.1:3000/echo
//! ```
//!
//! The argument is the address to listen on; with `127.0.0.1:0`, the system
//! chooses the port. On Ctrl-C or SIGTERM it stops accepting, finishes the requests in
//! progress, and ends. `net::http::Server` does all this in one line; see `axum_server`.

use std::convert::Infallible;
use std::env::consts::{ARCH, OS};
use std::error::Error;
use std::future::ready;
use std::pin::pin;
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

/// The time limit for the head of the next request.
const HEADER_LIMIT: Duration = Duration::from_secs(10);
/// The time limit for requests in progress after the server was asked to end.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// The pauses after failed accepts; descriptors may be free again after them.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

#[net::net_main]
async fn main() -> net::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let listener = net::listen("tcp", address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener).await
}

/// Serves every connection until the program is asked to end.
async fn serve(listener: impl Listener) -> net::Result<()> {
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_LIMIT)
        // A client that shuts down its write direction still gets its response.
        .half_close(true);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEADER_LIMIT);
    let open = GracefulShutdown::new();
    let mut stop = pin!(net::shutdown());
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted?,
            () = &mut stop => break,
        };
        // hyper-util waits without a limit for the version that the peer speaks.
        let stream = net::with_deadlines(stream);
        let deadlines = stream.deadlines();
        deadlines.set_read_deadline(Some(net::time::now() + HEADER_LIMIT));
        let caller = peer.clone();
        let service = service_fn(move |request| {
            deadlines.set_read_deadline(None);
            ready(Ok::<_, Infallible>(answer(request, &peer)))
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let connection = open.watch(connection.into_owned());
        net::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("{caller}: {}", with_causes(&*error));
            }
        });
    }
    // From here on, new connections are refused and requests in progress finish.
    drop(listener);
    if let Err(error) = net::time::timeout(DRAIN_LIMIT, open.shutdown()).await {
        eprintln!("requests in progress: {error}");
    }
    Ok(())
}

/// Accepts the next connection. While descriptors are lacking, it says so once and
/// tries again.
async fn accept<L: Listener>(listener: &L) -> net::Result<(L::Stream, Endpoint)> {
    let mut pause = FIRST_PAUSE;
    loop {
        match listener.accept().await {
            Err(error) if error.is_transient() => {
                if pause == FIRST_PAUSE {
                    eprintln!("{error}");
                }
                net::time::sleep(pause).await;
                pause = LONGEST_PAUSE.min(2 * pause);
            }
            accepted => return accepted,
        }
    }
}

/// Describes an error and what caused it.
fn with_causes(mut error: &dyn Error) -> String {
    let mut text = error.to_string();
    while let Some(cause) = error.source() {
        text.extend([": ", &cause.to_string()]);
        error = cause;
    }
    text
}

/// A text, or the request's own body.
type Body = Either<Full<Bytes>, Incoming>;

fn answer(request: Request<Incoming>, peer: &Endpoint) -> Response<Body> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => text("Hello, World!\n"),
        (&Method::GET, "/about") => text(about(&request, peer)),
        (&Method::POST, "/echo") => Response::new(Either::Right(request.into_body())),
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
