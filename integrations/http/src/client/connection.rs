//! Connections that requests are sent on.

use std::io;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use net_traits::{Error, Operation, Stream};

use super::config::Config;
use crate::Body;

/// The sending half of a connection.
pub(crate) enum Sender {
    Http1(http1::SendRequest<Body>),
    Http2(http2::SendRequest<Body>),
}

/// A response, or the error with the request if nothing of it was sent.
pub(crate) type Sent = Result<Response<Incoming>, TrySendError<Request<Body>>>;

/// Starts HTTP on a stream. A task drives the connection until its sender is
/// dropped.
pub(crate) async fn handshake(
    stream: impl Stream,
    http2: bool,
    config: &Config,
) -> Result<Sender, Error> {
    // Requests are written as a whole. Not every host supports the option.
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(stream);
    if http2 {
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(config.http2_keep_alive)
            .max_header_list_size(u32::try_from(config.max_header_bytes).unwrap_or(u32::MAX))
            .handshake(io)
            .await
            .map_err(failed)?;
        // The requests that are pending get the error.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Sender::Http2(sender))
    } else {
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(config.max_header_bytes)
            .max_headers(config.max_headers)
            .handshake(io)
            .await
            .map_err(failed)?;
        let connection = connection.with_upgrades();
        tokio::spawn(async move { drop(connection.await) });
        Ok(Sender::Http1(sender))
    }
}

fn failed(error: hyper::Error) -> Error {
    Error::new(Operation::Dial, io::Error::other(error))
}
