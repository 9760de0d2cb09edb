//! An HTTP server on `net`, single-threaded: `hello [ADDRESS]`.

use net::prelude::*;

#[net::net_main(flavor = "current_thread")]
async fn main() -> net::Result<()> {
    let listener = net::listen("tcp", &bench::address()).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(bench::serve_hello(stream));
    }
}
