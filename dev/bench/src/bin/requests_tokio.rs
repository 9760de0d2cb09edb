//! The same with the client of hyper-util on plain tokio: `requests_tokio [ROUNDS]`.

use std::io;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let url: Uri = url.parse().map_err(io::Error::other)?;
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("an option of TCP");
                tokio::spawn(bench::serve_hello(stream));
            }
        });
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let client: Client<_, Empty<Bytes>> = client;
        let rounds = bench::rounds();
        let start = std::time::Instant::now();
        for _ in 0..rounds {
            let response = client.get(url.clone()).await.map_err(io::Error::other)?;
            let body = response.into_body().collect().await;
            let body = body.map_err(io::Error::other)?.to_bytes();
            assert_eq!(body.len(), 13);
        }
        bench::report(rounds, start.elapsed());
        Ok(())
    })
}
