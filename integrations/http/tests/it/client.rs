//! Requests of the client, and their responses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::Query;
use axum::routing::{any, get, post};
use axum::{Form, Json, Router};
use http::{HeaderMap, StatusCode, Version};
use net::prelude::*;
use net::{Network, net_test};
use net_http::{Body, Client, Server};
use serde::{Deserialize, Serialize};

use crate::support::{Outcome, Running, app};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: i32,
    y: i32,
}

/// Serves requests with what they contain.
fn mirror() -> Router {
    Router::new()
        .route(
            "/json",
            post(|Json(point): Json<Point>| async { Json(point) }),
        )
        .route(
            "/form",
            post(|Form(point): Form<Point>| async { Json(point) }),
        )
        .route(
            "/query",
            get(|Query(point): Query<Point>| async { Json(point) }),
        )
        .route("/uri", any(|uri: http::Uri| async move { uri.to_string() }))
        .route("/headers", get(headers))
        .route("/echo", post(|body: axum::body::Body| async { body }))
        .route(
            "/missing",
            get(|| async { (StatusCode::NOT_FOUND, "no such thing") }),
        )
}

async fn headers(headers: HeaderMap) -> String {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let lines = headers.iter();
    let mut lines: Vec<_> = lines
        .map(|(name, value)| format!("{name}: {}", text(value)))
        .collect();
    lines.sort();
    lines.join("\n")
}

#[net_test(backends(native, memory))]
async fn a_get_is_answered(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net);
    let response = client.get(server.url("/")).send().await?;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.version(), Version::HTTP_11);
    assert_eq!(response.content_length(), Some(13));
    assert_eq!(response.url().path(), "/");
    assert_eq!(response.text().await?, "Hello, World!");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn http2_is_spoken_to_whom_is_known_to_speak_it(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net).with_http2_prior_knowledge();
    let response = client.get(server.url("/")).send().await?;
    assert_eq!(response.version(), Version::HTTP_2);
    assert_eq!(response.text().await?, "Hello, World!");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn json_forms_and_queries_go_there_and_back(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), mirror()).await?;
    let client = Client::with_dialer(net);
    let point = Point { x: 1, y: -2 };
    let answers = [
        client.post(server.url("/json")).json(&point).send().await?,
        client.post(server.url("/form")).form(&point).send().await?,
        client
            .get(server.url("/query"))
            .query(&point)
            .send()
            .await?,
    ];
    for answer in answers {
        assert_eq!(answer.json::<Point>().await?, point);
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_answer_that_is_not_the_json_is_an_error(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net);
    let response = client.get(server.url("/")).send().await?;
    let error = response.json::<Point>().await.expect_err("it is text");
    assert!(error.is_body(), "{error}");
    assert!(
        error.to_string().contains("expected value at line 1"),
        "{error}"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_long_body_is_streamed_both_ways(net: impl Network + Clone + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), mirror()).await?;
    let plain = Client::with_dialer(net.clone());
    let http2 = Client::with_dialer(net).with_http2_prior_knowledge();
    let sent: Vec<u8> = (0..300_000_u32).map(|i| i.to_be_bytes()[3]).collect();
    for client in [plain, http2] {
        let body = Body::from_reader(std::io::Cursor::new(sent.clone()));
        let mut response = client.post(server.url("/echo")).body(body).send().await?;
        let mut got = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            got.extend_from_slice(&chunk);
        }
        assert!(got == sent, "{} bytes", got.len());
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn headers_are_sent_as_they_were_set(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), mirror()).await?;
    let client = Client::with_dialer(net)
        .with_header("user-agent".parse()?, "tests".parse()?)
        .with_header("x-both".parse()?, "client".parse()?);
    let request = client.get(server.url("/headers"));
    let response = request
        .header("X-Both", "request")
        .bearer_auth("abc")
        .send()
        .await?;
    let address = &server.address;
    let expected = format!(
        "accept-encoding: gzip,deflate\nauthorization: Bearer abc\nhost: {address}\n\
         user-agent: tests\nx-both: request"
    );
    assert_eq!(response.text().await?, expected);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn user_and_password_of_a_url_are_sent_as_a_header(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), mirror()).await?;
    let client = Client::with_dialer(net);
    let url = format!("http://me:s%20e@{}/headers", server.address);
    let text = client.get(url).send().await?.text().await?;
    // base64 of "me:s e"
    assert!(text.contains("authorization: Basic bWU6cyBl\n"), "{text}");
    assert!(
        text.contains(&format!("host: {}", server.address)),
        "{text}"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_url_without_a_path_asks_for_the_root(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), Router::new().fallback(mirror_uri)).await?;
    let client = Client::with_dialer(net);
    for (url, expected) in [("", "/"), ("?a=b", "/?a=b"), ("/x?a#part", "/x?a")] {
        let response = client
            .get(format!("http://{}{url}", server.address))
            .send()
            .await?;
        assert_eq!(response.text().await?, expected);
    }
    Ok(())
}

async fn mirror_uri(uri: http::Uri) -> String {
    uri.to_string()
}

