//! `wss://`.

use net::{Network, Result, net_test};
use net_tls::{ClientConfig, Identity, Provider, Roots, ServerConfig, TlsListener};
use net_websocket::{Client, CloseCode};

use crate::support::Running;

/// The certificates of the tests of net-tls.
macro_rules! certificate {
    ($file:literal) => {
        include_bytes!(concat!("../../../tls/tests/it/certificates/", $file))
    };
}

#[net_test(backends(native, memory))]
async fn wss_is_spoken_with_those_who_are_trusted(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let provider = Provider::rustcrypto();
    let identity =
        Identity::from_pem(certificate!("localhost.pem"), certificate!("localhost.key"))?;
    // It prefers HTTP/2, which has no upgrade.
    let config = ServerConfig::new(&provider, identity)?.with_alpn(&["h2", "http/1.1"]);
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let listener = TlsListener::new(listener, config);
    let server = Running::echo_on(listener)?;
    let url = server.url().replace("ws://127.0.0.1", "wss://localhost");

    let roots = Roots::none().with_pem(certificate!("authority.pem"))?;
    let trusting = ClientConfig::new(&provider, roots)?.with_alpn(&["h2"]);
    let client = Client::with_dialer(net.clone()).with_tls(trusting);
    let mut socket = client.connect(&url).await?;
    socket.send("secret").await?;
    assert_eq!(socket.recv().await?, Some("secret".into()));
    socket.close(CloseCode::NORMAL, "").await?;

    let others = Roots::none().with_pem(certificate!("stranger.pem"))?;
    let strict = ClientConfig::new(&provider, others)?;
    let client = Client::with_dialer(net).with_tls(strict);
    let error = client.connect(&url).await.expect_err("not trusted");
    assert!(
        error.to_string().starts_with(&format!("connect {url}: ")),
        "{error}"
    );
    server.stop().await
}
