//! Fetches an `http://` or `https://` URL, and prints the body as it arrives.
//!
//! ```text
//! cargo run --release --example https_get https://example.com/
//! cargo run --target wasm32-wasip1 --example https_get https://example.com/
//! cargo xtask run wasmedge https_get https://example.com/
//! cargo xtask run wasi-go https_get --http2 http://127.0.0.1:3000/about
//! ```
//!
//! `--http2` uses HTTP/2 with prior knowledge; with `https`, the server chooses. The
//! exit code is 0 if the status is 2xx. Redirects are followed. Proxies come from
//! the environment (`http_proxy` and the like).

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use net::http::Client;

/// The time limit for the whole program.
const LIMIT: Duration = Duration::from_secs(10);

type Error = Box<dyn std::error::Error + Send + Sync>;

#[net::net_main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let client = Client::new().with_timeout(LIMIT);
    let (client, url) = match &arguments[..] {
        [url] => (client, url),
        [option, url] if option == "--http2" => (client.with_http2_prior_knowledge(), url),
        _ => {
            eprintln!("usage: https_get [--http2] URL");
            return ExitCode::FAILURE;
        }
    };
    match print(&client, url).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Fetches a URL and prints the body.
async fn print(client: &Client, url: &str) -> Result<(), Error> {
    let mut response = client.get(url).send().await?;
    let mut stdout = std::io::stdout();
    while let Some(chunk) = response.chunk().await? {
        stdout.write_all(&chunk)?;
    }
    stdout.flush()?;
    response.error_for_status()?;
    Ok(())
}
