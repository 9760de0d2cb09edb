//! h2load and wrk: light load from third-party clients.

use net::{Net, Result, net_test};
use net_http::Server;

use crate::support::{Running, app};

#[net_test]
async fn h2load_has_all_its_requests_answered(net: Net) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let url = format!("http://{}/", server.address);
    for version in ["--h1", "--alpn-list=h2c"] {
        let args = ["-n", "500", "-c", "5", "-m", "10", version, &url];
        if let Some(h2load) = net_peers::run("h2load", &args).await {
            let said = format!("{}{}", h2load.stdout, h2load.stderr);
            assert!(
                said.contains("500 succeeded, 0 failed"),
                "{version}: {said}"
            );
        }
    }
    server.stop().await
}

#[net_test]
async fn wrk_sees_no_errors(net: Net) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let url = format!("http://{}/", server.address);
    let args = [
        "--threads",
        "1",
        "--connections",
        "8",
        "--duration",
        "1s",
        &url,
    ];
    if let Some(wrk) = net_peers::run("wrk", &args).await {
        let said = format!("{}{}", wrk.stdout, wrk.stderr);
        assert!(said.contains("requests in"), "{said}");
        assert!(!said.contains("Socket errors"), "{said}");
        assert!(!said.contains("Non-2xx"), "{said}");
    }
    server.stop().await
}
