//! OpenSSL as a client and as a server.

use net::prelude::*;
use net::{Net, Result, net_test};
use net_tls::{TlsDialer, Version};

use super::support::{certificate, client_config, listen, roots, server_config};

const CERTIFICATES: &str = "integrations/tls/tests/it/certificates";

#[net_test]
async fn the_client_of_openssl_shows_its_certificate(net: Net) -> Result<()> {
    for (flag, version) in [("-tls1_2", Version::Tls12), ("-tls1_3", Version::Tls13)] {
        let config = server_config().with_client_roots(roots())?;
        let (listener, port) = listen(&net, config).await?;
        let serve = net::spawn(async move {
            let (mut accepted, _) = listener.accept().await?;
            let mut line = [0; 6];
            accepted.read_exact(&mut line).await?;
            accepted.write_all(&line).await?;
            accepted.shutdown().await?;
            Result::<_>::Ok(accepted)
        });
        let address = format!("127.0.0.1:{port}");
        let [authority, chain, key] = ["authority.pem", "client.pem", "client.key"]
            .map(|file| format!("{CERTIFICATES}/{file}"));
        let mut args = vec!["s_client", "-quiet", "-connect", &address, flag];
        args.extend([
            "-servername",
            "server.test",
            "-verify_hostname",
            "server.test",
        ]);
        args.extend(["-verify_return_error", "-CAfile", &authority]);
        args.extend(["-cert", &chain, "-key", &key]);
        let Some(client) = net_peers::run_with_input("openssl", &args, "hello\n").await else {
            return Ok(());
        };
        assert_eq!(client.stdout, "hello\n", "{}", client.stderr);
        let accepted = serve.await??;
        assert_eq!(accepted.version(), Some(version));
        assert_eq!(accepted.server_name(), Some("server.test"));
        // Its own certificate, and its issuers.
        assert!(!accepted.peer_certificates().is_empty());
    }
    Ok(())
}

#[net_test]
async fn the_server_of_openssl_asks_for_a_certificate(net: Net) -> Result<()> {
    for (server, version) in [
        ("openssl-tls1.2", Version::Tls12),
        ("openssl-tls1.3", Version::Tls13),
    ] {
        let Some(server) = net_peers::start(server).await else {
            return Ok(());
        };
        let identified = client_config().with_identity(certificate!("client"))?;
        let dialer = TlsDialer::new(net.clone(), identified);
        for connection in 0..2 {
            let mut stream = dialer.dial("tcp", server.address("tls")).await?;
            assert_eq!(stream.version(), Some(version));
            stream.write_all(b"abc\n").await?;
            let mut reversed = [0; 4];
            stream.read_exact(&mut reversed).await?;
            assert_eq!(&reversed, b"cba\n");
            assert_eq!(stream.is_resumed(), connection == 1);
        }
        let anonymous = TlsDialer::new(net.clone(), client_config());
        let refused = match anonymous.dial("tcp", server.address("tls")).await {
            Ok(mut stream) => stream.read_u8().await.expect_err("refused").to_string(),
            Err(error) => error.to_string(),
        };
        assert!(
            refused.contains("the peer rejected the handshake"),
            "{refused}"
        );
    }
    Ok(())
}
