//! Certificates, versions and protocols.

use net::prelude::*;
use net::{Error, Network, Result, net_test};
use net_tls::{
    AcceptAnyCertificate, ClientConfig, Identity, Roots, ServerConfig, TlsDialer, Version,
};

use super::provider;

use super::support::{certificate, client_config, connect, listen, roots, server_config, settled};

/// Returns the error of dialing a server with an identity.
async fn refusal<N: Network + Clone + 'static>(
    net: &N,
    host: &str,
    identity: Identity,
) -> Result<Error> {
    refusal_by(net, host, identity, roots()).await
}

async fn refusal_by<N: Network + Clone + 'static>(
    net: &N,
    host: &str,
    identity: Identity,
    roots: Roots,
) -> Result<Error> {
    let (listener, port) = listen(net, ServerConfig::new(&provider(), identity)?).await?;
    let accept = async {
        let (mut accepted, _) = listener.accept().await?;
        // The server gets an alert.
        accepted.handshake().await.expect_err("refused");
        Result::<_>::Ok(())
    };
    let dialer = TlsDialer::new(net.clone(), ClientConfig::new(&provider(), roots)?);
    let address = format!("{host}:{port}");
    let dial = async {
        let error = dialer.dial("tcp", &address).await.expect_err("refused");
        let message = error.to_string();
        let begin = format!("dial tcp {address}: TLS with {host}: ");
        assert!(message.starts_with(&begin), "{message}");
        Result::<_>::Ok(error)
    };
    let (error, ()) = tokio::try_join!(dial, accept)?;
    Ok(error)
}

