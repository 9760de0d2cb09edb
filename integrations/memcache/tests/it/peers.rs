//! memcached with other options.

use std::io;

use net::{Net, net_test};
use net_memcache::{Client, ErrorKind, Expiry, Result};

#[net_test]
async fn a_unix_socket_is_an_address(net: Net) -> Result<()> {
    let Some(server) = net_peers::start("memcached-unix").await else {
        return Ok(());
    };
    let cache = match Client::connect(net, server.address("unix")).await {
        Ok(cache) => cache,
        Err(error) => {
            let error = io::Error::from(error);
            assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{error}");
            eprintln!("skipped: {error}");
            return Ok(());
        }
    };
    cache.set("key", "value", Expiry::Never).await?;
    assert_eq!(cache.get("key").await?.expect("an item").value, "value");
    Ok(())
}

#[net_test]
async fn the_client_authenticates_with_a_password(net: Net) -> Result<()> {
    let Some(server) = net_peers::start("memcached-password").await else {
        return Ok(());
    };
    let builder = || Client::builder(net.clone()).with_servers([server.address("tcp")]);
    let cache = builder().with_password("tester", "secret").build()?;
    cache.set("key", "value", Expiry::Never).await?;
    assert_eq!(cache.get("key").await?.expect("an item").value, "value");
    for client in [builder(), builder().with_password("tester", "wrong")] {
        let error = client.build()?.get("key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Client, "{error}");
    }
    Ok(())
}
