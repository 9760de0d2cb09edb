//! Servers that violate the protocol, over a network in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use net::memory::MemoryNet;
use net::net_test;
use net::prelude::*;
use net_postgres::postgres::error::SqlState;
use net_postgres::{Client, Config, Connector, Error, Host, postgres};

use crate::conversation::select;
use crate::scripted::{Fault, message, pool_with};

const AUTHENTICATED: &[u8] = b"R\0\0\0\x08\0\0\0\0";
const READY: &[u8] = b"Z\0\0\0\x05I";

/// Connects to a server that sends these bytes after the startup message, and then closes the
/// connection.
async fn connect_to(net: &MemoryNet, said: &[u8]) -> Result<(), Error> {
    let listener = net.on("db").listen("tcp", ":0").await.unwrap();
    let port = listener.local_addr().unwrap().port().unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut startup = [0; 512];
        let _ = stream.read(&mut startup).await.unwrap();
        stream.write_all(said).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    };
    let config = Config::new("db", port)
        .with_user("x")
        .with_connect_timeout(Some(Duration::from_secs(3600)));
    let connector = Connector::new(net.clone());
    let connect = async {
        let client = connector.connect(&config).await?;
        client.batch_execute("SELECT 1").await?;
        Ok(())
    };
    let ((), result) = tokio::join!(serve, connect);
    result
}

#[net_test(backend = memory, start_paused)]
async fn an_invalid_response_is_an_error(net: MemoryNet) {
    let lies: &[&[u8]] = &[
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"R\0\0\0\0\0\0\0\0",
        b"R\xff\xff\xff\xff\0\0\0\0",
        b"R\x7f\xff\xff\xff\0\0\0\0",
        b"R\0\0\0\x08\0\0\0\x63",
        b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-999\0\0",
        b"E\0\0\0\x05\0",
        b"E\0\0\0\x06S\0",
        b"Z\0\0\0\x05I",
        b"K\0\0\0\x04",
        b"\0\0\0\0\0\0",
    ];
    for lie in lies {
        let error = connect_to(&net, lie).await.unwrap_err();
        assert!(error.to_string().contains("db:"), "{lie:?}: {error}");
        assert!(!error.is_timeout(), "{lie:?}: {error}");
    }
}

#[net_test(backend = memory, start_paused)]
async fn a_truncated_response_is_an_error(net: MemoryNet) {
    let whole = [AUTHENTICATED, READY].concat();
    for len in 0..=whole.len() {
        connect_to(&net, &whole[..len]).await.unwrap_err();
    }
}

#[net_test(backend = memory, start_paused)]
async fn unexpected_rows_are_an_error(net: MemoryNet) {
    let rows = b"D\0\0\0\x0a\0\x01\0\0\0\0".repeat(3);
    let said = [AUTHENTICATED, READY, &rows].concat();
    connect_to(&net, &said).await.unwrap_err();
}

/// Queries a server with a fault, and then one without. Returns why the first session ended.
async fn failure_of(
    net: &MemoryNet,
    fault: Fault,
    ask: impl AsyncFnOnce(&Client) -> Result<(), postgres::Error>,
) -> String {
    let pool = pool_with(net, vec![fault]).await;
    let client = pool.get().await.unwrap();
    ask(&client).await.unwrap_err();
    // Its task is about to end.
    net::time::sleep(Duration::from_secs(1)).await;
    let failure = client.failure().map(error_chain).unwrap_or_default();
    drop(client);
    select(&**pool.get().await.unwrap(), 2).await.unwrap();
    failure
}

fn error_chain(error: &postgres::Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    format!("{error}: {}", cause.unwrap_or_default())
}

#[net_test(backend = memory, start_paused)]
async fn rows_with_unannounced_columns_end_the_session(net: MemoryNet) {
    for columns in [0, 2, 200] {
        let wrong = format!("a row has {columns} columns, but 1 were announced");
        let simple = async |client: &Client| client.simple_query("SELECT 1").await.map(drop);
        let failure = failure_of(&net, Fault::Columns(columns), simple).await;
        assert!(failure.contains(&wrong), "{failure}");
        let prepared = async |client: &Client| select(&**client, 1).await;
        let failure = failure_of(&net, Fault::Columns(columns), prepared).await;
        assert!(failure.contains(&wrong), "{failure}");
        let typed = async |client: &Client| client.query_typed("SELECT 1", &[]).await.map(drop);
        let failure = failure_of(&net, Fault::Columns(columns), typed).await;
        assert!(failure.contains(&wrong), "{failure}");
    }
}

#[net_test(backend = memory, start_paused)]
async fn infinitely_nested_types_end_the_session(net: MemoryNet) {
    let ask = async |client: &Client| client.prepare("SELECT 1").await.map(drop);
    let failure = failure_of(&net, Fault::NestedTypes, ask).await;
    assert!(failure.contains("more than 200 types"), "{failure}");
}

#[net_test(backend = memory, start_paused)]
async fn a_rejected_login_is_not_tried_on_other_hosts(net: MemoryNet) {
    let rejection = b"SFATAL\0C28P01\0Mpassword authentication failed\0\0";
    let listener = net.on("db").listen("tcp", ":0").await.unwrap();
    let port = listener.local_addr().unwrap().port().unwrap();
    let logins = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&logins);
    net::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let length = stream.read_u32().await.unwrap();
            let mut startup = vec![0; length as usize - 4];
            stream.read_exact(&mut startup).await.unwrap();
            counted.fetch_add(1, Ordering::Relaxed);
            stream.write_all(&message(b'E', rejection)).await.unwrap();
        }
    });
    let config = Config::new("db", port)
        .with_host(Host::new("db", port))
        .with_user("x")
        .with_password("wrong");
    let connected = Connector::new(net.clone()).connect(&config).await;
    let error = connected.unwrap_err();
    assert_eq!(error.code(), Some(&SqlState::INVALID_PASSWORD), "{error}");
    assert_eq!(logins.load(Ordering::Relaxed), 1);
}
