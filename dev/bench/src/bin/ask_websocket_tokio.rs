//! The same on tokio-tungstenite and plain tokio: `ask_websocket_tokio [ROUNDS]`.

use std::error::Error;
use std::time::Instant;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{accept_async_with_config, client_async_with_config};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("ws://{}/", listener.local_addr()?);
        let client = TcpStream::connect(listener.local_addr()?).await?;
        client.set_nodelay(true)?;
        let (server, _) = listener.accept().await?;
        server.set_nodelay(true)?;
        // The buffers of `net`: with its own, tungstenite clears 128 KiB before each read.
        let config = WebSocketConfig::default()
            .read_buffer_size(16 << 10)
            .write_buffer_size(16 << 10);
        tokio::spawn(async move {
            let mut socket = accept_async_with_config(server, Some(config)).await?;
            while let Some(message) = socket.next().await {
                match message? {
                    message @ Message::Binary(_) => socket.send(message).await?,
                    _ => break,
                }
            }
            Ok::<_, tokio_tungstenite::tungstenite::Error>(())
        });
        let (mut socket, _) = client_async_with_config(url, client, Some(config)).await?;
        let message = Message::from(vec![7; bench::MESSAGE]);
        let (rounds, start) = (bench::rounds(), Instant::now());
        for _ in 0..rounds {
            socket.send(message.clone()).await?;
            assert_eq!(socket.next().await.transpose()?.as_ref(), Some(&message));
        }
        bench::report(rounds, start.elapsed());
        Ok(())
    })
}
