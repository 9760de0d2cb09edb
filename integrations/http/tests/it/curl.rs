//! curl, as a client that is not ours.

use std::process::Command;
use std::thread;
use std::time::Duration;

use net::{Net, Result, net_test};
use net_http::Server;

use crate::support::{Running, app};

/// What curl prints; `None` where there is no curl, as in guests.
async fn curl(args: &[&str]) -> Option<String> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "20"]);
    command.args(["--noproxy", "*"]).args(args);
    // The server is a task of this thread.
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

#[net_test]
async fn curl_speaks_http1_and_http2_to_it(net: Net) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let url = format!("http://{}/", server.address);
    for version in ["--http1.1", "--http2", "--http2-prior-knowledge"] {
        let Some(answer) = curl(&[version, &url]).await else {
            eprintln!("skipped: there is no curl");
            break;
        };
        assert_eq!(answer, "Hello, World!", "{version}");
    }
    server.stop().await
}

#[net_test]
async fn curl_sends_and_gets_a_long_body(net: Net) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let url = format!("http://{}/echo", server.address);
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let data = format!("@{lock}");
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let Some(answer) = curl(&[version, "--data-binary", &data, &url]).await else {
            eprintln!("skipped: there is no curl");
            break;
        };
        let sent = std::fs::read_to_string(lock).expect("the workspace's own file");
        assert!(answer == sent, "{version}: {} bytes", answer.len());
    }
    server.stop().await
}
