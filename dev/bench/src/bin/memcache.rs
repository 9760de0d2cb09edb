//! Gets from memcached by `net::memcache`, over one connection:
//! `memcache SERVER`.

#[net::net_main(flavor = "current_thread")]
async fn main() -> net::memcache::Result<()> {
    let cache = net::memcache::connect(&bench::address()).await?;
    let value = [b'x'; 100];
    cache
        .set("key", &value, net::memcache::Expiry::Never)
        .await?;
    bench::gets(
        async || cache.clone(),
        async |cache| {
            let item = cache.get("key").await.expect("an answer");
            assert_eq!(item.expect("an item").value.len(), 100);
            cache
        },
    )
    .await;
    Ok(())
}
