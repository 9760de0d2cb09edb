//! Messages, both ways.

use futures_util::{SinkExt, StreamExt};
use net::{Network, Result, net_test};
use net_websocket::{Client, Message, WebSocket};

use crate::support::{Running, echo};

#[net_test(backends(native, memory))]
async fn messages_come_back_as_they_were(net: impl Network + Clone + 'static) -> Result<()> {
    let server = Running::echo(&net).await?;
    let mut socket = net_websocket::connect(&net, &server.url()).await?;
    let long: Vec<u8> = (0..300_000_u32).map(|at| at.to_le_bytes()[0]).collect();
    let messages: [Message; 7] = [
        "".into(),
        "hello".into(),
        "Grüße, 世界".into(),
        vec![].into(),
        vec![0, 255, 7].into(),
        long.into(),
        "x".repeat(70_000).into(),
    ];
    for message in messages {
        socket.send(message.clone()).await?;
        let answer = socket.recv().await?.expect("an answer");
        // Not by assert_eq, which would print it.
        assert!(answer == message, "{} bytes", answer.as_bytes().len());
    }
    drop(socket);
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn two_tasks_send_and_receive_at_once(net: impl Network + Clone + 'static) -> Result<()> {
    const COUNT: usize = 300;
    let server = Running::echo(&net).await?;
    let socket = net_websocket::connect(&net, &server.url()).await?;
    let (mut sender, mut receiver) = socket.split();
    // More than the buffers in between hold.
    let padding = "x".repeat(5_000);
    let sending = net::spawn(async move {
        for count in 0..COUNT {
            sender.send(format!("{count} {padding}")).await?;
        }
        Result::<_>::Ok(sender)
    });
    for count in 0..COUNT {
        let message = receiver.recv().await?.expect("a message");
        let text = message.as_text().expect("a text");
        assert!(text.starts_with(&format!("{count} ")), "{count}");
    }
    let mut sender = sending.await??;
    sender.close(net_websocket::CloseCode::NORMAL, "").await?;
    assert_eq!(receiver.recv().await?, None);
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn it_is_a_stream_and_a_sink(net: impl Network + Clone + 'static) -> Result<()> {
    let run = |socket: WebSocket| async {
        let (sink, stream) = StreamExt::split(socket);
        let _ = stream.forward(sink).await;
    };
    let server = Running::serving(&net, |upgrade| upgrade, run).await?;
    let mut socket = net_websocket::connect(&net, &server.url()).await?;
    for count in 0..10 {
        socket.feed(Message::from(count.to_string())).await?;
    }
    SinkExt::flush(&mut socket).await?;
    for count in 0..10 {
        let message = socket.next().await.expect("a message")?;
        assert_eq!(message.as_text(), Some(&*count.to_string()));
    }
    SinkExt::close(&mut socket).await?;
    assert!(socket.next().await.is_none());
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn the_first_subprotocol_that_both_know_is_spoken(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Running::serving(&net, |upgrade| upgrade.with_protocols(["b", "c"]), echo).await?;
    let client = Client::with_dialer(net.clone()).with_protocols(["a", "c", "b"]);
    let socket = client.connect(&server.url()).await?;
    assert_eq!(socket.protocol(), Some("c"));
    let other = Client::with_dialer(net).with_protocols(["d"]);
    let error = other.connect(&server.url()).await.expect_err("no protocol");
    assert!(error.to_string().contains("subprotocol"), "{error}");
    drop(socket);
    server.stop().await
}
