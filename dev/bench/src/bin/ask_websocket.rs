//! A WebSocket client and an echo server in one process, on `net`:
//! `ask_websocket [ROUNDS [without-pings]]`.

use std::convert::Infallible;
use std::time::Instant;

use http_body_util::Full;
use net::prelude::*;
use net::websocket::{Client, Message, WebSocketUpgrade};

#[net::net_main(flavor = "current_thread")]
async fn main() -> net::Result<()> {
    // Those watch over the peer, as tokio-tungstenite does not.
    let without_pings = std::env::args()
        .nth(2)
        .is_some_and(|arg| arg == "without-pings");
    let listener = net::listen("tcp", "127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    let service = tower::service_fn(move |mut request| async move {
        let mut upgrade = WebSocketUpgrade::new(&mut request).expect("a request to upgrade");
        if without_pings {
            upgrade = upgrade.without_pings();
        }
        let response: hyper::Response<Full<bytes::Bytes>> =
            upgrade.on_upgrade(|mut socket| async move {
                while let Ok(Some(message)) = socket.recv().await {
                    if socket.send(message).await.is_err() {
                        break;
                    }
                }
            });
        Ok::<_, Infallible>(response)
    });
    tokio::spawn(net::http::serve(listener, service));
    let mut client = Client::new();
    if without_pings {
        client = client.without_pings();
    }
    let mut socket = client.connect(&url).await?;
    let message = Message::from(vec![7; bench::MESSAGE]);
    let (rounds, start) = (bench::rounds(), Instant::now());
    for _ in 0..rounds {
        socket.send(message.clone()).await?;
        assert_eq!(socket.recv().await?.as_ref(), Some(&message));
    }
    bench::report(rounds, start.elapsed());
    Ok(())
}
