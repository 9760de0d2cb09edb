//! Client certificates.

use net::prelude::*;
use net::{Network, Result, net_test};
use net_tls::{ClientConfig, Identity};

use super::support::{Ends, certificate, client_config, connect, listen, roots, server_config};

fn client(identity: Identity) -> ClientConfig {
    let config = client_config().with_identity(identity);
    config.expect("a key of its certificate")
}

/// Returns the errors of the server and of a client that it rejects.
async fn refusal<N: Network + Clone + 'static>(
    net: &N,
    client: ClientConfig,
) -> Result<(std::io::Error, std::io::Error)> {
    let (listener, port) = listen(net, server_config().with_client_roots(roots())?).await?;
    let accept = async {
        let (mut accepted, _) = listener.accept().await?;
        Result::<_>::Ok(accepted.handshake().await.expect_err("refused"))
    };
    let dial = async {
        let dialer = net_tls::TlsDialer::new(net.clone(), client);
        let mut stream = dialer.dial("tcp", &format!("localhost:{port}")).await?;
        // The client's handshake is done before the server has verified its certificate.
        Result::<_>::Ok(stream.read_u8().await.expect_err("refused"))
    };
    tokio::try_join!(accept, dial)
}

#[net_test(backends(native, memory))]
async fn a_client_that_is_known_is_let_in(net: impl Network + Clone + 'static) -> Result<()> {
    let server = server_config().with_client_roots(roots())?;
    let (_dialed, accepted) = known(&net, server).await?;
    let shown = accepted.peer_certificates();
    assert_eq!(shown.len(), 1);
    let name = b"client.test";
    assert!(shown[0].windows(name.len()).any(|part| part == name));
    Ok(())
}

async fn known<N: Network + Clone + 'static>(
    net: &N,
    server: net_tls::ServerConfig,
) -> Result<Ends<N>> {
    connect(net, client(certificate!("client")), server).await
}

#[net_test(backends(native, memory))]
async fn a_client_without_a_certificate_is_refused(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let (server, client) = refusal(&net, client_config()).await?;
    assert_eq!(server.to_string(), "the peer sent no certificate");
    assert!(
        client.to_string().contains("CertificateRequired"),
        "{client}"
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_client_whose_authority_is_another_is_refused(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let (server, client) = refusal(&net, client(certificate!("impostor"))).await?;
    assert_eq!(
        server.to_string(),
        "the certificate is not trusted: it was issued by CN=Test authority stranger"
    );
    assert!(client.to_string().contains("UnknownCA"), "{client}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_certificate_may_be_optional(net: impl Network + Clone + 'static) -> Result<()> {
    let server = server_config().with_optional_client_roots(roots())?;
    let (_dialed, accepted) = known(&net, server.clone()).await?;
    assert_eq!(accepted.peer_certificates().len(), 1);
    let (_dialed, accepted) = connect(&net, client_config(), server).await?;
    assert!(accepted.peer_certificates().is_empty());
    Ok(())
}
