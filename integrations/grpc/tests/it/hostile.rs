//! Malicious servers.

use std::time::Duration;

use greeter::greeter_client::GreeterClient;
use net::prelude::*;
use net::{Network, net_test};
use net_grpc::{Backoff, Channel, Server};
use tonic::{Code, Status};

use crate::support::{Client, Running, greet};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A frame (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("a short frame");
    let mut frame = len.to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Fields without compression (RFC 7541 §6.2.2).
fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).expect("a short text"));
            block.extend(text.as_bytes());
        }
    }
    block
}

/// The head of a response.
fn head(flags: u8, content_type: &str) -> Vec<u8> {
    let block = fields(&[(":status", "200"), ("content-type", content_type)]);
    frame(HEADERS, flags | END_HEADERS, 1, &block)
}

/// Returns the result of a call that the server answers with these bytes.
async fn answered<N: Network + Clone + 'static>(net: &N, answer: &[Vec<u8>]) -> Result<Status> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let mut client = client(net, &address)?;
    let answer = answer.concat();
    let serving = async {
        let (mut stream, _) = listener.accept().await?;
        // The request of the first stream has arrived when its name has.
        let mut seen = Vec::new();
        while !seen.windows(3).any(|part| part == b"Ann") {
            if stream.read_buf(&mut seen).await? == 0 {
                break;
            }
        }
        // The client may close in the middle of it.
        let _ = stream.write_all(&answer).await;
        // It stays open, so that the response decides; and accepts no other connection.
        drop(listener);
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        std::future::pending::<Result>().await
    };
    let status = tokio::select! {
        result = serving => return Err(format!("{result:?}").into()),
        answer = greet(&mut client, "Ann") => answer.expect_err("no proper answer"),
    };
    // The channel remains usable.
    let server = Running::start_at(net, &address, Server::builder()).await?;
    while let Err(status) = greet(&mut client, "Bob").await {
        assert!(status.code() == Code::Unavailable, "{status:?}");
        net::time::sleep(Duration::from_millis(2)).await;
    }
    drop(client);
    server.stop().await?;
    Ok(status)
}

fn client<N: Network + Clone + 'static>(net: &N, address: &str) -> Result<Client<N>> {
    let backoff = Backoff::new().with_initial(Duration::from_millis(1));
    let builder = Channel::builder(net.clone()).with_backoff(backoff);
    let channel = builder.connect_lazy(&format!("http://{address}"))?;
    Ok(GreeterClient::new(channel))
}

#[net_test(backends(native, memory))]
async fn a_server_of_something_else(net: impl Network + Clone + 'static) -> Result {
    let hello = b"220 mail.example.com ESMTP ready, and more words than a frame's head has\r\n";
    let status = answered(&net, &[hello.to_vec()]).await?;
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_frame_that_is_longer_than_agreed(net: impl Network + Clone + 'static) -> Result {
    let settings = frame(SETTINGS, 0, 0, &[]);
    let long = frame(DATA, 0, 1, &vec![0; 1 << 20]);
    let status = answered(&net, &[settings, long]).await?;
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_announced_end(net: impl Network + Clone + 'static) -> Result {
    let settings = frame(SETTINGS, 0, 0, &[]);
    // No stream was processed.
    let end = frame(GOAWAY, 0, 0, &[0; 8]);
    let status = answered(&net, &[settings, end]).await?;
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_stream_that_is_reset(net: impl Network + Clone + 'static) -> Result {
    for (reason, code) in [
        (2, Code::Internal),
        (7, Code::Unavailable),
        (8, Code::Cancelled),
        (11, Code::ResourceExhausted),
        (12, Code::PermissionDenied),
    ] {
        let settings = frame(SETTINGS, 0, 0, &[]);
        let reset = frame(RST_STREAM, 0, 1, &[0, 0, 0, reason]);
        let status = answered(&net, &[settings, reset]).await?;
        assert_eq!(status.code(), code, "{status:?}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_answer_without_a_status(net: impl Network + Clone + 'static) -> Result {
    let settings = frame(SETTINGS, 0, 0, &[]);
    let head = head(END_STREAM, "application/grpc");
    let status = answered(&net, &[settings, head]).await?;
    assert_ne!(status.code(), Code::Ok, "{status:?}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_answer_that_is_cut_short(net: impl Network + Clone + 'static) -> Result {
    let settings = frame(SETTINGS, 0, 0, &[]);
    let head = head(0, "application/grpc");
    // A message of 100 bytes, of which there are 2.
    let data = frame(DATA, END_STREAM, 1, &[0, 0, 0, 0, 100, 1, 2]);
    let status = answered(&net, &[settings, head, data]).await?;
    assert_eq!(status.code(), Code::Internal, "{status:?}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_message_that_claims_to_be_endless(net: impl Network + Clone + 'static) -> Result {
    let settings = frame(SETTINGS, 0, 0, &[]);
    let head = head(0, "application/grpc");
    let data = frame(DATA, 0, 1, &[0, 0xff, 0xff, 0xff, 0xff, 1, 2]);
    let status = answered(&net, &[settings, head, data]).await?;
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_page_for_people(net: impl Network + Clone + 'static) -> Result {
    let settings = frame(SETTINGS, 0, 0, &[]);
    let head = head(0, "text/html");
    let data = frame(DATA, END_STREAM, 1, b"<html>It works!</html>");
    let status = answered(&net, &[settings, head, data]).await?;
    assert_ne!(status.code(), Code::Ok, "{status:?}");
    assert!(status.message().contains("text/html"), "{status:?}");
    Ok(())
}
