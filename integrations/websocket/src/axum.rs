//! An extractor and a response for axum's handlers.

use std::future::{Future, ready};

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use crate::{Rejection, WebSocketUpgrade};

/// ```
/// use axum::response::Response;
/// use axum::{Router, routing::any};
/// use net_websocket::{WebSocket, WebSocketUpgrade};
///
/// async fn handler(upgrade: WebSocketUpgrade) -> Response {
///     upgrade.on_upgrade(greet)
/// }
///
/// async fn greet(mut socket: WebSocket) {
///     let _ = socket.send("hello").await;
/// }
///
/// let app: Router = Router::new().route("/", any(handler));
/// ```
impl<S: Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Rejection;

    fn from_request_parts(
        parts: &mut Parts,
        _state: &S,
    ) -> impl Future<Output = Result<Self, Rejection>> + Send {
        ready(WebSocketUpgrade::from_parts(parts))
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        Rejection::into_response(self)
    }
}
