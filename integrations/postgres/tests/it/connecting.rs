//! Establishing connections.

use std::io::ErrorKind;
use std::time::Duration;

use net::net_test;
use net_postgres::postgres::error::SqlState;
use net_postgres::{Client, Config, Connector, Host, Result, SslMode, TargetSessionAttrs};
use net_tls::{ClientConfig, Provider, Roots};

use crate::support::{config, connector, host, server};

/// Trusts the authority that the server's certificate comes from.
fn encrypting() -> Connector {
    trusting(include_bytes!(
        "../../../tls/tests/it/certificates/authority.pem"
    ))
}

fn trusting(root: &[u8]) -> Connector {
    let roots = Roots::none().with_pem(root).unwrap();
    let tls = ClientConfig::new(&Provider::rustcrypto(), roots).unwrap();
    connector().with_tls(tls)
}

async fn is_encrypted(client: &Client) -> Result<bool> {
    let question = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    Ok(client.query_one(question, &[]).await?.get(0))
}

#[net_test]
async fn both_methods_of_passwords_log_in() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    for user in ["guarded", "old"] {
        let config = config(&server).with_user(user).with_database("postgres");
        let client = connector().connect(&config).await?;
        let row = client.query_one("SELECT current_user::text", &[]).await?;
        assert_eq!(row.get::<_, String>(0), user);
    }
    let wrong = config(&server).with_user("guarded");
    let wrong = wrong.with_password("psecret");
    let error = connector().connect(&wrong).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains(server.address("tcp")), "{said}");
    assert!(said.contains("password authentication failed"), "{said}");
    assert_eq!(error.code().map(SqlState::code), Some("28P01"));
    assert!(!format!("{error:#?}").contains("psecret"));
    Ok(())
}

#[net_test]
async fn each_sslmode_encrypts_as_documented() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    // Some users may log in only with TLS, or only without.
    let cases = [
        ("postgres", SslMode::Disable, Some(false)),
        ("postgres", SslMode::Allow, Some(false)),
        ("postgres", SslMode::Prefer, Some(true)),
        ("postgres", SslMode::Require, Some(true)),
        ("postgres", SslMode::VerifyCa, Some(true)),
        ("postgres", SslMode::VerifyFull, Some(true)),
        ("encrypted", SslMode::Disable, None),
        ("encrypted", SslMode::Allow, Some(true)),
        ("plain", SslMode::Prefer, Some(false)),
        ("plain", SslMode::Require, None),
    ];
    for (user, mode, expected) in cases {
        let config = config(&server).with_user(user).with_database("postgres");
        let connected = encrypting().connect(&config.with_ssl_mode(mode)).await;
        let encrypted = match &connected {
            Ok(client) => Some(is_encrypted(client).await?),
            Err(_) => None,
        };
        assert_eq!(encrypted, expected, "{user}, {mode:?}: {connected:?}");
    }
    Ok(())
}

#[net_test]
async fn each_sslmode_verifies_the_certificate_as_documented() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let strangers = trusting(include_bytes!(
        "../../../tls/tests/it/certificates/stranger.pem"
    ));
    let by = |mode| config(&server).with_ssl_mode(mode);
    assert!(is_encrypted(&strangers.connect(&by(SslMode::Prefer)).await?).await?);
    let error = strangers.connect(&by(SslMode::Require)).await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    // The certificate is for localhost and 127.0.0.1; this name is dialed by its address.
    let (_, port) = server.address("tcp").rsplit_once(':').unwrap();
    let other = |mode| -> Config {
        format!("host=db.example hostaddr=127.0.0.1 port={port} user=postgres sslmode={mode}")
            .parse()
            .unwrap()
    };
    assert!(is_encrypted(&encrypting().connect(&other("verify-ca")).await?).await?);
    let refused = encrypting().connect(&other("verify-full")).await;
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("db.example"), "{said}");
    Ok(())
}

#[net_test]
async fn a_mode_that_requires_tls_fails_without_a_configuration() {
    let config = Config::new("127.0.0.1", 1).with_user("x");
    let config = config.with_ssl_mode(SslMode::Require);
    let error = connector().connect(&config).await.unwrap_err();
    assert!(error.to_string().contains("with_tls"), "{error}");
}

#[net_test]
async fn hosts_are_tried_until_one_is_acceptable() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let dead = Host::new("127.0.0.1", 1);
    let several = Config::default()
        .with_host(dead.clone())
        .with_host(host(&server))
        .with_user("postgres");
    connector().connect(&several).await?;
    let none = Config::default().with_host(dead.clone()).with_host(dead);
    let error = connector().connect(&none.with_user("x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(
        error.to_string().matches("127.0.0.1:1").count(),
        2,
        "{error}"
    );
    Ok(())
}

#[net_test]
async fn a_server_must_satisfy_target_session_attrs() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    for (target, will_do) in [
        (TargetSessionAttrs::ReadWrite, true),
        (TargetSessionAttrs::ReadOnly, false),
        (TargetSessionAttrs::Primary, true),
        (TargetSessionAttrs::Standby, false),
        (TargetSessionAttrs::PreferStandby, true),
    ] {
        let config = config(&server).with_target_session_attrs(target);
        let connected = connector().connect(&config).await;
        assert_eq!(connected.is_ok(), will_do, "{target:?}: {connected:?}");
    }
    let (_, port) = server.address("tcp").rsplit_once(':').unwrap();
    let read_only: Config = format!(
        "host=127.0.0.1 port={port} user=postgres \
         options='-c default_transaction_read_only=on' target_session_attrs=read-write"
    )
    .parse()?;
    let error = connector().connect(&read_only).await.unwrap_err();
    assert!(error.to_string().contains("read-only"), "{error}");
    Ok(())
}

#[net_test]
async fn the_options_of_a_connection_string_reach_the_server() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let (_, port) = server.address("tcp").rsplit_once(':').unwrap();
    let text = format!(
        "postgres://postgres@127.0.0.1:{port}/postgres?application_name=net%20test\
         &options=-c%20statement_timeout%3D12345"
    );
    let client = connector().connect(&text.parse()?).await?;
    let shown = |name: &str| format!("SELECT current_setting('{name}')");
    let name: String = client
        .query_one(&shown("application_name"), &[])
        .await?
        .get(0);
    assert_eq!(name, "net test");
    let timeout: String = client
        .query_one(&shown("statement_timeout"), &[])
        .await?
        .get(0);
    assert_eq!(timeout, "12345ms");
    Ok(())
}

#[net_test]
async fn a_unix_socket_is_found_in_its_directory() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let socket = server.address("unix");
    // WasmEdge requires another build for these.
    if net::dial("unix", socket)
        .await
        .is_err_and(|error| error.kind() == ErrorKind::Unsupported)
    {
        return Ok(());
    }
    let (folder, file) = socket.rsplit_once('/').unwrap();
    let port = file.rsplit_once('.').unwrap().1.parse().unwrap();
    let config = Config::new(folder, port).with_user("postgres");
    connector().connect(&config).await?;
    Ok(())
}

#[net_test]
async fn a_server_that_does_not_respond_times_out() {
    // It accepts, and sends nothing.
    let listener = net::listen("tcp", "127.0.0.1:0").await.unwrap();
    let address = net::Listener::local_addr(&listener).unwrap();
    let config = Config::new("127.0.0.1", address.port().unwrap())
        .with_user("x")
        .with_connect_timeout(Some(Duration::from_millis(50)));
    let error = connector().connect(&config).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}
