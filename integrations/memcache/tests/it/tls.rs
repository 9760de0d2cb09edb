//! memcached over TLS.

use net::{Net, net_test};
use net_memcache::{Client, Expiry, Result};
use net_tls::{ClientConfig, Provider, Roots, TlsDialer};

#[net_test]
async fn tls_is_a_dialer(net: Net) -> Result<()> {
    let Some(server) = net_peers::start("memcached-tls").await else {
        return Ok(());
    };
    let authority = include_bytes!("../../../tls/tests/it/certificates/authority.pem");
    let roots = Roots::none().with_pem(authority).expect("an authority");
    let config = ClientConfig::new(&Provider::rustcrypto(), roots).expect("a provider");
    let address = server.address("tcp");
    let cache = Client::connect(TlsDialer::new(net.clone(), config), address).await?;
    let value = vec![7; 1 << 19];
    cache.set("key", &value, Expiry::Never).await?;
    assert!(cache.get("key").await?.expect("an item").value == value);
    let plain = Client::connect(net, address).await.unwrap_err();
    assert!(plain.is_unreachable(), "{plain}");
    Ok(())
}
