//! The same on plain tokio: `ping_pong_tokio [ROUNDS]`.

use std::io;

use tokio::net::{TcpListener, TcpStream};

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let client = TcpStream::connect(listener.local_addr()?).await?;
        client.set_nodelay(true)?;
        let (server, _) = listener.accept().await?;
        server.set_nodelay(true)?;
        tokio::spawn(bench::echo(server));
        let rounds = bench::rounds();
        bench::report(rounds, bench::ping(client, rounds).await);
        Ok(())
    })
}
