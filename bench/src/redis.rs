//! Gets from Redis.

use std::time::{Duration, Instant};

/// What Redis is asked for.
pub const VALUE: &str = "0123456789abcdef0123456789abcdef";

/// So many tasks ask at once.
const TASKS: usize = 64;

/// Has tasks do something over and over, for a second after a tenth of one; gives
/// how often it was done a second.
///
/// # Panics
///
/// If a task does.
pub async fn gets<F>(get: impl Fn() -> F + Clone + Send + 'static) -> f64
where
    F: Future<Output = ()> + Send,
{
    let warm = Instant::now() + Duration::from_millis(100);
    let end = warm + Duration::from_secs(1);
    let tasks = (0..TASKS).map(|_| {
        let get = get.clone();
        tokio::spawn(async move {
            let mut count = 0_u32;
            loop {
                get().await;
                let now = Instant::now();
                if now >= end {
                    return count;
                }
                count += u32::from(now >= warm);
            }
        })
    });
    let mut total = 0;
    for task in tasks.collect::<Vec<_>>() {
        total += task.await.expect("no panic");
    }
    f64::from(total)
}
