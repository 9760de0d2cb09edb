//! Channel binding: authentication that is bound to the TLS connection.

use net::net_test;
use net::prelude::*;
use net_peers::Server;
use net_postgres::{ChannelBinding, Config, Connector, Host, Result, SslMode};
use net_tls::{AcceptAnyCertificate, ClientConfig, Identity, Provider, ServerConfig};

use crate::support::{config, connector, server};

/// A connector that accepts any certificate.
fn believing() -> Connector {
    connector().with_tls(believing_config())
}

fn believing_config() -> ClientConfig {
    ClientConfig::dangerous(&Provider::rustcrypto(), AcceptAnyCertificate).unwrap()
}

fn guarded(server: &Server, mode: SslMode, binding: ChannelBinding) -> Config {
    config(server)
        .with_user("guarded")
        .with_database("postgres")
        .with_ssl_mode(mode)
        .with_channel_binding(binding)
}

#[net_test]
async fn channel_binding_is_used_if_possible_and_enforced_if_required() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    for (mode, binding, is_let_in) in [
        (SslMode::Prefer, ChannelBinding::Require, true),
        (SslMode::Prefer, ChannelBinding::Prefer, true),
        (SslMode::Prefer, ChannelBinding::Disable, true),
        (SslMode::Disable, ChannelBinding::Require, false),
        (SslMode::Disable, ChannelBinding::Prefer, true),
    ] {
        let connected = believing().connect(&guarded(&server, mode, binding)).await;
        assert_eq!(connected.is_ok(), is_let_in, "{mode:?}, {binding:?}");
        if let Err(error) = connected {
            assert!(error.to_string().contains("channel binding"), "{error}");
        }
    }
    // It is impossible with other methods, and without a password.
    for user in ["old", "postgres"] {
        let config = guarded(&server, SslMode::Prefer, ChannelBinding::Require);
        let error = believing().connect(&config.with_user(user)).await.err();
        let said = error.expect(user).to_string();
        assert!(said.contains("channel binding"), "{user}: {said}");
    }
    Ok(())
}

#[net_test]
async fn a_connection_string_sets_channel_binding() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let address = server.address("tcp");
    for (word, mode, is_let_in) in [
        ("require", "prefer", true),
        ("disable", "prefer", true),
        ("require", "disable", false),
    ] {
        let text = format!(
            "postgres://guarded:secret@{address}/postgres?channel_binding={word}&sslmode={mode}"
        );
        let connected = believing().connect(&text.parse()?).await;
        assert_eq!(connected.is_ok(), is_let_in, "{word}, {mode}");
    }
    let error = "channel_binding=always".parse::<Config>().unwrap_err();
    assert!(error.to_string().contains("require"), "{error}");
    Ok(())
}

/// Accepts one connection in place of the server, with another certificate, and relays the
/// traffic.
async fn stand_between(listener: impl net::Listener, server: String) {
    const SSL_REQUEST: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];
    let identity = Identity::from_pem(
        include_bytes!("../../../tls/tests/it/certificates/other.pem"),
        include_bytes!("../../../tls/tests/it/certificates/other.key"),
    );
    let own = ServerConfig::new(&Provider::rustcrypto(), identity.unwrap()).unwrap();
    let (mut client, _) = listener.accept().await.unwrap();
    let mut request = [0; 8];
    client.read_exact(&mut request).await.unwrap();
    assert_eq!(request, SSL_REQUEST);
    client.write_all(b"S").await.unwrap();
    let mut client = own.accept(client);
    let mut upstream = net::dial("tcp", &server).await.unwrap();
    upstream.write_all(SSL_REQUEST).await.unwrap();
    assert_eq!(upstream.read_u8().await.unwrap(), b'S');
    let upstream = believing_config().connect("localhost", upstream).await;
    // Either may hang up.
    let _ = tokio::io::copy_bidirectional(&mut client, &mut upstream.unwrap()).await;
}

#[net_test]
async fn channel_binding_detects_a_man_in_the_middle() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    for (binding, is_let_in) in [
        (ChannelBinding::Disable, true),
        (ChannelBinding::Prefer, false),
        (ChannelBinding::Require, false),
    ] {
        let listener = net::listen("tcp", "127.0.0.1:0").await?;
        let port = listener.local_addr()?.port().unwrap();
        let address = server.address("tcp").to_owned();
        let between = tokio::spawn(stand_between(listener, address));
        let config = Config::default()
            .with_host(Host::new("127.0.0.1", port))
            .with_user("guarded")
            .with_password("secret")
            .with_database("postgres")
            .with_ssl_mode(SslMode::Prefer)
            .with_channel_binding(binding);
        let connected = believing().connect(&config).await;
        assert_eq!(connected.is_ok(), is_let_in, "{binding:?}: {connected:?}");
        drop(connected);
        between.abort();
    }
    Ok(())
}
