//! Gets of memcached: `memcache SERVER [ONE | MANY]`, by one task or by 64.

use std::time::{Duration, Instant};

/// How long it is measured, after a tenth of it.
const TIME: Duration = Duration::from_secs(3);
const TASKS: usize = 64;

#[net::net_main(flavor = "current_thread")]
async fn main() -> net::memcache::Result<()> {
    let server = bench::address();
    let tasks = if std::env::args().nth(2).as_deref() == Some("ONE") {
        1
    } else {
        TASKS
    };
    let cache = net::memcache::connect(&server).await?;
    cache
        .set("key", &[b'x'; 100], net::memcache::Expiry::Never)
        .await?;
    for time in [TIME / 10, TIME] {
        let start = Instant::now();
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..tasks {
            let cache = cache.clone();
            running.spawn(async move {
                let mut gets = 0_u32;
                while start.elapsed() < time {
                    let item = cache.get("key").await.expect("an answer");
                    assert_eq!(item.expect("an item").value.len(), 100);
                    gets += 1;
                }
                gets
            });
        }
        let gets: u32 = running.join_all().await.iter().sum();
        if time == TIME {
            println!(
                "{:.0} gets/s",
                f64::from(gets) / start.elapsed().as_secs_f64()
            );
        }
    }
    Ok(())
}
