//! Logging in, by each method that the servers have.

use std::io::ErrorKind;

use net::{Net, net_test};
use net_mysql::prelude::*;
use net_mysql::{Conn, Opts, Result};

use crate::hostile::tls;
use crate::live::{Live, servers};

/// Logs in, and fails to with another password.
async fn logs_in(server: &Live, opts: Opts) -> Result<()> {
    let net = Net::default();
    let mut conn = Conn::connect(&net, opts.clone()).await?;
    let user: Option<String> = conn.query_first("SELECT current_user()").await?;
    assert!(user.is_some(), "{}", server.name);
    let wrong = Conn::connect(&net, opts.with_password("wrong")).await;
    let error = wrong.unwrap_err();
    let code = error.server().map(|error| error.code);
    assert_eq!(code, Some(1045), "{}: {error}", server.name);
    assert!(!error.to_string().contains("wrong"), "{error}");
    Ok(())
}

#[net_test]
async fn by_caching_sha2_in_full_under_rsa_and_then_by_its_cache() -> Result<()> {
    for server in servers().await.into_iter().filter(|it| !it.is_mariadb()) {
        let identified = "WITH caching_sha2_password BY 'sécret/1'";
        let opts = server.account("sha2", identified).await?;
        // The first login is a full one, with the server's key.
        logs_in(server, opts.clone()).await?;
        logs_in(server, opts).await?;
    }
    Ok(())
}

#[net_test]
async fn under_a_key_that_is_known_before() -> Result<()> {
    for server in servers().await.into_iter().filter(|it| !it.is_mariadb()) {
        let identified = "WITH caching_sha2_password BY 'sécret/1'";
        let opts = server.account("pinned", identified).await?;
        let mut root = server.conn().await?;
        let status = "SHOW STATUS LIKE 'Caching_sha2_password_rsa_public_key'";
        let key: Option<(String, String)> = root.query_first(status).await?;
        let (_, key) = key.expect("a key");
        logs_in(server, opts.clone().with_server_public_key(key)).await?;
        let wrong = opts.with_server_public_key("no key");
        Conn::connect(&Net::default(), wrong).await.unwrap_err();
    }
    Ok(())
}

#[net_test]
async fn by_caching_sha2_in_full_under_tls() -> Result<()> {
    for server in servers().await.into_iter().filter(|it| !it.is_mariadb()) {
        let identified = "WITH caching_sha2_password BY 'sécret/1'";
        let opts = server.account("sha2_tls", identified).await?;
        logs_in(server, by_name(&opts)).await?;
    }
    Ok(())
}

#[net_test]
async fn by_sha256_where_the_server_still_has_it() -> Result<()> {
    for server in servers().await.into_iter().filter(|it| !it.is_mariadb()) {
        let identified = "WITH sha256_password BY 'sécret/1'";
        let opts = server.account("sha256", identified).await?;
        logs_in(server, opts.clone()).await?;
        logs_in(server, by_name(&opts)).await?;
    }
    Ok(())
}

#[net_test]
async fn by_mysql_native_password() -> Result<()> {
    for server in servers().await.into_iter().filter(|it| it.is_mariadb()) {
        let identified = "VIA mysql_native_password USING PASSWORD('sécret/1')";
        let opts = server.account("native", identified).await?;
        logs_in(server, opts).await?;
    }
    Ok(())
}

#[net_test]
async fn by_ed25519() -> Result<()> {
    for server in servers().await.into_iter().filter(|it| it.is_mariadb()) {
        let identified = "VIA ed25519 USING PASSWORD('sécret/1')";
        let opts = server.account("ed25519", identified).await?;
        logs_in(server, opts).await?;
    }
    Ok(())
}

#[net_test]
async fn without_a_password() -> Result<()> {
    for server in servers().await {
        let mut conn = server.conn().await?;
        conn.ping().await?;
        assert!(!conn.is_encrypted());
    }
    Ok(())
}

/// The same server by a name that its certificate is valid for, over TLS.
fn by_name(opts: &Opts) -> Opts {
    opts.clone().with_tls(tls())
}

#[net_test]
async fn under_tls() -> Result<()> {
    for server in servers().await {
        let mut conn = Conn::connect(&Net::default(), by_name(&server.opts())).await?;
        assert!(conn.is_encrypted());
        let cipher: Option<(String, String)> =
            conn.query_first("SHOW STATUS LIKE 'Ssl_cipher'").await?;
        assert!(cipher.is_some_and(|(_, cipher)| !cipher.is_empty()));
        let long: Option<String> = conn.query_first("SELECT REPEAT('x', 100000)").await?;
        assert_eq!(long.map(|text| text.len()), Some(100_000));
    }
    Ok(())
}

#[net_test]
async fn over_a_unix_socket_where_there_are_any() -> Result<()> {
    for server in servers().await {
        let opts = Opts::unix(&server.unix).with_database("test");
        match Conn::connect(&Net::default(), opts).await {
            Ok(mut conn) => conn.ping().await?,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                eprintln!("skipped: {error}");
            }
        }
    }
    Ok(())
}

#[net_test]
async fn as_another_user_on_the_same_connection() -> Result<()> {
    for server in servers().await {
        let identified = if server.is_mariadb() {
            "VIA mysql_native_password USING PASSWORD('sécret/1')"
        } else {
            "WITH caching_sha2_password BY 'sécret/1'"
        };
        let opts = server.account("other", identified).await?;
        let mut conn = server.conn().await?;
        conn.query_drop("SET @kept = 1").await?;
        conn.change_user(opts.clone()).await?;
        let row: Option<(String, Option<u32>)> =
            conn.query_first("SELECT current_user(), @kept").await?;
        assert_eq!(row, Some(("other@%".to_owned(), None)));
        let error = conn.change_user(opts.with_password("x")).await.unwrap_err();
        assert_eq!(error.server().map(|error| error.code), Some(1045));
        conn.ping().await.unwrap_err();
    }
    Ok(())
}
