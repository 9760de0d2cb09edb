//! Who is who, and what is spoken.

use net::prelude::*;
use net::{Backend, Error, NetOver, Result, net_test};
use net_tls::{ClientConfig, Identity, Roots, ServerConfig, TlsDialer};

use crate::support::{certificate, client_config, connect, listen, provider, roots, server_config};

/// The error of a dial to a server that shows an identity.
async fn refusal<B: Backend>(net: &NetOver<B>, host: &str, identity: Identity) -> Result<Error> {
    refusal_by(net, host, identity, roots()).await
}

async fn refusal_by<B: Backend>(
    net: &NetOver<B>,
    host: &str,
    identity: Identity,
    roots: Roots,
) -> Result<Error> {
    let (listener, port) = listen(net, ServerConfig::new(&provider(), identity)?).await?;
    let accept = async {
        let (mut accepted, _) = listener.accept().await?;
        // It is told of the refusal, too.
        accepted.handshake().await.expect_err("refused");
        Result::<_>::Ok(())
    };
    let dialer = TlsDialer::new(net.clone(), ClientConfig::new(&provider(), roots)?);
    let address = format!("{host}:{port}");
    let dial = async {
        let error = dialer.dial("tcp", &address).await.expect_err("refused");
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("dial tcp {address}")),
            "{message}"
        );
        Result::<_>::Ok(error)
    };
    let (error, ()) = tokio::try_join!(dial, accept)?;
    Ok(error)
}

#[net_test(backends(native, memory))]
async fn a_certificate_for_another_host_is_refused(net: NetOver<impl Backend>) -> Result<()> {
    let error = refusal(&net, "localhost", certificate!("other")).await?;
    let message = error.to_string();
    assert!(message.contains("localhost"), "{message}");
    assert!(
        message.contains("other.test"),
        "what was presented: {message}"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_expired_certificate_is_refused(net: NetOver<impl Backend>) -> Result<()> {
    let error = refusal(&net, "localhost", certificate!("expired")).await?;
    assert!(error.to_string().contains("has expired at 20"), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn who_is_trusted_by_nobody_is_refused(net: NetOver<impl Backend>) -> Result<()> {
    let stranger = include_bytes!("certificates/stranger.pem");
    let trusts_others = Roots::none().with_pem(stranger)?;
    let identity = certificate!("localhost");
    let error = refusal_by(&net, "localhost", identity, trusts_others).await?;
    assert!(error.to_string().contains("is from CN="), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn both_ends_agree_on_a_protocol(net: NetOver<impl Backend>) -> Result<()> {
    let server = server_config().with_alpn(&["h2", "http/1.1"]);
    let client = client_config().with_alpn(&["http/1.1"]);
    let (dialed, accepted) = connect(&net, client, server).await?;
    assert_eq!(dialed.alpn(), Some(&b"http/1.1"[..]));
    assert_eq!(accepted.alpn(), Some(&b"http/1.1"[..]));
    Ok(())
}

#[net_test(backends(native, memory))]
async fn mozilla_trusts_somebody_but_not_the_authority_of_these_tests(
    net: NetOver<impl Backend>,
) -> Result<()> {
    let identity = certificate!("localhost");
    let error = refusal_by(&net, "localhost", identity, Roots::mozilla()).await?;
    assert!(error.to_string().contains("is from CN="), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_text_without_a_certificate_is_an_error(_net: NetOver<impl Backend>) {
    let key = include_bytes!("certificates/localhost.key");
    assert!(Roots::none().with_pem(key).is_err());
    assert!(Identity::from_pem(key, key).is_err());
    let chain = include_bytes!("certificates/localhost.pem");
    assert!(Identity::from_pem(chain, chain).is_err());
}
