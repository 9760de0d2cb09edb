//! Tasks that share one connection to Redis, on `net`: `redis_get ADDRESS`.

use net::redis::{Client, Cmd};

#[net::net_main(flavor = "current_thread")]
async fn main() -> net::redis::Result<()> {
    let url = format!("redis://{}/", bench::address());
    let redis = Client::open(&url)?.connect().await?;
    redis.exec(&Cmd::set("key", bench::redis::VALUE)).await?;
    let gets = bench::redis::gets(move || {
        let redis = redis.clone();
        async move {
            let value = redis.query::<String>(&Cmd::get("key")).await;
            assert_eq!(value.as_deref().ok(), Some(bench::redis::VALUE));
        }
    });
    println!("{:.0} GETs a second", gets.await);
    Ok(())
}
