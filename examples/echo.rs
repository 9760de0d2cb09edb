//! An echo server over TCP.
//!
//! ```text
//! cargo run --release --example echo                      # native
//! cargo xtask run wasmedge echo                           # the same source on WasmEdge
//! cargo xtask run wasi-go echo                            # and on wasi-go
//! nc 127.0.0.1 3000                                       # type something
//! ```
//!
//! On Ctrl-C or SIGTERM it stops accepting, and ends when the last peer has left.

use std::pin::pin;
use std::time::Duration;

use net::prelude::*;
use tokio::sync::watch;

/// The time limit for open connections after the server was asked to end.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

#[net::net_main]
async fn main() -> net::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let listener = net::listen("tcp", address).await?;
    println!("listening on {}", listener.local_addr()?);
    // Each connection holds a receiver, so that it is known when all have ended.
    let open = watch::Sender::new(());
    let mut stop = pin!(net::shutdown());
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => accepted?,
            () = &mut stop => break,
        };
        let connection = open.subscribe();
        net::spawn(async move {
            let (mut read, mut write) = stream.into_split();
            match tokio::io::copy(&mut read, &mut write).await {
                Ok(bytes) => println!("{peer}: {bytes} bytes"),
                Err(error) => println!("{peer}: {error}"),
            }
            drop(connection);
        });
    }
    // From here on, new connections are refused.
    drop(listener);
    if let Err(error) = net::time::timeout(DRAIN_LIMIT, open.closed()).await {
        eprintln!("open connections: {error}");
    }
    Ok(())
}
