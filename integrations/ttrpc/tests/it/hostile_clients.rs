//! Malicious clients: their connection ends, others are served.

use net::prelude::*;
use net::{Network, Result, net_test};
use net_ttrpc::Server;

use crate::support::{Running, SOON, frame, request, text};

/// Sends bytes, and reads until the server closes the connection.
async fn talk<N: Network>(net: &N, server: &Running, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut stream = net.dial("tcp", &server.address).await?;
    stream.write_all(bytes).await?;
    let mut answer = Vec::new();
    net::time::timeout(SOON, stream.read_to_end(&mut answer)).await??;
    Ok(answer)
}

/// Checks that the server still works.
async fn serves<N: Network>(net: &N, server: &Running) -> Result<()> {
    let answer = server.client(net).await?.hello(text("World")).await?;
    assert_eq!(answer.value, "Hello, World!");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_frame_that_is_not_allowed_ends_its_connection(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let hello = request("Hello", b"\x0a\x05World");
    let chat = request("Chat", b"");
    let good = frame(5, 1, 0, &hello);
    let opened = frame(1, 1, 2, &chat);
    let closed = [opened.clone(), frame(1, 3, 5, b"")].concat();
    let never = frame(1, 1, 0, &request("Hello", b"\x0a\x05never"));
    let long = [&[0, 0x40, 0, 1][..], &[0, 0, 0, 1, 1, 0]].concat();
    let cases = [
        (long, "payload of 4194305 bytes"),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), "payload of 1195725856"),
        (frame(2, 1, 0, &hello), "odd numbers"),
        (frame(0, 1, 0, &hello), "odd numbers"),
        ([good.clone(), frame(5, 1, 0, &hello)].concat(), "ascending"),
        ([good.clone(), frame(3, 1, 0, &hello)].concat(), "ascending"),
        (frame(1, 3, 0, b""), "data before its request"),
        (frame(1, 2, 0, b""), "a response from a client"),
        (frame(1, 0, 0, b""), "unknown message type 0x00"),
        (frame(1, 4, 0, b""), "unknown message type 0x04"),
        (frame(1, 1, 0x80, &hello), "unknown flags 0x80"),
        (
            [never, frame(1, 3, 0, b"")].concat(),
            "after the last message",
        ),
    ];
    for (bytes, why) in cases {
        let answer = talk(&net, &server, &bytes).await?;
        let said = String::from_utf8_lossy(&answer);
        assert!(said.contains(why), "{why}: {said}");
    }
    // The method also sees the end, and may return before the violation is sent.
    let answer = talk(&net, &server, &[closed, frame(3, 4, 0, b"")].concat()).await?;
    assert!(!answer.is_empty());
    serves(&net, &server).await?;
    let errors = server.stop().await?;
    assert_eq!(errors.len(), 13, "{errors:?}");
    assert!(errors[2].contains("odd numbers"), "{errors:?}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_client_is_told_its_violation_although_it_sent_more(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let bytes = frame(1, 1, 0x80, &vec![0; 1 << 20]);
    let answer = talk(&net, &server, &bytes).await?;
    let said = String::from_utf8_lossy(&answer);
    assert!(said.contains("unknown flags 0x80"), "{said}");
    serves(&net, &server).await?;
    server.stop().await?;
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_message_that_is_garbage_fails_its_call_alone(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let mut stream = net.dial("tcp", &server.address).await?;
    // The request, the message in it, and one in a stream.
    stream.write_all(&frame(1, 1, 0, &[0xff; 30])).await?;
    let garbage = request("Hello", &[0xff; 30]);
    stream.write_all(&frame(3, 1, 0, &garbage)).await?;
    let chat = request("Chat", b"");
    stream.write_all(&frame(5, 1, 2, &chat)).await?;
    stream.write_all(&frame(5, 3, 0, &[0xff; 30])).await?;
    let hello = request("Hello", b"\x0a\x05World");
    for _ in 0..3 {
        let mut header = [0; 10];
        stream.read_exact(&mut header).await?;
        let mut response = vec![0; usize::from(header[3])];
        stream.read_exact(&mut response).await?;
        let said = String::from_utf8_lossy(&response);
        let invalid = ["invalid request: ", "invalid message: "];
        assert!(
            invalid.iter().any(|it| said.contains(it)),
            "{header:?} {said}"
        );
    }
    stream.write_all(&frame(7, 1, 0, &hello)).await?;
    let mut header = [0; 10];
    stream.read_exact(&mut header).await?;
    assert_eq!(header[7..9], [7, 2]);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn data_for_a_call_that_is_over_is_thrown_away(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let mut stream = net.dial("tcp", &server.address).await?;
    let chat = request("Chat", b"\x0a\x03bye");
    stream.write_all(&frame(1, 1, 2, &chat)).await?;
    let mut header = [0; 10];
    stream.read_exact(&mut header).await?;
    assert_eq!(header[7..9], [1, 2], "a response");
    let mut response = vec![0; usize::from(header[3])];
    stream.read_exact(&mut response).await?;
    for _ in 0..100 {
        stream.write_all(&frame(1, 3, 0, b"\x0a\x01a")).await?;
    }
    let hello = request("Hello", b"\x0a\x05World");
    stream.write_all(&frame(3, 1, 0, &hello)).await?;
    stream.read_exact(&mut header).await?;
    assert_eq!(header[7..9], [3, 2]);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_flood_of_calls_meets_the_limit(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new().with_max_calls(10)).await?;
    let stream = net.dial("tcp", &server.address).await?;
    let (mut read, mut write) = stream.into_split();
    let flood = async {
        let never = request("Hello", b"\x0a\x05never");
        for i in 0..1000 {
            write.write_all(&frame(2 * i + 1, 1, 0, &never)).await?;
        }
        Result::<()>::Ok(())
    };
    let refusals = async {
        for _ in 0..990 {
            let mut header = [0; 10];
            read.read_exact(&mut header).await?;
            let mut response = vec![0; usize::from(header[3])];
            read.read_exact(&mut response).await?;
            // ResourceExhausted.
            assert_eq!(response[2..4], [1 << 3, 8]);
        }
        Result::<()>::Ok(())
    };
    tokio::try_join!(flood, refusals)?;
    serves(&net, &server).await
}

#[net_test(backends(native, memory))]
async fn a_client_that_does_not_read_is_made_to_wait(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new()).await?;
    let mut stream = net.dial("tcp", &server.address).await?;
    let endless = b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
    let count = frame(1, 1, 1, &request("Count", endless));
    stream.write_all(&count).await?;
    serves(&net, &server).await?;
    // The end of the connection ends the method.
    drop(stream);
    serves(&net, &server).await?;
    server.stop().await?;
    Ok(())
}
