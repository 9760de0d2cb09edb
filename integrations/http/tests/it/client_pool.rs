//! Reuse of connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{any, get};
use net::prelude::*;
use net::{Endpoint, Listener, Network, Result, net_test};
use net_http::{Body, Client, Server};

use crate::support::{Outcome, Running, SOON, app, read_head};

/// Counts the connections that it accepts.
#[derive(Debug)]
struct Counting<L> {
    listener: L,
    count: Arc<AtomicUsize>,
}

#[net_traits::async_trait]
impl<L: Listener> Listener for Counting<L> {
    type Stream = L::Stream;

    async fn accept(&self) -> Result<(L::Stream, Endpoint)> {
        let accepted = self.listener.accept().await?;
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(accepted)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.listener.local_addr()
    }
}

/// Starts a server that counts its connections; returns its URL and the count.
async fn counted<N: Network>(
    net: &N,
    server: Server,
    app: Router,
) -> Result<(String, Arc<AtomicUsize>)> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let count = Arc::new(AtomicUsize::new(0));
    let listener = Counting {
        listener,
        count: Arc::clone(&count),
    };
    net::spawn(async move {
        let never = std::future::pending();
        server.serve_until(listener, app, never).await
    });
    Ok((url, count))
}

#[net_test]
async fn thousands_of_requests_take_as_many_connections_as_are_under_way(net: net::Net) -> Outcome {
    let (url, count) = counted(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net);
    let workers = (0..4).map(|_| {
        let (client, url) = (client.clone(), url.clone());
        net::spawn(async move {
            for _ in 0..500 {
                let text = client.get(&url).send().await?.text().await?;
                assert_eq!(text, "Hello, World!");
            }
            std::result::Result::<(), net_http::RequestError>::Ok(())
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await??;
    }
    assert_eq!(count.load(Ordering::Relaxed), 4);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn requests_of_http2_share_the_connection_that_the_first_one_makes(
    net: impl Network + 'static,
) -> Outcome {
    let (url, count) = counted(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net).with_http2_prior_knowledge();
    let requests = (0..200).map(|_| {
        let sending = client.get(&url).send();
        net::spawn(async move { sending.await?.text().await })
    });
    for request in requests.collect::<Vec<_>>() {
        assert_eq!(request.await??, "Hello, World!");
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_limit_of_connections_makes_requests_wait(net: impl Network + 'static) -> Outcome {
    let (url, count) = counted(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net)
        .with_max_connections(2)
        .with_max_waiting(3);
    let request = |_| {
        let sending = client.get(format!("{url}/slow")).send();
        net::spawn(async move { sending.await?.text().await })
    };
    let mut served = 0;
    let mut refused = Vec::new();
    for request in (0..6).map(request).collect::<Vec<_>>() {
        match request.await? {
            Ok(text) => served += usize::from(text == "at last"),
            Err(error) => refused.push(error.to_string()),
        }
    }
    assert_eq!((served, refused.len()), (5, 1), "{refused:?}");
    assert!(
        refused[0].contains("3 requests are already waiting for a connection"),
        "{refused:?}"
    );
    assert_eq!(count.load(Ordering::Relaxed), 2);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_body_that_is_not_read_holds_up_nobody(net: impl Network + 'static) -> Outcome {
    let long = Router::new()
        .route("/long", get(|| async { vec![7; 4 << 20] }))
        .route("/", get(|| async { "Hello, World!" }));
    let (url, _) = counted(&net, Server::new(), long).await?;
    let client = Client::with_dialer(net).with_max_connections(1);
    for _ in 0..3 {
        drop(client.get(format!("{url}/long")).send().await?);
        let text = client.get(&url).send().await?.text().await?;
        assert_eq!(text, "Hello, World!");
    }
    Ok(())
}

#[net_test(backends(memory), start_paused = true)]
async fn a_connection_that_is_idle_for_long_is_closed(
    net: impl Network + Clone + 'static,
) -> Outcome {
    for http2 in [false, true] {
        let listener = net.listen("tcp", "127.0.0.1:0").await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let client = Client::with_dialer(net.clone()).with_idle_timeout(Duration::from_secs(60));
        let client = if http2 {
            client.with_http2_prior_knowledge()
        } else {
            client
        };
        let server = net::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            let service = hyper::service::service_fn(|_| async {
                Ok::<_, std::convert::Infallible>(http::Response::new(Body::from("once")))
            });
            let io = hyper_util::rt::TokioIo::new(stream);
            let executor = hyper_util::rt::TokioExecutor::new();
            let http = hyper_util::server::conn::auto::Builder::new(executor);
            http.serve_connection(io, service).await
        });
        assert_eq!(client.get(&url).send().await?.text().await?, "once");
        tokio::time::sleep(Duration::from_secs(50)).await;
        assert!(!server.is_finished(), "it is closed too early");
        tokio::time::sleep(Duration::from_secs(15)).await;
        assert!(server.is_finished(), "HTTP/2: {http2}");
        drop(client);
    }
    Ok(())
}

#[net_test(backends(memory))]
async fn a_connection_is_kept_for_as_long_as_the_longest_idle_timeout(
    net: impl Network + 'static,
) -> Outcome {
    let (url, count) = counted(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net).with_idle_timeout(Duration::MAX);
    for _ in 0..3 {
        let text = client.get(&url).send().await?.text().await?;
        assert_eq!(text, "Hello, World!");
        net::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
    Ok(())
}

#[net_test(backends(memory), start_paused = true)]
async fn without_an_idle_timeout_nothing_runs_while_a_connection_is_in_use(
    net: impl Network + 'static,
) -> Outcome {
    let (url, count) = counted(&net, Server::new(), app()).await?;
    let client = Client::with_dialer(net).with_idle_timeout(Duration::ZERO);
    let slow = client.get(format!("{url}/slow")).send();
    let slow = net::spawn(async move { slow.await?.text().await });
    assert_eq!(
        client.get(&url).send().await?.text().await?,
        "Hello, World!"
    );
    // The paused clock advances when all tasks are idle.
    assert_eq!(slow.await??, "at last");
    assert_eq!(count.load(Ordering::Relaxed), 2);
    Ok(())
}

/// Answers one request on each connection, and closes it without notice.
async fn one_each<N: Network>(net: &N) -> Result<(String, Arc<AtomicUsize>)> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    net::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            net::spawn(async move {
                read_head(&mut stream).await?;
                count.fetch_add(1, Ordering::Relaxed);
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    .await?;
                // It closes when the next request starts to arrive.
                stream.read_u8().await?;
                count.fetch_add(1, Ordering::Relaxed);
                std::io::Result::Ok(())
            });
        }
    });
    Ok((url, asked))
}

#[net_test(backends(native, memory))]
async fn an_idempotent_request_is_sent_again_when_an_old_connection_breaks(
    net: impl Network + 'static,
) -> Outcome {
    let (url, asked) = one_each(&net).await?;
    let client = Client::with_dialer(net);
    for _ in 0..3 {
        assert_eq!(client.get(&url).send().await?.text().await?, "ok");
    }
    let put = client.put(&url).body("all of it").send().await?;
    assert_eq!(put.text().await?, "ok");
    // The first request, three that arrived in part and were retried, and the body
    // of the last.
    assert_eq!(asked.load(Ordering::Relaxed), 1 + 3 * 2 + 1);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_request_that_may_have_had_its_effect_is_not_sent_again(
    net: impl Network + 'static,
) -> Outcome {
    let (url, asked) = one_each(&net).await?;
    let client = Client::with_dialer(net);
    assert_eq!(client.get(&url).send().await?.text().await?, "ok");
    let error = client
        .post(&url)
        .body("pay")
        .send()
        .await
        .expect_err("it is closed");
    assert!(
        error.to_string().starts_with(&format!("POST {url}: ")),
        "{error}"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    // A streamed body cannot be sent again either.
    assert_eq!(client.get(&url).send().await?.text().await?, "ok");
    let once = Body::from_reader(&b"once"[..]);
    let error = client.put(&url).body(once).send().await;
    error.expect_err("it is closed");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn connections_that_a_server_has_closed_while_idle_are_not_used(
    net: impl Network + 'static,
) -> Outcome {
    let brief = Server::new().with_header_timeout(Duration::from_millis(20));
    let app = Router::new().route("/", any(|| async { "still here" }));
    let (url, count) = counted(&net, brief, app).await?;
    let client = Client::with_dialer(net);
    for round in 1..=3 {
        // A POST request is not retried.
        let answer = client.post(&url).body("x").send().await?;
        assert_eq!(answer.text().await?, "still here");
        assert_eq!(count.load(Ordering::Relaxed), round);
        net::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_client_survives_the_restart_of_its_server(
    net: impl Network + Clone + 'static,
) -> Outcome {
    for http2 in [false, true] {
        let client = Client::with_dialer(net.clone());
        let client = if http2 {
            client.with_http2_prior_knowledge()
        } else {
            client
        };
        let first = Running::start(&net, Server::new(), app()).await?;
        let (url, address) = (first.url("/"), first.address.clone());
        assert_eq!(
            client.get(&url).send().await?.text().await?,
            "Hello, World!"
        );
        first.stop().await?;
        let listener = net.listen("tcp", &address).await?;
        let second = net::spawn(net_http::serve(listener, app()));
        let again = client.get(format!("http://{address}/")).send().await?;
        assert_eq!(again.text().await?, "Hello, World!");
        second.abort();
        drop(second);
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn dropping_a_request_after_any_poll_leaves_the_client_as_it_was(
    net: impl Network + Clone + 'static,
) -> Outcome {
    for http2 in [false, true] {
        let (url, count) = counted(&net, Server::new(), app()).await?;
        let client = Client::with_dialer(net.clone()).with_max_connections(2);
        let client = if http2 {
            client.with_http2_prior_knowledge()
        } else {
            client
        };
        let mut finished = false;
        let mut polls = 0;
        while !finished {
            let request = client.post(format!("{url}/echo")).body("there and back");
            let exchange = async { request.send().await?.text().await };
            finished = poll_and_drop(exchange, polls).await;
            polls += 1;
            assert!(polls < 1_000, "it never ends");
        }
        // More than the limit on connections: no permit was lost.
        let all = (0..5).map(|_| client.get(&url).send());
        for request in all.collect::<Vec<_>>() {
            let text = net::time::timeout(SOON, async { request.await?.text().await }).await??;
            assert_eq!(text, "Hello, World!");
        }
        assert!(count.load(Ordering::Relaxed) <= polls + 2);
    }
    Ok(())
}

/// Polls a future a number of times, and drops it. Returns whether it was ready.
async fn poll_and_drop<F: Future>(future: F, polls: usize) -> bool {
    let mut future = std::pin::pin!(future);
    for _ in 0..polls {
        let ready = std::future::poll_fn(|cx| {
            let polled = future.as_mut().poll(cx);
            std::task::Poll::Ready(polled.is_ready())
        });
        if ready.await {
            return true;
        }
        // Lets other tasks run.
        net::time::sleep(Duration::from_micros(100)).await;
    }
    false
}
