//! What is checked before anything is sent.

use std::time::Duration;

use net::memory::MemoryNet;
use net::net_test;
use net_memcache::{Client, ErrorKind, Expiry, Result};

/// A client without a server: sending would be another error.
fn unconnected(net: &MemoryNet) -> Client {
    Client::builder(net.clone())
        .with_servers(["127.0.0.1:1"])
        .with_max_value_bytes(100)
        .build()
        .expect("a client")
}

#[net_test(backend = memory)]
async fn keys_that_would_be_parsed_as_something_else_are_errors(net: MemoryNet) -> Result<()> {
    let cache = unconnected(&net);
    let long = "x".repeat(251);
    for key in ["", "a b", "a\r\nflush_all", "a\0", "a\tb", "\x7f", &long] {
        let error = cache.get(key).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{key:?}: {error}");
        let error = cache.set(key, "value", Expiry::Never).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{key:?}: {error}");
        let error = cache.get_many(["good", key]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{key:?}: {error}");
        let error = cache.debug(key).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{key:?}: {error}");
    }
    let good = "ü".repeat(125);
    let error = cache.get(good).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dial, "{error}");
    Ok(())
}

#[net_test(backend = memory)]
async fn values_over_the_limit_are_errors(net: MemoryNet) -> Result<()> {
    let cache = unconnected(&net);
    let error = cache
        .set("key", &[0; 101], Expiry::Never)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let error = cache.append("key", [0; 101]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let error = cache
        .set("key", &[0; 100], Expiry::Never)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dial, "{error}");
    Ok(())
}

#[net_test(backend = memory)]
async fn names_of_statistics_have_one_line(net: MemoryNet) -> Result<()> {
    let error = unconnected(&net)
        .stats("items\r\nflush_all")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    Ok(())
}

#[net_test(backend = memory)]
async fn invalid_settings_are_errors(net: MemoryNet) -> Result<()> {
    let none: [&str; 0] = [];
    let builder = || Client::builder(net.clone());
    let one = || builder().with_servers(["a"]);
    let wrong = [
        builder().with_servers(none),
        builder().with_servers(["a:11211", "a"]),
        builder().with_weighted_server("a", 0),
        one().with_connections(0),
        one().with_failure_limit(0),
    ];
    for builder in wrong {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    Ok(())
}

#[net_test(backend = memory)]
async fn errors_contain_operation_and_server_but_no_key_or_password(net: MemoryNet) -> Result<()> {
    let cache = Client::builder(net.clone())
        .with_servers(["127.0.0.1:1"])
        .with_timeout(Duration::from_secs(5))
        .with_password("user", "hunter2");
    assert!(!format!("{cache:#?}").contains("hunter2"));
    let cache = cache.build()?;
    assert!(!format!("{cache:#?}").contains("hunter2"));
    let error = cache.get("session-token").await.unwrap_err();
    let text = format!("{error} {error:?} {error:#?}");
    assert!(!text.contains("session-token"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(
        error.to_string().starts_with("get: dial tcp 127.0.0.1:1: "),
        "{error}"
    );
    assert_eq!(error.operation(), "get");
    assert_eq!(error.server(), Some("127.0.0.1:1"));
    let refused = std::io::ErrorKind::ConnectionRefused;
    assert_eq!(net::Error::from(error).kind(), refused);
    Ok(())
}
