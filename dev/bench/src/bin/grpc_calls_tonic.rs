//! The same through tonic's own transport: `grpc_calls_tonic [ROUNDS]`.

use std::error::Error;

use greeter::greeter_server::GreeterServer;
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Endpoint, Server};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let uri = format!("http://{}", listener.local_addr()?);
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let server = Server::builder().add_service(GreeterServer::new(bench::Greetings));
        tokio::spawn(server.serve_with_incoming(incoming));
        let channel = Endpoint::from_shared(uri)?.connect().await?;
        let rounds = bench::rounds();
        bench::report(rounds, bench::call(channel, rounds).await);
        Ok(())
    })
}
