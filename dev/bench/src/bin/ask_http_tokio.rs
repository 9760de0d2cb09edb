//! The same on bare hyper and plain tokio, with both versions on one port, as
//! `net::http` has it: `ask_http_tokio [ROUNDS]`.

use std::convert::Infallible;
use std::io;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
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
        tokio::spawn(async move {
            let hello = service_fn(|_request| async { Ok::<_, Infallible>(bench::hello()) });
            let mut http = Builder::new(TokioExecutor::new());
            // hyper's own limit of the time for a head, which it has with a timer.
            http.http1().timer(TokioTimer::new());
            let stream = TokioIo::new(server);
            let _ = http.serve_connection_with_upgrades(stream, hello).await;
        });
        let rounds = bench::rounds();
        bench::report(rounds, bench::ask(client, rounds).await);
        Ok(())
    })
}
