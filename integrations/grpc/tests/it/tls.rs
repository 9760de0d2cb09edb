//! TLS.

use greeter::greeter_client::GreeterClient;
use greeter::greeter_server::GreeterServer;
use net::prelude::*;
use net::{Network, net_test};
use net_grpc::{Builder, Channel, Server};
use net_tls::{ClientConfig, Identity, Provider, Roots, ServerConfig, TlsListener};

use crate::service::Host;
use crate::support::greet;

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

macro_rules! pem {
    ($name:literal) => {
        include_bytes!(concat!("../../../tls/tests/it/certificates/", $name))
    };
}

fn roots() -> net::Result<Roots> {
    Roots::none().with_pem(pem!("authority.pem"))
}

/// Runs a client against a server whose certificate is for `localhost`.
async fn with_server<N: Network + Clone + 'static>(
    net: &N,
    protocols: &[&str],
    client: impl AsyncFnOnce(Builder<N>, u16) -> Result,
) -> Result {
    let provider = Provider::rustcrypto();
    let identity = Identity::from_pem(pem!("localhost.pem"), pem!("localhost.key"))?;
    let config = ServerConfig::new(&provider, identity)?.with_alpn(protocols);
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let port = listener.local_addr()?.port().expect("a port");
    let listener = TlsListener::new(listener, config);
    let config = ClientConfig::new(&provider, roots()?)?;
    let builder = Channel::builder(net.clone()).with_tls(config);
    let server = Server::builder().add_service(GreeterServer::new(Host::default()));
    tokio::select! {
        () = server.serve(listener) => unreachable!("it does not end"),
        result = client(builder, port) => result,
    }
}

#[net_test(backends(native, memory))]
async fn calls_are_encrypted(net: impl Network + Clone + 'static) -> Result {
    with_server(&net, &["h2"], async |builder, port| {
        let channel = builder
            .connect(&format!("https://localhost:{port}"))
            .await?;
        let mut client = GreeterClient::new(channel);
        assert_eq!(greet(&mut client, "Ann").await?, "Hello, Ann!");
        Ok(())
    })
    .await
}

#[net_test(backends(native, memory))]
async fn the_certificate_is_for_the_origin(net: impl Network + Clone + 'static) -> Result {
    with_server(&net, &["h2"], async |builder, port| {
        let uri = format!("https://127.0.0.1:{port}");
        let other = builder.clone().with_origin("https://greeter.test")?;
        let error = other.connect(&uri).await.expect_err("another's");
        assert!(error.to_string().contains("greeter.test"), "{error}");
        let builder = builder.with_origin("https://localhost")?;
        let channel = builder.connect(&uri).await?;
        let mut client = GreeterClient::new(channel);
        assert_eq!(greet(&mut client, "Ann").await?, "Hello, Ann!");
        Ok(())
    })
    .await
}

#[net_test(backends(native, memory))]
async fn a_server_of_http1_alone_is_none(net: impl Network + Clone + 'static) -> Result {
    with_server(&net, &[], async |builder, port| {
        let error = builder.connect(&format!("https://localhost:{port}")).await;
        let error = error.expect_err("it speaks something else");
        assert!(error.to_string().contains("HTTP/2"), "{error}");
        Ok(())
    })
    .await
}

#[net_test(backend = memory)]
async fn nothing_is_sent_in_the_clear_by_mistake(net: net::memory::MemoryNet) -> Result {
    let error = Channel::builder(net.clone()).connect_lazy("https://localhost");
    assert!(error.is_err(), "there is no TLS");
    let config = ClientConfig::new(&Provider::rustcrypto(), roots()?)?;
    let error = Channel::builder(net)
        .with_tls(config)
        .connect_lazy("http://localhost");
    assert!(error.is_err(), "it would not be used");
    Ok(())
}
