//! A chat in the browser, over WebSocket: every message is sent to all clients.
//!
//! ```text
//! cargo run --release --example websocket_chat               # native
//! cargo run --target wasm32-wasip1 --example websocket_chat  # the same source on net-run
//! cargo xtask run wasmedge websocket_chat                    # on WasmEdge
//! cargo xtask run wasi-go websocket_chat                     # and on wasi-go
//! xdg-open http://127.0.0.1:3000/                            # in several windows
//! ```
//!
//! On Ctrl-C or SIGTERM the server closes all chats.
//!
//! It is also a client, which sends messages and prints what it receives until it has
//! received its own:
//!
//! ```text
//! cargo run --release --example websocket_chat ws://127.0.0.1:3000/chat hello 'good bye'
//! ```

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{Html, Response};
use axum::routing::{any, get};
use net::Listener;
use net::http::Server;
use net::websocket::{CloseCode, Message, Text, WebSocket, WebSocketUpgrade};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

const PAGE: &str = include_str!("websocket_chat.html");

/// The number of messages that are kept for a slow client.
const BACKLOG: usize = 256;
/// The time limit for a client to read one message, and to answer a goodbye.
const PATIENCE: Duration = Duration::from_secs(10);

/// What connections share.
#[derive(Clone)]
struct Room {
    /// The messages for all clients. A slow client misses some; it never delays others.
    messages: broadcast::Sender<Text>,
    /// Whether the server ends.
    ends: watch::Sender<bool>,
}

#[net::net_main]
async fn main() -> net::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((url, words)) if url.contains("://") => Ok(say(url, words).await?),
        Some((address, _)) => serve(address).await,
        None => serve("127.0.0.1:3000").await,
    }
}

async fn serve(address: &str) -> net::Result<()> {
    let listener = net::listen("tcp", address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let room = Room {
        messages: broadcast::Sender::new(BACKLOG),
        ends: watch::Sender::new(false),
    };
    let app = Router::new()
        .route("/", get(Html(PAGE)))
        .route("/chat", any(enter))
        .with_state(room.clone());
    let server = Server::new().with_error_hook(|error| eprintln!("{error}"));
    server.serve_until(listener, app, net::shutdown()).await?;
    // The server does not wait for upgraded connections.
    room.ends.send_replace(true);
    let _ = net::time::timeout(PATIENCE, room.ends.closed()).await;
    Ok(())
}

async fn enter(State(room): State<Room>, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.with_max_message_bytes(1024);
    upgrade.on_upgrade(|socket| async move {
        if let Err(error) = chat(socket, room).await {
            eprintln!("{error}");
        }
    })
}

async fn chat(mut socket: WebSocket, room: Room) -> net::Result<()> {
    let mut others = room.messages.subscribe();
    let mut ends = room.ends.subscribe();
    loop {
        tokio::select! {
            said = socket.recv() => match said? {
                // The sender receives it too.
                Some(Message::Text(text)) => drop(room.messages.send(text)),
                Some(Message::Binary(_)) => {
                    let why = "only text, please";
                    return Ok(socket.close(CloseCode::UNSUPPORTED, why).await?);
                }
                None => return Ok(()),
            },
            heard = others.recv() => match heard {
                Ok(text) => net::time::timeout(PATIENCE, socket.send(text)).await??,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            },
            () = until_true(&mut ends) => {
                return Ok(socket.close(CloseCode::GOING_AWAY, "the server ends").await?);
            }
        }
    }
}

async fn until_true(flag: &mut watch::Receiver<bool>) {
    // It only fails if there is no sender.
    let _ = flag.wait_for(|&is_set| is_set).await;
}

async fn say(url: &str, words: &[String]) -> net::websocket::Result<()> {
    let mut socket = net::websocket::connect(url).await?;
    for word in words {
        socket.send(word.as_str()).await?;
    }
    let mut own = words.iter().peekable();
    while own.peek().is_some() {
        let Some(message) = socket.recv().await? else {
            break;
        };
        let text = message.as_text().unwrap_or_default();
        println!("{text}");
        own.next_if(|word| *word == text);
    }
    socket.close(CloseCode::NORMAL, "").await
}
