//! A client and an echo task in one process, on `net`: `ping_pong [ROUNDS]`.

use net::prelude::*;

#[net::net_main(flavor = "current_thread")]
async fn main() -> net::Result<()> {
    let listener = net::listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let client = net::dial("tcp", &address).await?;
    let (server, _) = listener.accept().await?;
    tokio::spawn(bench::echo(server));
    let rounds = bench::rounds();
    bench::report(rounds, bench::ping(client, rounds).await);
    Ok(())
}
