//! Which server has which key, according to libmemcached 1.0.16 with
//! `MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED`. The tables were recorded with its Python binding, pylibmc
//! 1.6.3, which stored `key:0` to `key:99` in servers at these addresses; a digit is the index of
//! the server that had the key.

use net::memory::MemoryNet;
use net::net_test;
use net_memcache::Client;

use crate::support::{Scripted, echo, key};

const THREE: &str = "0212000121000111110222120111212201212212012110220220011122200002\
                     222000201021100122112122210200222001";
const WEIGHTED: &str = "421300213444011214334413244141324422234202424032043044223234444332\
                        3224341020220123224233314204342241";

async fn assert_spread(net: &MemoryNet, servers: &[(&str, u32)], table: &str) -> net::Result<()> {
    let mut builder = Client::builder(net.clone());
    let mut scripted = Vec::new();
    for (address, weight) in servers {
        scripted.push(Scripted::start_at(net, address, echo).await);
        builder = builder.with_weighted_server(*address, *weight);
    }
    let cache = builder.build()?;
    let keys: Vec<String> = (0..100).map(|n| format!("key:{n}")).collect();
    for key in &keys {
        cache.get(key).await?;
    }
    let spread = keys.iter().map(|asked| {
        let has = |server: &Scripted| {
            server
                .heard
                .lock()
                .unwrap()
                .iter()
                .any(|line| key(line) == asked)
        };
        scripted
            .iter()
            .position(has)
            .expect("one was asked")
            .to_string()
    });
    assert_eq!(spread.collect::<String>(), table);
    Ok(())
}

#[net_test(backend = memory)]
async fn keys_are_where_libmemcached_has_them(net: MemoryNet) -> net::Result<()> {
    let servers = [
        ("127.0.0.1:17001", 1),
        ("127.0.0.1:17002", 1),
        ("127.0.0.2:11211", 1),
    ];
    assert_spread(&net, &servers, THREE).await
}

#[net_test(backend = memory)]
async fn keys_are_where_libmemcached_has_them_by_weight(net: MemoryNet) -> net::Result<()> {
    let servers = [
        ("127.0.0.1:17001", 1),
        ("127.0.0.1:17002", 1),
        ("127.0.0.1:17003", 3),
        ("127.0.0.2:11211", 1),
        ("127.0.0.1:17005", 2),
    ];
    assert_spread(&net, &servers, WEIGHTED).await
}
