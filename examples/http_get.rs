//! Fetches an `http://` URL with unmodified hyper, and prints the body.
//!
//! ```text
//! cargo run --release --example http_server &             # something to fetch from
//! cargo run --release --example http_get http://127.0.0.1:3000/about
//! cargo xtask run wasmedge http_get http://127.0.0.1:3000/about
//! cargo xtask run wasi-go http_get --http2 http://127.0.0.1:3000/about
//! ```
//!
//! `--http2` uses HTTP/2 with prior knowledge. The exit code is 0 if the status is
//! 2xx.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::header::HOST;
use hyper::{Request, Response, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use net::Dialer;

/// The time limit for the whole program.
const LIMIT: Duration = Duration::from_secs(10);

type Error = Box<dyn std::error::Error + Send + Sync>;

#[net::net_main]
async fn main(net: net::Net) -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (url, http2) = match &arguments[..] {
        [url] => (url, false),
        [option, url] if option == "--http2" => (url, true),
        _ => {
            eprintln!("usage: http_get [--http2] URL");
            return ExitCode::FAILURE;
        }
    };
    let result = match net::time::timeout(LIMIT, print(&net, url, http2)).await {
        Ok(result) => result,
        Err(_) => Err(format!("not done after {LIMIT:?}").into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{url}: {}", explain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Fetches a URL and prints the body.
async fn print(dialer: &impl Dialer, url: &str, http2: bool) -> Result<(), Error> {
    let uri: Uri = url.parse()?;
    let mut response = get(dialer, &uri, http2).await?;
    let mut stdout = std::io::stdout();
    while let Some(frame) = response.frame().await {
        if let Ok(data) = frame?.into_data() {
            stdout.write_all(&data)?;
        }
    }
    stdout.flush()?;
    let status = response.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(status.to_string().into())
    }
}

/// Sends a GET request on a connection of its own.
async fn get(dialer: &impl Dialer, uri: &Uri, http2: bool) -> Result<Response<Incoming>, Error> {
    let address = address(uri)?;
    let io = TokioIo::new(dialer.dial("tcp", &address).await?);
    let body = Empty::<Bytes>::new();
    Ok(if http2 {
        let request = Request::get(uri).body(body)?;
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
        net::spawn(connection);
        sender.send_request(request).await?
    } else {
        // A URL such as `http://host?query` leaves out the slash.
        let path = uri.path_and_query().map_or("/".into(), ToString::to_string);
        let request = Request::get(path).header(HOST, address).body(body)?;
        let (mut sender, connection) = http1::handshake(io).await?;
        net::spawn(connection);
        sender.send_request(request).await?
    })
}

/// Returns the address to connect to: `host:port`, with port 80 by default.
fn address(uri: &Uri) -> Result<String, Error> {
    let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err("a URL that begins with http:// is expected".into());
    };
    let host = authority.host();
    let place = authority.as_str().rsplit('@').next().unwrap_or_default();
    // The dialer checks the port, and reports an invalid one.
    Ok(match place.strip_prefix(host) {
        None | Some("" | ":") => format!("{host}:80"),
        Some(_) => place.to_owned(),
    })
}

/// Formats an error with its cause, which hyper's messages leave out.
fn explain(error: &(dyn std::error::Error + 'static)) -> String {
    match error.source() {
        Some(cause) if error.is::<hyper::Error>() => format!("{error}: {}", explain(cause)),
        _ => error.to_string(),
    }
}