#[net_test(backends(native, memory))]
async fn a_status_of_an_error_is_an_answer_until_it_is_asked(
    net: impl Network + 'static,
) -> Outcome {
    let server = Running::start(&net, Server::new(), mirror()).await?;
    let client = Client::with_dialer(net);
    let response = client.get(server.url("/missing")).send().await?;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let error = response.error_for_status().expect_err("it is 404");
    assert_eq!(error.status(), Some(StatusCode::NOT_FOUND));
    let expected = format!("GET {}: 404 Not Found", server.url("/missing"));
    assert_eq!(error.to_string(), expected);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_error_names_method_and_url_without_password_and_query(
    net: impl Network + 'static,
) -> Outcome {
    let gone = net.listen("tcp", "127.0.0.1:0").await?;
    let address = gone.local_addr()?.to_string();
    drop(gone);
    let client = Client::with_dialer(net);
    let url = format!("http://me:secret@{address}/x?token=secret");
    let error = client.put(&url).send().await.expect_err("nobody listens");
    assert!(error.is_connect(), "{error}");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    let expected = format!("PUT http://me:***@{address}/x: dial tcp {address}: ");
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert_eq!(error.url(), format!("http://me:***@{address}/x"));
    assert_eq!(format!("{error:?}"), error.to_string());
    Ok(())
}

#[net_test(backends(memory))]
async fn urls_that_are_none_are_errors_of_send(net: impl Network + 'static) -> Outcome {
    let client = Client::with_dialer(net);
    for (url, expected) in [
        ("ftp://host/", "begins with http:// or https://"),
        ("/path", "begins with http:// or https://"),
        ("", "empty string"),
        ("http://me:secret@ho st/", "\"(a URL)\": invalid"),
        ("http://:80/", "the URL has no host"),
        ("http://host:99999/", "99999"),
        ("http://host:http/", "invalid port \"http\""),
        ("http://me:secret@host:99999/", "99999"),
    ] {
        let error = client.get(url).send().await.expect_err(url);
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains(expected), "{url}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let error = client
        .get("http://localhost/")
        .header("na me", "x")
        .send()
        .await;
    let error = error.expect_err("no header is called so");
    assert!(
        error.to_string().contains("invalid HTTP header name"),
        "{error}"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_client_is_a_tower_service(net: impl Network + 'static) -> Outcome {
    let server = Running::start(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net);
    let request = http::Request::get(server.url("/")).body(Body::empty())?;
    let response = tower::ServiceExt::oneshot(client, request).await?;
    assert_eq!(response.status(), StatusCode::OK);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_upgraded_connection_belongs_to_the_caller(net: impl Network + 'static) -> Outcome {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let heads = [
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
        "HTTP/1.1 200 Connected\r\n\r\n",
    ];
    let echo = net::spawn(async move {
        let mut asked = Vec::new();
        for head in heads {
            let (mut stream, _) = listener.accept().await?;
            asked.push(crate::support::read_head(&mut stream).await?);
            stream.write_all(head.as_bytes()).await?;
            let mut said = [0; 5];
            stream.read_exact(&mut said).await?;
            stream.write_all(&said).await?;
        }
        std::io::Result::Ok(asked)
    });
    let client = Client::with_dialer(net);
    let upgrade = client.get(format!("http://{address}/"));
    let upgrade = upgrade
        .header("Connection", "upgrade")
        .header("Upgrade", "echo");
    let connect = client.request(http::Method::CONNECT, &address);
    for request in [upgrade, connect] {
        let mut stream = request.send().await?.upgrade().await?;
        stream.write_all(b"hello").await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        assert_eq!(answer, "hello");
    }
    let asked = echo.await??;
    assert!(asked[0].starts_with("GET / HTTP/1.1\r\n"), "{asked:?}");
    assert!(
        asked[1].starts_with(&format!("CONNECT {address} HTTP/1.1\r\n")),
        "{asked:?}"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_timeout_is_for_the_body_as_well(net: impl Network + 'static) -> Outcome {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    net::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = crate::support::read_head(&mut stream).await?;
            count.fetch_add(1, Ordering::Relaxed);
            if head.starts_with("GET /body") {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
                    .await?;
            }
            open.push(stream);
        }
        std::io::Result::Ok(())
    });
    let limit = Duration::from_millis(50);
    let client = Client::with_dialer(net);
    let total = client.clone().with_timeout(limit);
    let read = client.clone().with_read_timeout(limit);
    for (client, message) in [
        (total, "timed out after 50ms"),
        (read, "nothing was received for 50ms"),
    ] {
        let url = format!("http://{address}/head");
        let error = client.get(&url).send().await.expect_err("there is no head");
        assert!(error.is_timeout(), "{error}");
        assert_eq!(error.to_string(), format!("GET {url}: {message}"));
        let url = format!("http://{address}/body");
        let response = client.get(&url).send().await?;
        let error = response.text().await.expect_err("there is no body");
        assert!(error.is_timeout() && error.is_body(), "{error}");
        assert_eq!(error.to_string(), format!("GET {url}: {message}"));
    }
    assert_eq!(
        asked.load(Ordering::Relaxed),
        4,
        "a timeout is no reason to ask again"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_connection_that_does_not_come_is_given_up(net: impl Network + 'static) -> Outcome {
    #[derive(Debug)]
    struct Never;
    #[net_traits::async_trait]
    impl net::Dialer for Never {
        type Stream = net::BoxStream;
        async fn dial_to(&self, _: net::Address) -> net::Result<net::BoxStream> {
            std::future::pending().await
        }
    }
    drop(net);
    let client = Client::with_dialer(Never).with_connect_timeout(Duration::from_millis(20));
    let error = client
        .get("http://nowhere/")
        .send()
        .await
        .expect_err("no connection");
    assert!(error.is_timeout() && error.is_connect(), "{error}");
    let expected = "GET http://nowhere/: dial tcp nowhere:80: not connected within 20ms";
    assert_eq!(error.to_string(), expected);
    Ok(())
}
