//! curl, with an HTTP server over TLS.

use axum::Router;
use axum::routing::get;
use net::{Net, Result, net_test};
use net_http::Server;

use super::support::{listen, server_config};

#[net_test]
async fn curl_speaks_http1_and_http2_over_tls(net: Net) -> Result<()> {
    let config = server_config().with_alpn(&["h2", "http/1.1"]);
    let (listener, port) = listen(&net, config).await?;
    let app = Router::new().route("/", get(|| async { "Hello, World!" }));
    let client = async {
        for (version, limit) in [("1.1", "1.2"), ("2", "1.3")] {
            let url = format!("https://localhost:{port}/");
            let http = format!("--http{version}");
            let mut args = vec!["--silent", "--show-error", "--max-time", "20"];
            args.extend(["--noproxy", "*", "--write-out", " %{http_version}"]);
            args.extend([
                "--cacert",
                "integrations/tls/tests/it/certificates/authority.pem",
            ]);
            args.extend(["--tls-max", limit, &http, &url]);
            let Some(curl) = net_peers::run("curl", &args).await else {
                return;
            };
            assert_eq!(curl.status, 0, "{}", curl.stderr);
            assert_eq!(curl.stdout, format!("Hello, World! {version}"));
        }
    };
    Server::new().serve_until(listener, app, client).await
}
