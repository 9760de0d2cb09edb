//! curl, over the HTTP server on top.

use std::process::Command;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use net::{Net, Result, net_test};
use net_http::Server;

use crate::support::{listen, server_config};

#[net_test]
async fn curl_speaks_http1_and_http2_over_tls(net: Net) -> Result<()> {
    let (listener, port) = listen(&net, server_config().with_alpn(&["h2", "http/1.1"])).await?;
    let app = Router::new().route("/", get(|| async { "Hello, World!" }));
    let client = async {
        for version in ["1.1", "2"] {
            let Some(said) = curl(version, port).await else {
                eprintln!("skipped: there is no curl");
                return;
            };
            assert_eq!(said, format!("Hello, World! {version}"));
        }
    };
    let server = Server::new();
    server.serve_until(listener, app, client).await
}

/// What curl prints; `None` where there is no curl, as in guests.
async fn curl(version: &str, port: u16) -> Option<String> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "20"]);
    command.args(["--noproxy", "*", "--write-out", " %{http_version}"]);
    let authority = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/it/certificates/authority.pem"
    );
    command.args(["--cacert", authority, &format!("--http{version}")]);
    command.arg(format!("https://localhost:{port}/"));
    let running = thread::Builder::new()
        .spawn(move || command.output())
        .ok()?;
    while !running.is_finished() {
        net::time::sleep(Duration::from_millis(5)).await;
    }
    let output = running.join().expect("no panic").ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "curl: {}: {said}", output.status);
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
