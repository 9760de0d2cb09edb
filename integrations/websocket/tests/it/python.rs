//! Python's `websockets`, as a client and as a server.

use net::{Net, Result, net_test};
use net_websocket::{CloseCode, Message};

use crate::support::Running;

const SCRIPT: &str = "integrations/websocket/tests/it/client.py";

#[net_test]
async fn python_is_a_client(net: Net) -> Result<()> {
    let server = Running::echo(&net).await?;
    if let Some(python) = net_peers::run("python", &[SCRIPT, &server.url()]).await {
        assert_eq!(python.status, 0, "{}{}", python.stdout, python.stderr);
        assert_eq!(python.stdout, "all as expected\n");
    }
    server.stop().await
}

#[net_test]
async fn python_is_a_server(net: Net) -> Result<()> {
    let Some(server) = net_peers::start("websockets").await else {
        return Ok(());
    };
    let url = format!("ws://{}/", server.address("ws"));
    let mut socket = net_websocket::connect(&net, &url).await?;
    let messages: [Message; 4] = [
        "Grüße".into(),
        vec![0, 1, 255].into(),
        "".into(),
        vec![7; 300_000].into(),
    ];
    for message in messages {
        socket.send(message.clone()).await?;
        let answer = socket.recv().await?.expect("an answer");
        assert!(answer == message, "{} bytes", answer.as_bytes().len());
    }
    socket.close(CloseCode::NORMAL, "bye").await?;
    assert_eq!(
        socket.close_frame().map(|frame| frame.code),
        Some(CloseCode::NORMAL)
    );
    // It closes with a reason.
    let mut socket = net_websocket::connect(&net, &url).await?;
    socket.send("close me").await?;
    assert_eq!(socket.recv().await?, None);
    let frame = socket.close_frame().expect("a close frame").to_string();
    assert_eq!(frame, "4001 \"as you wish\"");
    Ok(())
}
