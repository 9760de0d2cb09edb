//! What the measured programs have in common, so that those on `net` and
//! those on plain tokio differ in their sockets alone.

mod gets;
mod grpc;
pub mod mysql;
pub mod postgres;
pub mod selects;
pub mod tls;

pub use gets::gets;
pub use grpc::{Greetings, call};

use std::convert::Infallible;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Response, server};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The address that is given on the command line, or a free port.
#[must_use]
pub fn address() -> String {
    std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:0".to_owned())
}

/// Serves "Hello, World!" over HTTP/1 until the client closes.
pub async fn serve_hello(stream: impl AsyncRead + AsyncWrite + Unpin) {
    let hello = service_fn(|_request| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(
            b"Hello, World!",
        ))))
    });
    // A client that goes away in the middle is no concern of the benchmark.
    let _ = server::conn::http1::Builder::new()
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), hello)
        .await;
}

/// The size of a message of the ping-pong.
pub const MESSAGE: usize = 64;

/// Sends messages back until the peer closes.
pub async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut message = [0; MESSAGE];
    while stream.read_exact(&mut message).await.is_ok() {
        if stream.write_all(&message).await.is_err() {
            return;
        }
    }
}

/// Sends so many messages and waits for each to come back; gives the time.
///
/// # Panics
///
/// If the connection breaks.
pub async fn ping(mut stream: impl AsyncRead + AsyncWrite + Unpin, rounds: u32) -> Duration {
    let mut message = [7; MESSAGE];
    let start = Instant::now();
    for _ in 0..rounds {
        stream.write_all(&message).await.expect("the peer is there");
        stream
            .read_exact(&mut message)
            .await
            .expect("the peer answers");
    }
    start.elapsed()
}

/// What both servers of the benchmark answer.
#[must_use]
pub fn hello() -> Response<Full<Bytes>> {
    Response::new(Full::new(Bytes::from_static(b"Hello, World!")))
}

/// Asks an HTTP server so many times; gives the time.
///
/// # Panics
///
/// If the connection breaks.
pub async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, rounds: u32) -> Duration {
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n";
    let mut answer = [0; 1024];
    let start = Instant::now();
    for _ in 0..rounds {
        stream
            .write_all(REQUEST)
            .await
            .expect("the server is there");
        let mut len = 0;
        while !answer[..len].ends_with(b"Hello, World!") {
            let read = stream.read(&mut answer[len..]).await;
            let read = read.expect("the server answers");
            assert!(read > 0, "the server closes");
            len += read;
        }
    }
    start.elapsed()
}

/// The number of rounds that is given on the command line.
#[must_use]
pub fn rounds() -> u32 {
    std::env::args()
        .nth(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(20_000)
}

/// Prints what a ping-pong took, as `cargo xtask bench` reads it.
pub fn report(rounds: u32, took: Duration) {
    println!(
        "{:.2} µs per round trip",
        took.as_secs_f64() * 1e6 / f64::from(rounds)
    );
}
