//! Requests and their responses.

use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use net::prelude::*;
use net::{Network, Result, net_test};
use net_http::{Body, BoxError, Client, Server};
use tower_service::Service;

use crate::support::{Outcome, Running, app, talk};

#[net_test(backends(native, memory))]
async fn a_request_is_answered(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let request = b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    let answer = talk(&net, &server.address, request).await?;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nHello, World!"), "{answer}");
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn one_connection_carries_many_requests(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let one = "GET / HTTP/1.1\r\nHost: test\r\n\r\n".repeat(9);
    let last = "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    let answer = talk(&net, &server.address, (one + last).as_bytes()).await?;
    assert_eq!(answer.matches("Hello, World!").count(), 10, "{answer}");
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn a_peer_that_has_ended_its_side_still_gets_its_answer(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let mut stream = net.dial("tcp", &server.address).await?;
    let request = b"GET /slow HTTP/1.1\r\nHost: test\r\n\r\n";
    stream.write_all(request).await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    assert!(answer.ends_with("at last"), "{answer}");
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn a_service_knows_its_peer(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let mut stream = net.dial("tcp", &server.address).await?;
    let own = stream.local_addr()?.to_string();
    let request = b"GET /peer HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    assert!(answer.ends_with(&own), "{answer}");
    server.stop().await
}

#[net_test(backends(native, memory))]
async fn http2_is_served_on_the_same_port(net: impl Network) -> Result<()> {
    let server = Running::start(&net, Server::new(), app()).await?;
    let stream = net.dial("tcp", &server.address).await?;
    let connecting =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut requests, connection) = connecting.await.expect("a connection of HTTP/2");
    let connection = net::spawn(connection);
    let sent: Bytes = vec![7; 100_000].into();
    let mut answers = Vec::new();
    for _ in 0..10 {
        let request = http::Request::post(format!("http://{}/echo", server.address))
            .body(Full::new(sent.clone()))
            .expect("a request");
        answers.push(requests.send_request(request));
    }
    for answer in answers {
        let answer = answer.await.expect("an answer");
        assert_eq!(answer.version(), http::Version::HTTP_2);
        let body = answer.into_body().collect().await.expect("its body");
        assert_eq!(body.to_bytes(), sent);
    }
    drop(requests);
    connection.await?.expect("an orderly end");
    server.stop().await
}

/// A service that is ready when it is polled for the second time.
#[derive(Clone)]
struct ReadyLater {
    asked: bool,
}

impl Service<Request<Body>> for ReadyLater {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if std::mem::replace(&mut self.asked, true) {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        assert!(self.asked);
        std::future::ready(Ok(Response::new(request.into_body())))
    }
}

#[net_test(backends(native, memory))]
async fn a_service_is_called_once_it_is_ready(net: impl Network + 'static) -> Outcome {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    net::spawn(net_http::serve(listener, ReadyLater { asked: false }));
    let client = Client::with_dialer(net);
    for client in [client.clone(), client.with_http2_prior_knowledge()] {
        let answer = client.post(&url).body("sent").send().await?;
        assert_eq!(answer.text().await?, "sent");
    }
    Ok(())
}

/// A service that fails to become ready.
#[derive(Clone)]
struct NeverReady;

impl Service<Request<Body>> for NeverReady {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = std::future::Pending<Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Err("broken".into()))
    }

    fn call(&mut self, _request: Request<Body>) -> Self::Future {
        unreachable!("it is never ready")
    }
}

#[net_test(backends(native, memory))]
async fn a_service_that_is_never_ready_ends_its_connections(net: impl Network) -> Outcome {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    net::spawn(net_http::serve(listener, NeverReady));
    let request = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n";
    assert_eq!(talk(&net, &address, request).await?, "");
    Ok(())
}
