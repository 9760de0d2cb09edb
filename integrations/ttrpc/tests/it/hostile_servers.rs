//! Malicious servers: calls on their connection fail.

use net::prelude::*;
use net::{Network, Result, net_test};
use net_ttrpc::{Client, Code, Status};
use ttrpc_greeter::{GreeterClient, Number, Text};

use crate::support::{SOON, field, frame, number, text};

/// A client, and the server's side of its connection.
async fn pair<N: Network>(net: &N) -> Result<(GreeterClient, N::Stream)> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let client = Client::connect(net, "tcp", &address).await?;
    let (stream, _peer) = listener.accept().await?;
    Ok((GreeterClient::new(client), stream))
}

/// Returns the result of a call that the server answers with these bytes.
async fn answered<N: Network>(net: &N, answer: &[u8]) -> Result<Result<Text, Status>> {
    let (greeter, mut stream) = pair(net).await?;
    let hello = greeter.hello(text("World"));
    let serving = async {
        stream.read_exact(&mut [0; 10]).await?;
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        Result::<()>::Ok(())
    };
    let both = async { tokio::join!(hello, serving) };
    let (result, served) = net::time::timeout(SOON, both).await?;
    served?;
    Ok(result)
}

#[net_test(backends(native, memory))]
async fn a_frame_that_is_not_allowed_ends_the_connection(net: impl Network) -> Result<()> {
    let response = field(2, b"\x0a\x05World");
    let long = [&[0, 0x40, 0, 1][..], &[0, 0, 0, 1, 2, 0]].concat();
    let cut = &frame(1, 2, 0, &response)[..12];
    let cases = [
        (vec![], "the server closed it"),
        (cut.to_vec(), "ended within a frame"),
        (long, "payload of 4194305 bytes"),
        (frame(2, 2, 0, &response), "no call uses this stream"),
        (frame(3, 2, 0, &response), "no call uses this stream"),
        (frame(1, 1, 0, &response), "a request from a server"),
        (frame(1, 9, 0, &response), "unknown message type 0x09"),
        (frame(1, 2, 0x40, &response), "unknown flags 0x40"),
    ];
    for (answer, why) in cases {
        let status = answered(&net, &answer).await?.expect_err(why);
        assert_eq!(status.code(), Code::Unavailable, "{status}");
        assert!(status.message().contains(why), "{status}");
        assert!(status.message().contains("127.0.0.1:"), "{status}");
    }
    let good = answered(&net, &frame(1, 2, 0, &response)).await??;
    assert_eq!(good.value, "World");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_answer_that_is_garbage_fails_its_call(net: impl Network) -> Result<()> {
    let garbage = frame(1, 2, 0, &[0xff; 30]);
    let inner = frame(1, 2, 0, &field(2, &[0xff; 30]));
    let data = frame(1, 3, 0, b"\x0a\x05World");
    for answer in [garbage, inner, data] {
        let status = answered(&net, &answer).await?.expect_err("garbage");
        assert_eq!(status.code(), Code::Internal, "{status}");
    }
    // A code that gRPC does not define.
    let odd = frame(1, 2, 0, &field(1, b"\x08\x63\x12\x03odd"));
    let status = answered(&net, &odd).await?.expect_err("a status");
    assert_eq!(status.to_string(), "Unknown: odd");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_second_answer_is_thrown_away(net: impl Network) -> Result<()> {
    let (greeter, mut stream) = pair(&net).await?;
    let response = field(2, b"\x0a\x05World");
    let twice = [frame(1, 2, 0, &response), frame(1, 2, 0, &response)].concat();
    let (answer, sent) = tokio::join!(greeter.hello(text("World")), async {
        stream.read_exact(&mut [0; 10]).await?;
        stream.write_all(&twice).await
    });
    sent?;
    assert_eq!(answer?.value, "World");
    let (answer, sent) = tokio::join!(greeter.hello(text("World")), async {
        stream.write_all(&frame(3, 2, 0, &response)).await
    });
    sent?;
    assert_eq!(answer?.value, "World");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_stream_ends_with_the_connection_or_a_response(net: impl Network) -> Result<()> {
    let (greeter, mut stream) = pair(&net).await?;
    let mut cut = greeter.count(number(9)).await?;
    let mut whole = greeter.count(number(9)).await?;
    let value = |value| [1 << 3, value];
    let sent = [
        frame(1, 3, 0, &value(7)),
        // The last message and the end in one, and one in the response.
        frame(3, 3, 0, &value(1)),
        frame(3, 3, 1, &value(2)),
    ];
    stream.write_all(&sent.concat()).await?;
    assert_eq!(whole.message().await?, Some(number(1)));
    assert_eq!(whole.message().await?, Some(number(2)));
    assert_eq!(whole.message().await?, None);
    let mut single = greeter.count(number(9)).await?;
    let response = frame(5, 2, 0, &field(2, &value(3)));
    stream.write_all(&response).await?;
    assert_eq!(single.message().await?, Some(number(3)));
    assert_eq!(single.message().await?, None);
    assert_eq!(cut.message().await?, Some(Number { value: 7 }));
    drop(stream);
    let status = cut.message().await.expect_err("it is cut");
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    Ok(())
}
