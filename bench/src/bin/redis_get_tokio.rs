//! The same by the crate `redis` on plain tokio: `redis_get_tokio ADDRESS`.

use redis::AsyncCommands;

#[tokio::main(flavor = "current_thread")]
async fn main() -> redis::RedisResult<()> {
    let url = format!("redis://{}/", bench::address());
    let client = redis::Client::open(url)?;
    let mut redis = client.get_multiplexed_async_connection().await?;
    redis.set::<_, _, ()>("key", bench::redis::VALUE).await?;
    let gets = bench::redis::gets(move || {
        let mut redis = redis.clone();
        async move {
            let value: redis::RedisResult<String> = redis.get("key").await;
            assert_eq!(value.as_deref().ok(), Some(bench::redis::VALUE));
        }
    });
    println!("{:.0} GETs a second", gets.await);
    Ok(())
}
