//! Gets from Redis by `net::redis`, over one connection: `redis SERVER`.

use net::redis::{Client, Cmd};

#[net::net_main(flavor = "current_thread")]
async fn main() -> net::redis::Result<()> {
    let url = format!("redis://{}/", bench::address());
    let redis = Client::open(&url)?.connect().await?;
    redis.exec(&Cmd::set("key", "x".repeat(32))).await?;
    bench::gets(
        async || redis.clone(),
        async |redis| {
            let value: String = redis.query(&Cmd::get("key")).await.expect("an answer");
            assert_eq!(value.len(), 32);
            redis
        },
    )
    .await;
    Ok(())
}
