//! Malicious servers: the request fails, and the client remains usable.

use std::time::Duration;

use net::prelude::*;
use net::{Network, Result, net_test};
use net_http::{Client, RequestError};

use crate::support::{Outcome, SOON, read_head};

/// Answers every request with the same bytes, each on its own connection.
async fn saying<N: Network>(net: &N, answer: &'static [u8]) -> Result<String> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    net::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            net::spawn(async move {
                read_head(&mut stream).await?;
                stream.write_all(answer).await?;
                stream.shutdown().await?;
                // Until the client has read it.
                let mut rest = [0; 64];
                while stream.read(&mut rest).await? > 0 {}
                std::io::Result::Ok(())
            });
        }
    });
    Ok(url)
}

/// Sends a prefix, then the same bytes until the client disconnects.
async fn saying_without_end<N: Network>(
    net: &N,
    begin: &'static [u8],
    again: &'static [u8],
) -> Result<String> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    net::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            net::spawn(async move {
                read_head(&mut stream).await?;
                stream.write_all(begin).await?;
                let again = again.repeat(4096 / again.len());
                for _ in 0..100_000 {
                    stream.write_all(&again).await?;
                }
                std::io::Result::Ok(())
            });
        }
    });
    Ok(url)
}

async fn text<D: net::Dialer + 'static>(
    client: &Client<D>,
    url: &str,
) -> std::result::Result<String, RequestError> {
    let exchange = async { client.get(url).send().await?.text().await };
    let done = net::time::timeout(SOON, exchange).await;
    done.expect("it ends by itself")
}

#[net_test(backends(native, memory))]
async fn answers_that_can_be_read_in_two_ways_are_errors(
    net: impl Network + Clone + 'static,
) -> Outcome {
    let client = Client::with_dialer(net.clone());
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello",
        b"HTTP/9.9 200 OK\r\n\r\nhello",
        b"HTTP/1.1 20 OK\r\n\r\nhello",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ] {
        let url = saying(&net, answer).await?;
        let answer = String::from_utf8_lossy(answer);
        let error = text(&client, &url).await.expect_err(&answer);
        assert!(
            error.to_string().starts_with(&format!("GET {url}: ")),
            "{error}"
        );
        assert!(!error.is_connect() && !error.is_timeout(), "{error}");
    }
    Ok(())
}

/// RFC 9112 §6.3: chunked encoding determines the length, and the connection is not
/// reused.
#[net_test(backends(native, memory))]
async fn an_answer_with_both_lengths_is_read_by_its_chunks(
    net: impl Network + Clone + 'static,
) -> Outcome {
    let client = Client::with_dialer(net.clone());
    let both = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\n0\r\n\r\n";
    let url = saying(&net, both).await?;
    match text(&client, &url).await {
        Ok(text) => assert_eq!(text, "hello"),
        Err(error) => assert!(error.to_string().starts_with("GET "), "{error}"),
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_body_that_is_cut_off_is_an_error(net: impl Network + Clone + 'static) -> Outcome {
    let client = Client::with_dialer(net.clone());
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ] {
        let url = saying(&net, answer).await?;
        let error = text(&client, &url).await.expect_err("half a body");
        assert!(error.is_body(), "{error}");
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof, "{error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_head_without_an_end_is_an_error(net: impl Network + Clone + 'static) -> Outcome {
    let client = Client::with_dialer(net.clone()).with_max_header_bytes(8 << 10);
    for again in [&b"X: y\r\n"[..], b"x"] {
        let url = saying_without_end(&net, b"HTTP/1.1 200 OK\r\nA: b\r\nX", again).await?;
        let error = text(&client, &url).await.expect_err("an endless head");
        assert!(
            error.to_string().contains("message head is too large"),
            "{error}"
        );
    }
    let url = saying_without_end(&net, b"", b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    let patient = client.with_timeout(Duration::from_millis(100));
    text(&patient, &url).await.expect_err("100 for ever");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_body_without_an_end_is_as_long_as_is_allowed(
    net: impl Network + Clone + 'static,
) -> Outcome {
    let client = Client::with_dialer(net.clone()).with_max_body(100_000);
    for begin in [
        &b"HTTP/1.1 200 OK\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n",
    ] {
        let url = saying_without_end(&net, begin, b"spam").await?;
        let error = text(&client, &url).await.expect_err("an endless body");
        assert!(error.is_body(), "{error}");
        let expected = format!("GET {url}: the body is longer than 100000 bytes");
        assert_eq!(error.to_string(), expected);
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn compressed_bodies_are_decompressed(net: impl Network + Clone + 'static) -> Outcome {
    let client = Client::with_dialer(net.clone());
    // `printf hello | gzip -n`
    let answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n\
        \x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0";
    let url = saying(&net, answer).await?;
    let response = client.get(&url).send().await?;
    assert_eq!(response.headers().get("content-encoding"), None);
    assert_eq!(response.content_length(), None);
    assert_eq!(response.text().await?, "hello");
    let as_is = client.clone().with_decompression(false);
    let response = as_is.get(&url).send().await?;
    assert_eq!(response.content_length(), Some(25));
    assert_eq!(response.bytes().await?[..2], [0x1f, 0x8b]);
    let broken = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello";
    let url = saying(&net, broken).await?;
    let error = text(&client, &url).await.expect_err("it is not gzip");
    assert!(error.is_body(), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_bomb_is_no_longer_than_is_allowed(net: impl Network + Clone + 'static) -> Outcome {
    // A gzip header, then deflate blocks, each of which is 32 KiB of zeros
    // in 49 bytes; stored blocks test the limit as well.
    let client = Client::with_dialer(net.clone()).with_max_body(1 << 20);
    let begin = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\
        \x1f\x8b\x08\0\0\0\0\0\0\x03";
    let url = saying_without_end(&net, begin, b"\0\x04\0\xfb\xff\0\0\0\0").await?;
    let error = text(&client, &url).await.expect_err("a bomb");
    assert!(
        error
            .to_string()
            .ends_with("the body is longer than 1048576 bytes"),
        "{error}"
    );
    Ok(())
}
