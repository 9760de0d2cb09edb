//! The same HTTP server by `net::http`, single-threaded: `hello_http [ADDRESS]`.

use std::convert::Infallible;

use net::prelude::*;

#[net::net_main(flavor = "current_thread")]
async fn main() -> net::Result<()> {
    let listener = net::listen("tcp", &bench::address()).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let hello = tower::service_fn(|_request| async { Ok::<_, Infallible>(bench::hello()) });
    net::http::serve(listener, hello).await;
    Ok(())
}
