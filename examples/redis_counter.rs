//! Increments a counter in Redis, from ten tasks that share one connection.
//!
//! ```text
//! cargo run --release --example redis_counter             # native, redis://127.0.0.1/
//! cargo xtask run wasmedge redis_counter redis://:password@127.0.0.1:6379/1
//! cargo xtask run wasi-go redis_counter
//! ```

use net::redis::{Client, Cmd, Result};

const TASKS: usize = 10;

#[net::net_main]
async fn main() -> Result<()> {
    let url = std::env::args().nth(1);
    let url = url.as_deref().unwrap_or("redis://127.0.0.1/");
    let redis = Client::open(url)?.connect().await?;
    let tasks = (0..TASKS).map(|_| {
        // Clones share the connection, and their commands are pipelined.
        let redis = redis.clone();
        net::spawn(async move { redis.query::<u64>(&Cmd::incr("counter", 1)).await })
    });
    let mut reached = 0;
    for task in tasks.collect::<Vec<_>>() {
        let count = task.await.expect("no panic")?;
        reached = reached.max(count);
    }
    println!("counted to {reached}");
    Ok(())
}
