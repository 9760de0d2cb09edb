//! `https`, with certificates of the tests of net-tls.

use http::Version;
use net::prelude::*;
use net::{JoinHandle, Network, Result, net_test};
use net_http::{Client, serve};
use net_tls::{ClientConfig, Identity, Provider, Roots, ServerConfig, TlsListener};

use crate::support::{Outcome, app};

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../../tls/tests/it/certificates/", $name))
    };
}

pub(crate) fn trusting() -> Result<ClientConfig> {
    let roots = Roots::none().with_pem(file!("authority.pem"))?;
    ClientConfig::new(&Provider::rustcrypto(), roots)
}

/// Starts a TLS server with these protocols; returns its URL.
async fn start<N: Network>(net: &N, protocols: &[&str]) -> Result<(String, JoinHandle<()>)> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let port = listener.local_addr()?.port().expect("a port");
    let identity = Identity::from_pem(file!("localhost.pem"), file!("localhost.key"))?;
    let config = ServerConfig::new(&Provider::rustcrypto(), identity)?.with_alpn(protocols);
    let serving = net::spawn(serve(TlsListener::new(listener, config), app()));
    Ok((format!("https://localhost:{port}/"), serving))
}

#[net_test(backends(native, memory))]
async fn the_peer_chooses_the_version_of_http(net: impl Network + Clone + 'static) -> Outcome {
    let client = Client::with_dialer(net.clone()).with_tls(trusting()?);
    for (protocols, expected) in [
        (&["h2", "http/1.1"][..], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
    ] {
        let (url, serving) = start(&net, protocols).await?;
        for _ in 0..2 {
            let response = client.get(&url).send().await?;
            assert_eq!(response.version(), expected);
            assert_eq!(response.text().await?, "Hello, World!");
        }
        let http1 = client.clone().with_http1_only();
        assert_eq!(http1.get(&url).send().await?.version(), Version::HTTP_11);
        serving.abort();
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn whom_nobody_vouches_for_gets_no_request(net: impl Network + 'static) -> Outcome {
    let (url, serving) = start(&net, &["h2"]).await?;
    let roots = Roots::none().with_pem(file!("stranger.pem"))?;
    let config = ClientConfig::new(&Provider::rustcrypto(), roots)?;
    let client = Client::with_dialer(net).with_tls(config);
    let error = client.get(&url).send().await.expect_err("a stranger");
    assert!(error.is_connect(), "{error}");
    let expected = format!("GET {url}: dial tcp localhost:");
    assert!(error.to_string().starts_with(&expected), "{error}");
    serving.abort();
    Ok(())
}

#[net_test(backends(memory))]
async fn without_tls_an_https_url_says_what_is_missing(net: impl Network + 'static) -> Outcome {
    let client = Client::with_dialer(net);
    let error = client
        .get("https://localhost/")
        .send()
        .await
        .expect_err("no TLS");
    assert!(
        error.to_string().contains("call Client::with_tls"),
        "{error}"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_redirect_from_https_to_http_is_an_error(net: impl Network + 'static) -> Outcome {
    use axum::response::Redirect;
    use axum::{Router, routing::get};

    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let port = listener.local_addr()?.port().expect("a port");
    let identity = Identity::from_pem(file!("localhost.pem"), file!("localhost.key"))?;
    let config = ServerConfig::new(&Provider::rustcrypto(), identity)?;
    let app = Router::new().route("/", get(|| async { Redirect::to("http://localhost/?key") }));
    let serving = net::spawn(serve(TlsListener::new(listener, config), app));
    let client = Client::with_dialer(net).with_tls(trusting()?);
    let error = client
        .get(format!("https://localhost:{port}/"))
        .send()
        .await;
    let error = error.expect_err("it would not be encrypted");
    assert!(error.is_redirect(), "{error}");
    let expected = "refused to redirect from https to http://localhost/";
    assert!(error.to_string().ends_with(expected), "{error}");
    serving.abort();
    Ok(())
}
