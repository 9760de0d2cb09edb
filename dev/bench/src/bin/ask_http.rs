//! A client and a server of `net::http` in one process: `ask_http [ROUNDS]`.

use std::convert::Infallible;

use net::prelude::*;

#[net::net_main(flavor = "current_thread")]
async fn main() -> net::Result<()> {
    let listener = net::listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let hello = tower::service_fn(|_request| async { Ok::<_, Infallible>(bench::hello()) });
    tokio::spawn(net::http::serve(listener, hello));
    let client = net::dial("tcp", &address).await?;
    let rounds = bench::rounds();
    bench::report(rounds, bench::ask(client, rounds).await);
    Ok(())
}
