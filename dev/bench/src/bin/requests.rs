//! A client of `net::http` and a server in one process: `requests [ROUNDS]`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use net::http::{BoxError, Client};
use net::{Listener, Net};

#[net::net_main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let listener = net::listen("tcp", "127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(bench::serve_hello(stream));
        }
    });
    let client = Client::with_dialer(Net::default());
    let rounds = bench::rounds();
    let start = std::time::Instant::now();
    for _ in 0..rounds {
        let response = client.get(&url).send().await?;
        assert_eq!(response.bytes().await?.len(), 13);
    }
    assert_eq!(connections.load(Ordering::Relaxed), 1);
    bench::report(rounds, start.elapsed());
    Ok(())
}
