//! Third-party peers: grpcurl, which is Go's gRPC, and Python's, which is that of C++.

use greeter::greeter_client::GreeterClient;
use greeter::greeter_server::GreeterServer;
use net::prelude::*;
use net::{Net, net_test};
use net_grpc::{Channel, Server};
use tokio_stream::StreamExt;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::{Code, Request};
use tonic_health::ServingStatus;

use crate::service::Host;
use crate::support::{greet, named, soon};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Runs a client against a server with health and reflection.
async fn with_server(net: &Net, client: impl AsyncFnOnce(&str)) -> Result {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<GreeterServer<Host>>().await;
    health
        .set_service_status("asleep", ServingStatus::NotServing)
        .await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(greeter::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let greeter = GreeterServer::new(Host::default());
    let server = Server::builder()
        .add_service(greeter.accept_compressed(Gzip).send_compressed(Gzip))
        .add_service(health_service)
        .add_service(reflection);
    tokio::select! {
        () = server.serve(listener) => unreachable!("it does not end"),
        () = client(&address) => Ok(()),
    }
}

/// Returns the output of grpcurl, and whether it succeeded.
async fn grpcurl(args: &[&str]) -> Option<(bool, String)> {
    let args = [&["-plaintext", "-max-time", "30"], args].concat();
    let ran = net_peers::run("grpcurl", &args).await?;
    Some((ran.status == 0, ran.stdout + &ran.stderr))
}

#[net_test]
async fn grpcurl_lists_services_and_calls_them(net: Net) -> Result {
    with_server(&net, async |address| {
        let Some((true, services)) = grpcurl(&[address, "list"]).await else {
            return;
        };
        let services: Vec<_> = services.lines().collect();
        assert!(services.contains(&"greeter.v1.Greeter"), "{services:?}");
        assert!(services.contains(&"grpc.health.v1.Health"), "{services:?}");
        for (method, data, expected) in [
            ("Greet", r#"{"name": "Ann"}"#, vec!["Hello, Ann!"]),
            (
                "GreetOften",
                r#"{"name": "Ann", "times": 2}"#,
                vec!["0: Hello, Ann!", "1: Hello, Ann!"],
            ),
            (
                "GreetTogether",
                r#"{"name": "Ann"} {"name": "Bob"}"#,
                vec!["Hello, Ann, Bob!"],
            ),
            (
                "GreetEach",
                r#"{"name": "Ann"} {"name": "Bob"}"#,
                vec!["Hello, Ann!", "Hello, Bob!"],
            ),
        ] {
            let method = format!("greeter.v1.Greeter/{method}");
            let ran = grpcurl(&["-d", data, address, &method]).await;
            let (content, said) = ran.expect("it is there");
            assert!(content, "{said}");
            let texts = said.lines().filter(|line| line.contains("\"text\""));
            assert!(
                texts.eq(expected
                    .iter()
                    .map(|text| format!("  \"text\": \"{text}\""))),
                "{said}"
            );
        }
        for (service, status) in [("greeter.v1.Greeter", "SERVING"), ("asleep", "NOT_SERVING")] {
            let data = format!(r#"{{"service": "{service}"}}"#);
            let ran = grpcurl(&["-d", &data, address, "grpc.health.v1.Health/Check"]).await;
            let (content, said) = ran.expect("it is there");
            assert!(content && said.contains(&format!("\"{status}\"")), "{said}");
        }
        let nobody = [
            r#"-d={"name": "nobody"}"#,
            address,
            "greeter.v1.Greeter/Greet",
        ];
        let (content, said) = grpcurl(&nobody).await.expect("it is there");
        assert!(!content && said.contains("NotFound"), "{said}");
    })
    .await
}

#[net_test]
async fn pythons_client_calls_every_kind_of_method(net: Net) -> Result {
    with_server(&net, async |address| {
        let script = "integrations/grpc/tests/it/client.py";
        let Some(ran) = net_peers::run("python", &[script, address]).await else {
            return;
        };
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let said: Vec<_> = ran.stdout.lines().collect();
        let expected = [
            "good fine",
            "Hello, Ann!",
            "Hello, Ann, Bob!",
            "['Hello, Ann!', 'Hello, Bob!']",
            "NOT_FOUND",
            "DEADLINE_EXCEEDED",
        ];
        assert_eq!(said, expected);
    })
    .await
}

#[net_test]
async fn pythons_server_is_called_by_every_kind_of_method(net: Net) -> Result {
    let Some(mut server) = net_peers::start("grpcio").await else {
        return Ok(());
    };
    let uri = format!("http://{}", server.address("tcp"));
    let channel = Channel::builder(net).connect(&uri).await?;
    let client = GreeterClient::new(channel);
    let mut client = client.accept_compressed(Gzip).send_compressed(Gzip);
    let response = soon(client.greet(named("Ann"))).await?;
    assert_eq!(
        response.metadata().get("x-mood").expect("it is sent"),
        "fine"
    );
    assert_eq!(response.into_inner().text, "Hello, Ann!");
    let names = || tokio_stream::iter(["Ann", "Bob"]).map(named);
    let reply = soon(client.greet_together(names())).await?.into_inner();
    assert_eq!(reply.text, "Hello, Ann, Bob!");
    let replies = soon(client.greet_each(names())).await?.into_inner();
    let replies: Vec<_> = soon(
        replies
            .map(|reply| reply.expect("an answer").text)
            .collect(),
    )
    .await;
    assert_eq!(replies, ["Hello, Ann!", "Hello, Bob!"]);
    let status = greet(&mut client, "nobody").await.expect_err("a refusal");
    assert_eq!(
        (status.code(), status.message()),
        (Code::NotFound, "nobody – at all")
    );
    assert_eq!(status.metadata().get("x-mood").expect("it is sent"), "bad");
    let mut request = Request::new(named("sleeper"));
    request.set_timeout(std::time::Duration::from_millis(100));
    let status = soon(client.greet(request)).await.expect_err("too slow");
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    // And when it comes back, it is found again.
    server.kill().await;
    let status = greet(&mut client, "Ann").await.expect_err("it is gone");
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    server.restart().await;
    let mut request = Request::new(named("Ann"));
    request
        .extensions_mut()
        .insert(net_grpc::WaitForReady(true));
    assert_eq!(
        soon(client.greet(request)).await?.into_inner().text,
        "Hello, Ann!"
    );
    Ok(())
}
