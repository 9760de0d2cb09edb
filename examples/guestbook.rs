//! A guestbook with axum: entries in PostgreSQL, the number of visits and a cache of the
//! page in Redis.
//!
//! ```text
//! export STORES="postgres://postgres@127.0.0.1:5432/postgres redis://127.0.0.1/"
//! cargo run --example guestbook $STORES                  # native
//! cargo xtask run wasmedge guestbook $STORES             # the same source on WasmEdge
//! cargo xtask run wasi-go guestbook $STORES              # and on wasi-go
//! curl http://127.0.0.1:3000/                            # or with a browser
//! curl -d name=Ada -d message=Hello http://127.0.0.1:3000/sign
//! ```
//!
//! An optional third argument is the address to listen on. On Ctrl-C or SIGTERM the
//! requests in progress are finished.

use std::error::Error;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use net::Listener;
use net::http::Server;
use net::redis::{Cmd, pipe};
use net::{postgres, redis};
use serde::Deserialize;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS guestbook
    (id bigserial PRIMARY KEY, name text NOT NULL, message text NOT NULL)";
const INSERT: &str = "INSERT INTO guestbook (name, message) VALUES ($1, $2)";
const NEWEST: &str = "SELECT name, message FROM guestbook ORDER BY id DESC LIMIT 20";

/// The time that Redis caches a page, in seconds.
const KEPT: u64 = 60;

#[net::net_main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (database, cache, address) = match &arguments[..] {
        [database, cache] => (database, cache, "127.0.0.1:3000"),
        [database, cache, address] => (database, cache, &address[..]),
        _ => return Err("usage: guestbook POSTGRES_URL REDIS_URL [ADDRESS]".into()),
    };
    let book = Guestbook {
        entries: postgres::pool(database)?,
        redis: redis::Client::open(cache.as_str())?.connect().await?,
    };
    book.entries.get().await?.batch_execute(TABLE).await?;

    let listener = net::listen("tcp", address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let app = axum::Router::new()
        .route("/", get(show))
        .route("/sign", post(sign))
        .with_state(book);
    let server = Server::new().with_error_hook(|error| eprintln!("{error}"));
    server.serve_until(listener, app, net::shutdown()).await?;
    Ok(())
}

/// The state of the site. Clones share it.
#[derive(Clone)]
struct Guestbook {
    entries: postgres::Pool,
    redis: redis::Connection,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    message: String,
}

async fn show(State(book): State<Guestbook>) -> Result<Html<String>, Failure> {
    // Each new entry begins a new edition, so that no outdated page is shown.
    let (visits, edition): (u64, u64) = book
        .redis
        .query(
            pipe()
                .incr("guestbook:visits", 1)
                .incr("guestbook:edition", 0),
        )
        .await?;
    let key = format!("guestbook:page:{edition}");
    let kept: Option<String> = book.redis.query(&Cmd::get(&key)).await?;
    let entries = if let Some(entries) = kept {
        entries
    } else {
        let entries = book.newest().await?;
        book.redis.exec(&Cmd::set_ex(&key, &entries, KEPT)).await?;
        entries
    };
    Ok(Html(page(visits, &entries)))
}

async fn sign(
    State(book): State<Guestbook>,
    Form(entry): Form<Entry>,
) -> Result<Response, Failure> {
    // Text in PostgreSQL cannot contain NUL.
    let is_text = |text: &str, longest: usize| {
        (1..=longest).contains(&text.chars().count()) && !text.contains('\0')
    };
    if !is_text(&entry.name, 50) || !is_text(&entry.message, 500) {
        let expected = "a name of up to 50 characters, and a message of up to 500\n";
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, expected).into_response());
    }
    book.add(&entry).await?;
    book.redis.exec(&Cmd::incr("guestbook:edition", 1)).await?;
    Ok(Redirect::to("/").into_response())
}

impl Guestbook {
    async fn add(&self, entry: &Entry) -> postgres::Result<()> {
        let client = self.entries.get().await?;
        let insert = client.prepare_cached(INSERT).await?;
        client
            .execute(&insert, &[&entry.name, &entry.message])
            .await?;
        Ok(())
    }

    /// Returns the newest entries as HTML.
    async fn newest(&self) -> postgres::Result<String> {
        let client = self.entries.get().await?;
        let select = client.prepare_cached(NEWEST).await?;
        let rows = client.query(&select, &[]).await?;
        let lines = rows.iter().map(|row| {
            let (name, message) = (escape(row.get(0)), escape(row.get(1)));
            format!("<dt>{name}</dt><dd>{message}</dd>\n")
        });
        Ok(lines.collect())
    }
}

fn page(visits: u64, entries: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Guestbook</title>
<h1>Guestbook</h1>
<form method="post" action="/sign">
<input name="name" placeholder="Your name" required maxlength="50">
<input name="message" placeholder="Your message" required maxlength="500">
<button>Sign</button>
</form>
<dl>
{entries}</dl>
<p>Visits: {visits}</p>
"#
    )
}

/// Escapes text for HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// An error that is logged, and not shown to the visitor.
struct Failure(Box<dyn Error>);

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        eprintln!("{}", self.0);
        (StatusCode::SERVICE_UNAVAILABLE, "please come back later\n").into_response()
    }
}
