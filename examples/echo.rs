//! An echo server over TCP.
//!
//! ```text
//! cargo run --release --example echo                      # native
//! cargo xtask run wasmedge echo                           # the same source on WasmEdge
//! cargo xtask run wasi-go echo                            # and on wasi-go
//! nc 127.0.0.1 3000                                       # type something
//! ```

use net::prelude::*;

#[net::net_main]
async fn main() -> net::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let listener = net::listen("tcp", address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept().await?;
        net::spawn(async move {
            let (mut read, mut write) = stream.into_split();
            match tokio::io::copy(&mut read, &mut write).await {
                Ok(bytes) => println!("{peer}: {bytes} bytes"),
                Err(error) => println!("{peer}: {error}"),
            }
        });
    }
}
