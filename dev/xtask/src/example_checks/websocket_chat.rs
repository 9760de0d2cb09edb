//! The chat of browsers, with its own client.

use anyhow::{Result, ensure};

use super::{Place, peer};

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let server = place.serve("websocket_chat", &["127.0.0.1:0"])?;
    let page = peer("curl", &["--silent", server.url()])?;
    ensure!(page.contains("new WebSocket("), "its page is {page:?}");
    let url = format!("{}/chat", server.url().replace("http://", "ws://"));
    let said = place.run("websocket_chat", &[&url, "hello", "world"])?;
    ensure!(said == "hello\nworld\n", "its client says {said:?}");
    place.end(server)
}
