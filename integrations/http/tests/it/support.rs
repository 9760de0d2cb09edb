//! Shared by the tests.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use net::prelude::*;
use net::{JoinHandle, Network, Result};
use net_http::{BoxError, PeerAddr, Server};
use tokio::sync::oneshot;

/// A generous bound for what takes no time on an idle machine.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// What most tests serve.
pub(crate) fn app() -> Router {
    Router::new()
        .route("/", get(|| async { "Hello, World!" }))
        .route("/peer", get(peer))
        .route("/slow", get(slow))
        .route("/echo", post(|body: Body| async { body }))
}

async fn peer(axum::Extension(PeerAddr(peer)): axum::Extension<PeerAddr>) -> String {
    peer.to_string()
}

async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(200)).await;
    "at last"
}

/// A running server, and how to stop it.
pub(crate) struct Running {
    pub(crate) address: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<()>>,
}

impl Running {
    pub(crate) async fn start<N: Network>(net: &N, server: Server, app: Router) -> Result<Self> {
        let listener = net.listen("tcp", "127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = net::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            server.serve_until(listener, app, stopped).await
        });
        Ok(Running {
            address,
            stop,
            serving,
        })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Stops the server, and waits until it has stopped.
    pub(crate) async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        net::time::timeout(SOON, self.serving).await??
    }
}

/// The result of a test of the client.
pub(crate) type Outcome = std::result::Result<(), BoxError>;

/// Reads the head of a request or a response.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Sends bytes, and reads until the end.
pub(crate) async fn talk<N: Network>(net: &N, address: &str, request: &[u8]) -> Result<String> {
    let mut stream = net.dial("tcp", address).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    net::time::timeout(SOON, stream.read_to_end(&mut answer)).await??;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
