//! Gets from memcached and from Redis.

use std::time::{Duration, Instant};

/// Calls a function that gets something from a server, by one task and by 64,
/// and prints the calls a second as `cargo xtask bench` reads them. Each task
/// has a client of its own, which may be a clone.
///
/// # Panics
///
/// If a task panics.
pub async fn gets<C: Send + 'static, F: Future<Output = C> + Send>(
    mut client: impl AsyncFnMut() -> C,
    get: impl Fn(C) -> F + Copy + Send + 'static,
) {
    const TIME: Duration = Duration::from_secs(3);
    for tasks in [1, 64] {
        let mut clients = Vec::new();
        for _ in 0..tasks {
            clients.push(client().await);
        }
        let mut running = tokio::task::JoinSet::new();
        let start = Instant::now();
        for mut client in clients {
            running.spawn(async move {
                let mut gets = 0_u32;
                while start.elapsed() < TIME {
                    client = get(client).await;
                    gets += 1;
                }
                gets
            });
        }
        let gets: u32 = running.join_all().await.iter().sum();
        let rate = f64::from(gets) / start.elapsed().as_secs_f64();
        println!("{tasks}\t{rate:.0}");
    }
}
