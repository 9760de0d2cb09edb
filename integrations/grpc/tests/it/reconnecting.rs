//! Servers that are unreachable for a while.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use greeter::greeter_client::GreeterClient;
use net::memory::MemoryNet;
use net::prelude::*;
use net::{BoxStream, Dialer, Network, net_test};
use net_grpc::{Backoff, Channel, Server, WaitForReady};
use tokio::time::Instant;
use tonic::{Code, Request};

use crate::support::{Running, greet, named, soon};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// An address without a listener.
async fn nobody<N: Network>(net: &N) -> Result<String> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    Ok(listener.local_addr()?.to_string())
}

#[net_test(backends(native, memory))]
async fn a_server_that_was_restarted_is_found_by_the_next_call(
    net: impl Network + Clone + 'static,
) -> Result {
    let server = Running::start(&net).await?;
    let (address, mut client) = (server.address.clone(), server.client(&net).await?);
    assert_eq!(greet(&mut client, "Ann").await?, "Hello, Ann!");
    server.stop().await?;
    let server = Running::start_at(&net, &address, Server::builder()).await?;
    assert_eq!(greet(&mut client, "Bob").await?, "Hello, Bob!");
    drop(client);
    Ok(server.stop().await?)
}

#[net_test(backends(native, memory))]
async fn a_server_that_is_not_there_is_unavailable(net: impl Network + Clone + 'static) -> Result {
    let address = nobody(&net).await?;
    let uri = format!("http://{address}");
    let mut client = GreeterClient::new(Channel::builder(net.clone()).connect_lazy(&uri)?);
    for _ in 0..2 {
        let status = greet(&mut client, "Ann")
            .await
            .expect_err("nobody is there");
        assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        let expected = format!("dial tcp {address}: ");
        assert!(status.message().starts_with(&expected), "{status:?}");
        assert!(
            status.message().to_lowercase().contains("refused"),
            "{status:?}"
        );
    }
    let eager = Channel::builder(net.clone()).connect(&uri).await;
    let error = eager.expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
    assert_eq!(error.address(), Some(&*address));
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_call_may_wait_for_its_server(net: impl Network + Clone + 'static) -> Result {
    let address = nobody(&net).await?;
    let backoff = Backoff::new().with_initial(Duration::from_millis(20));
    let builder = Channel::builder(net.clone()).with_backoff(backoff);
    let channel = builder.connect_lazy(&format!("http://{address}"))?;
    let mut client = GreeterClient::new(channel);
    greet(&mut client, "Ann")
        .await
        .expect_err("nobody is there");
    let mut patient = client.clone();
    let waiting = net::spawn(async move {
        let mut request = Request::new(named("Bob"));
        request.extensions_mut().insert(WaitForReady(true));
        patient.greet(request).await
    });
    let server = Running::start_at(&net, &address, Server::builder()).await?;
    let reply = soon(waiting).await??;
    assert_eq!(reply.into_inner().text, "Hello, Bob!");
    drop(client);
    Ok(server.stop().await?)
}

#[test]
fn a_channel_outlives_the_runtime_that_was_connecting() -> Result {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
    };
    let channel = Channel::builder(NeverThere).connect_lazy("http://greeter")?;
    let mut client = GreeterClient::new(channel);
    for dials in 1..3 {
        // Each attempt ends with its runtime, and does not block the next one.
        let before = NeverThere::dials();
        let waited = runtime()?.block_on(async {
            let short = Duration::from_millis(20);
            tokio::time::timeout(short, client.greet(named("Ann"))).await
        });
        assert!(waited.is_err(), "nobody is there");
        assert_eq!(NeverThere::dials(), before + 1, "at {dials}");
    }
    Ok(())
}

/// A dialer that never completes.
#[derive(Debug)]
struct NeverThere;

static DIALS: AtomicUsize = AtomicUsize::new(0);

impl NeverThere {
    fn dials() -> usize {
        DIALS.load(Ordering::SeqCst)
    }
}

#[tonic::async_trait]
impl Dialer for NeverThere {
    type Stream = BoxStream;

    async fn dial_to(&self, _address: net::Address) -> net::Result<BoxStream> {
        DIALS.fetch_add(1, Ordering::SeqCst);
        std::future::pending().await
    }
}

#[net_test(backend = memory, start_paused)]
async fn attempts_become_rarer(net: MemoryNet) -> Result {
    let address = nobody(&net).await?;
    let dials = net.rule().tcp().refuse();
    let builder = Channel::builder(net.clone()).with_wait_for_ready(true);
    let channel = builder.connect_lazy(&format!("http://{address}"))?;
    let mut client = GreeterClient::new(channel);
    let waiting = net::spawn(async move { client.greet(named("Ann")).await });
    let start = Instant::now();
    let mut seen = 0;
    let mut times = Vec::new();
    while times.len() < 15 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if dials.hits() > seen {
            seen = dials.hits();
            times.push(start.elapsed().as_secs_f64());
        }
    }
    waiting.abort();
    // A jitter of a fifth, and what the test's own sleep adds.
    let mut expected: f64 = 1.0;
    for pair in times.windows(2) {
        let waited = pair[1] - pair[0];
        let range = 0.8 * expected - 0.02..=1.2 * expected + 0.02;
        assert!(
            range.contains(&waited),
            "{times:?}: {waited} is not {expected}"
        );
        expected = (1.6 * expected).min(120.0);
    }
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn a_peer_that_only_accepts_is_not_dialed_all_the_time(net: MemoryNet) -> Result {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let uri = format!("http://{}", listener.local_addr()?);
    let builder = Channel::builder(net.clone()).with_wait_for_ready(true);
    let mut client = GreeterClient::new(builder.connect_lazy(&uri)?);
    let calling = async {
        let minute = Duration::from_secs(60);
        let mut calls = 0;
        let _ = tokio::time::timeout(minute, async {
            loop {
                let status = client.greet(named("Ann")).await.expect_err("it hangs up");
                assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                calls += 1;
            }
        })
        .await;
        calls
    };
    let mut accepted = 0;
    let accepting = async {
        loop {
            let (stream, _) = listener.accept().await?;
            drop(stream);
            accepted += 1;
        }
    };
    tokio::select! {
        calls = calling => assert!(calls < 20, "{calls}"),
        result = accepting => return result,
    }
    assert!((4..20).contains(&accepted), "{accepted}");
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn an_attempt_has_a_limit(net: MemoryNet) -> Result {
    let server = net.on("server");
    let _listener = server.listen("tcp", ":80").await?;
    let _cut = net.rule().to("server").tcp().cut();
    let patient = net.clone().with_timeout(Duration::from_secs(1000));
    let start = Instant::now();
    let error = Channel::builder(patient).connect("http://server").await;
    let error = error.expect_err("it is cut off");
    assert!(error.is_timeout(), "{error}");
    assert_eq!(error.address(), Some("server:80"), "{error}");
    assert_eq!(start.elapsed().as_secs(), 20);
    Ok(())
}
