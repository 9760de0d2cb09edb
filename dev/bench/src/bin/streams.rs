//! Long bodies from a client to a server in the same process and back:
//! `streams [MIB]`. Waits for the end of its input, so that its memory can be read.

use std::time::Instant;

use axum::routing::{get, post};
use axum::{Router, extract::Path};
use http_body_util::BodyExt;
use net::http::{Body, BoxError, Client};
use net::prelude::*;
use tokio::io::{AsyncReadExt, repeat};

#[net::net_main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let arg = std::env::args().nth(1);
    let mib: u32 = arg.and_then(|arg| arg.parse().ok()).unwrap_or(1024);
    let listener = net::listen("tcp", "127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let app = Router::new()
        .route("/bytes/{mib}", get(bytes))
        .route("/count", post(count));
    tokio::spawn(net::http::serve(listener, app));
    let client = Client::with_dialer(net::Net::default());

    let start = Instant::now();
    let mut response = client.get(format!("{url}/bytes/{mib}")).send().await?;
    let mut received = 0_u64;
    while let Some(chunk) = response.chunk().await? {
        received += u64::try_from(chunk.len())?;
    }
    assert_eq!(received, u64::from(mib) << 20);
    report("download", mib, start);

    let start = Instant::now();
    let sent = client.post(format!("{url}/count")).body(of_mib(mib));
    let received: u64 = sent.send().await?.text().await?.parse()?;
    assert_eq!(received, u64::from(mib) << 20);
    report("upload", mib, start);

    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

fn of_mib(mib: u32) -> Body {
    Body::from_reader(repeat(7).take(u64::from(mib) << 20))
}

async fn bytes(Path(mib): Path<u32>) -> axum::body::Body {
    axum::body::Body::new(of_mib(mib))
}

async fn count(mut body: axum::body::Body) -> Result<String, String> {
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| error.to_string())?;
        received += frame.data_ref().map_or(0, bytes::Bytes::len);
    }
    Ok(received.to_string())
}

fn report(direction: &str, mib: u32, start: Instant) {
    let rate = f64::from(mib) / start.elapsed().as_secs_f64();
    println!("{direction}\t{rate:.0}");
}