#[net_test(backends(native, memory))]
async fn a_certificate_for_another_host_is_refused(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let error = refusal(&net, "localhost", certificate!("other")).await?;
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
    let message = error.to_string();
    let end = "TLS with localhost: the certificate is for other.test, 192.0.2.1";
    assert!(message.ends_with(end), "{message}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_expired_certificate_is_refused(net: impl Network + Clone + 'static) -> Result<()> {
    let error = refusal(&net, "localhost", certificate!("expired")).await?;
    let message = error.to_string();
    assert!(
        message.contains("the certificate expired at 20"),
        "{message}"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn who_is_trusted_by_nobody_is_refused(net: impl Network + Clone + 'static) -> Result<()> {
    let stranger = include_bytes!("certificates/stranger.pem");
    let trusts_others = Roots::none().with_pem(stranger)?;
    let identity = certificate!("localhost");
    let message = refusal_by(&net, "localhost", identity, trusts_others).await?;
    let message = message.to_string();
    let end = "the certificate is not trusted: it was issued by CN=Test authority authority";
    assert!(message.ends_with(end), "{message}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn who_is_vouched_for_by_nobody_is_refused(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let message = refusal(&net, "localhost", certificate!("alone")).await?;
    let message = message.to_string();
    let end = "the certificate is not trusted: it is self-signed by CN=alone";
    assert!(message.ends_with(end), "{message}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn mozilla_trusts_somebody_but_not_the_authority_of_these_tests(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let identity = certificate!("localhost");
    let error = refusal_by(&net, "localhost", identity, Roots::mozilla()).await?;
    assert!(
        error
            .to_string()
            .contains("is not trusted: it was issued by"),
        "{error}"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn without_verification_anybody_is_let_in(net: impl Network + Clone + 'static) -> Result<()> {
    let trusting = ClientConfig::dangerous(&provider(), AcceptAnyCertificate)?;
    for identity in [
        certificate!("expired"),
        certificate!("other"),
        certificate!("alone"),
    ] {
        let server = ServerConfig::new(&provider(), identity)?;
        connect(&net, trusting.clone(), server).await?;
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn both_ends_agree_on_a_protocol(net: impl Network + Clone + 'static) -> Result<()> {
    let server = server_config().with_alpn(&["h2", "http/1.1"]);
    let client = client_config().with_alpn(&["http/1.1"]);
    let (dialed, accepted) = connect(&net, client, server).await?;
    assert_eq!(dialed.alpn(), Some(&b"http/1.1"[..]));
    assert_eq!(accepted.alpn(), Some(&b"http/1.1"[..]));
    Ok(())
}

#[net_test(backends(native, memory))]
async fn without_a_protocol_in_common_both_ends_say_so(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let (listener, port) = listen(&net, server_config().with_alpn(&["h2"])).await?;
    let accept = async {
        let (mut accepted, _) = listener.accept().await?;
        Result::<_>::Ok(accepted.handshake().await.expect_err("no protocol"))
    };
    let dialer = TlsDialer::new(net.clone(), client_config().with_alpn(&["http/1.1"]));
    let address = format!("localhost:{port}");
    let dial = async { Result::<_>::Ok(dialer.dial("tcp", &address).await) };
    let (outcome, error) = tokio::try_join!(dial, accept)?;
    assert!(error.to_string().contains("ALPN"), "{error}");
    let error = outcome.expect_err("no protocol");
    assert!(error.to_string().contains("ALPN"), "{error}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_server_learns_which_host_was_asked_for(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let (dialed, accepted) = connect(&net, client_config(), server_config()).await?;
    assert_eq!(accepted.server_name(), Some("localhost"));
    assert_eq!(dialed.server_name(), None);
    assert_eq!(dialed.version(), Some(Version::Tls13));
    assert_eq!(accepted.version(), Some(Version::Tls13));
    assert_eq!(dialed.peer_certificates().len(), 1);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_second_connection_resumes_the_session_of_the_first(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let (listener, port) = listen(&net, server_config()).await?;
    let client = client_config();
    let (first, accepted) = settled(&net, client.clone(), &listener, port).await?;
    assert!(!first.is_resumed() && !accepted.is_resumed());
    let (second, accepted) = settled(&net, client, &listener, port).await?;
    assert!(second.is_resumed() && accepted.is_resumed());
    let (other, accepted) = settled(&net, client_config(), &listener, port).await?;
    assert!(
        !other.is_resumed() && !accepted.is_resumed(),
        "it shares no sessions"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_plain_connection_can_change_to_tls(net: impl Network + Clone + 'static) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let accept = async {
        let (mut plain, _) = listener.accept().await?;
        assert_eq!(plain.read_u8().await?, b'S');
        let mut accepted = server_config().accept(plain);
        accepted.handshake().await?;
        Result::<_>::Ok(())
    };
    let dial = async {
        let mut plain = net.dial("tcp", &address).await?;
        plain.write_u8(b'S').await?;
        client_config().connect("server.test", plain).await
    };
    tokio::try_join!(dial, accept)?;
    Ok(())
}

#[net_test(backends(native, memory))]
async fn what_cannot_work_is_an_error_at_once(_net: impl Network) {
    let key = include_bytes!("certificates/localhost.key");
    assert!(Roots::none().with_pem(key).is_err());
    assert!(Identity::from_pem(key, key).is_err());
    let chain = include_bytes!("certificates/localhost.pem");
    assert!(Identity::from_pem(chain, chain).is_err());
    assert!(ClientConfig::new(&provider(), Roots::none()).is_err());
    let other = include_bytes!("certificates/other.key");
    let mixed = Identity::from_pem(chain, other).expect("PEM");
    assert!(ServerConfig::new(&provider(), mixed.clone()).is_err());
    assert!(client_config().with_identity(mixed).is_err());
}

#[net_test(backends(native, memory))]
async fn an_address_without_a_host_is_refused_before_it_is_dialed(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let port = listener.local_addr()?.port().expect("a port");
    let address = format!(":{port}");
    let dialer = TlsDialer::new(net.clone(), client_config());
    let opened = dialer.dial("tcp", &address).await.map(drop);
    let error = opened.expect_err("no host");
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
    assert_eq!(error.address(), Some(&*address));
    let brief = std::time::Duration::from_millis(20);
    let accepted = net::time::timeout(brief, listener.accept()).await;
    accepted.map(drop).expect_err("no connection");
    Ok(())
}
