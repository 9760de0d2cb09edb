//! Unary calls through `net::grpc`, 8 at once: `grpc_calls [ROUNDS]`.

use greeter::greeter_server::GreeterServer;
use net::Listener;
use net::grpc::{Channel, Server};

#[net::net_main(flavor = "current_thread")]
async fn main() -> net::Result<()> {
    let listener = net::listen("tcp", "127.0.0.1:0").await?;
    let uri = format!("http://{}", listener.local_addr()?);
    let server = Server::builder().add_service(GreeterServer::new(bench::Greetings));
    net::spawn(server.serve(listener));
    let channel = Channel::connect(&uri).await?;
    let rounds = bench::rounds();
    bench::report(rounds, bench::call(channel, rounds).await);
    Ok(())
}
