//! The same by the crate `redis` on plain tokio: `redis_tokio SERVER`.

use redis::AsyncCommands;

#[tokio::main(flavor = "current_thread")]
async fn main() -> redis::RedisResult<()> {
    let client = redis::Client::open(format!("redis://{}/", bench::address()))?;
    let mut redis = client.get_multiplexed_async_connection().await?;
    redis.set::<_, _, ()>("key", "x".repeat(32)).await?;
    bench::gets(
        async || redis.clone(),
        async |mut redis| {
            let value: String = redis.get("key").await.expect("an answer");
            assert_eq!(value.len(), 32);
            redis
        },
    )
    .await;
    Ok(())
}
