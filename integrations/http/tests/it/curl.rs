//! curl, as a third-party client.

use net::{Net, Result, net_test};
use net_http::Server;

use crate::support::{Running, app};

/// Returns the output of curl; `None` if no programs are available.
async fn curl(args: &[&str]) -> Option<String> {
    let quiet = ["--silent", "--show-error", "--max-time", "20"];
    let curl = net_peers::run("curl", &[&quiet, args].concat()).await?;
    assert_eq!(curl.status, 0, "curl: {}", curl.stderr);
    Some(curl.stdout)
}

#[net_test]
async fn curl_speaks_http1_and_http2_to_it(net: Net) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let url = server.url("/");
    for version in ["--http1.1", "--http2", "--http2-prior-knowledge"] {
        if let Some(answer) = curl(&[version, &url]).await {
            assert_eq!(answer, "Hello, World!", "{version}");
        }
    }
    server.stop().await
}

#[net_test]
async fn curl_sends_and_gets_a_long_body(net: Net) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let url = server.url("/echo");
    // Programs run in the directory of the workspace.
    let data = "@Cargo.lock";
    let lock = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        if let Some(answer) = curl(&[version, "--data-binary", data, &url]).await {
            assert!(answer == lock, "{version}: {} bytes", answer.len());
        }
    }
    server.stop().await
}
