//! Shared by the tests.

use std::future::Future;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use axum::routing::any;
use net::{JoinHandle, Listener, Network, Result};
use net_websocket::{WebSocket, WebSocketUpgrade};
use tokio::sync::oneshot;

/// A generous bound for what takes no time on an idle machine.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A running server.
pub(crate) struct Running {
    pub(crate) address: String,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<()>>,
}

impl Running {
    pub(crate) async fn start<N: Network>(net: &N, app: Router) -> Result<Self> {
        Running::start_on(net.listen("tcp", "127.0.0.1:0").await?, app)
    }

    fn start_on<L: Listener + 'static>(listener: L, app: Router) -> Result<Self> {
        let address = listener.local_addr()?.to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = net::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            let server = net::http::Server::new();
            server.serve_until(listener, app, stopped).await
        });
        Ok(Running {
            address,
            stop,
            serving,
        })
    }

    /// Starts an echo server.
    pub(crate) async fn echo<N: Network>(net: &N) -> Result<Self> {
        Running::serving(net, |upgrade| upgrade, echo).await
    }

    /// The same, on a listener.
    pub(crate) fn echo_on<L: Listener + 'static>(listener: L) -> Result<Self> {
        Running::start_on(listener, app(|upgrade| upgrade, echo))
    }

    /// Starts a server that handles each connection by a function.
    pub(crate) async fn serving<N, F>(
        net: &N,
        set: impl Fn(WebSocketUpgrade) -> WebSocketUpgrade + Clone + Send + Sync + 'static,
        run: impl Fn(WebSocket) -> F + Clone + Send + Sync + 'static,
    ) -> Result<Self>
    where
        N: Network,
        F: Future<Output = ()> + Send + 'static,
    {
        Running::start(net, app(set, run)).await
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }

    pub(crate) async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        net::time::timeout(SOON, self.serving).await??
    }
}

fn app<F>(
    set: impl Fn(WebSocketUpgrade) -> WebSocketUpgrade + Clone + Send + Sync + 'static,
    run: impl Fn(WebSocket) -> F + Clone + Send + Sync + 'static,
) -> Router
where
    F: Future<Output = ()> + Send + 'static,
{
    let handler = move |upgrade: WebSocketUpgrade| {
        let response: Response = set(upgrade).on_upgrade(run.clone());
        std::future::ready(response)
    };
    Router::new().route("/", any(handler))
}

pub(crate) async fn echo(mut socket: WebSocket) {
    while let Ok(Some(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
}

/// Checks that the server still works.
pub(crate) async fn serves<N: Network + Clone + 'static>(net: &N, server: &Running) -> Result<()> {
    let mut socket = net_websocket::connect(net, &server.url()).await?;
    socket.send("still there?").await?;
    let answer = net::time::timeout(SOON, socket.recv()).await??;
    assert_eq!(answer, Some("still there?".into()));
    Ok(())
}
