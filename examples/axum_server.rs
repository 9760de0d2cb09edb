//! Serves notes as JSON, with unmodified axum.
//!
//! ```text
//! cargo run --release --example axum_server               # native
//! cargo run --target wasm32-wasip1 --example axum_server  # the same source on net-run
//! cargo xtask run wasmedge axum_server                    # on WasmEdge
//! cargo xtask run wasi-go axum_server                     # and on wasi-go
//! curl http://127.0.0.1:3000/peer                         # the client's address
//! curl --json '{"text": "buy milk"}' http://127.0.0.1:3000/notes
//! curl 'http://127.0.0.1:3000/notes?contains=milk'
//! curl http://127.0.0.1:3000/notes/1
//! ```
//!
//! The argument is the address to listen on; with `127.0.0.1:0`, the system
//! chooses the port. On Ctrl-C or SIGTERM it stops accepting, finishes the requests in
//! progress, and ends.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Extension, Json, Router};
use net::Listener;
use net::http::{PeerAddr, Server};
use serde::{Deserialize, Serialize};

#[net::net_main]
async fn main() -> net::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let listener = net::listen("tcp", address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let server = Server::new().with_error_hook(|error| eprintln!("{error}"));
    server.serve_until(listener, app(), net::shutdown()).await
}

fn app() -> Router {
    Router::new()
        .route("/", get(|| async { "Hello, World!\n" }))
        .route("/peer", get(name_peer))
        .route("/notes", get(list).post(add))
        .route("/notes/{number}", get(show))
        .with_state(Notes::default())
}

/// The notes. Clones share them.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Note>>>);

#[derive(Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

/// Which notes to list.
#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    contains: String,
}

impl Notes {
    fn with<R>(&self, action: impl FnOnce(&mut Vec<Note>) -> R) -> R {
        action(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn name_peer(Extension(PeerAddr(peer)): Extension<PeerAddr>) -> String {
    format!("{peer}\n")
}

async fn list(State(notes): State<Notes>, Query(filter): Query<Filter>) -> Json<Vec<Note>> {
    let mut found = notes.with(|all| all.clone());
    found.retain(|note| note.text.contains(&filter.contains));
    Json(found)
}

async fn add(State(notes): State<Notes>, Json(note): Json<Note>) -> (StatusCode, String) {
    let number = notes.with(|all| {
        all.push(note);
        all.len()
    });
    (StatusCode::CREATED, format!("/notes/{number}\n"))
}

async fn show(
    State(notes): State<Notes>,
    Path(number): Path<usize>,
) -> Result<Json<Note>, StatusCode> {
    let index = number.checked_sub(1);
    let note = notes.with(|all| all.get(index?).cloned());
    note.map(Json).ok_or(StatusCode::NOT_FOUND)
}
