//! How late timers are: `timers [QUIET_SECONDS]`.
//!
//! Prints one line per kind of timer, kind of task and length: the greatest
//! lateness of several, after so many quiet seconds.

use std::future::Future;
use std::time::{Duration, Instant};

/// The lengths that are tried, in milliseconds, and how often each.
const LENGTHS: [(u64, u32); 4] = [(1, 50), (5, 30), (50, 8), (400, 2)];

#[net::net_main(flavor = "current_thread")]
async fn main() {
    let quiet = std::env::args()
        .nth(1)
        .and_then(|seconds| seconds.parse().ok())
        .map_or(Duration::ZERO, Duration::from_secs);
    let spawned = "no task panics";
    rows("net::time, main", worst(quiet, net_sleep).await);
    rows("tokio::time, main", worst(quiet, tokio_sleep).await);
    let task = net::spawn(worst(quiet, net_sleep));
    rows("net::time, net::spawn", task.await.expect(spawned));
    let task = net::spawn(worst(quiet, tokio_sleep));
    rows("tokio::time, net::spawn", task.await.expect(spawned));
    let task = tokio::spawn(worst(quiet, net_sleep));
    rows("net::time, tokio::spawn", task.await.expect(spawned));
    let task = tokio::spawn(worst(quiet, tokio_sleep));
    rows("tokio::time, tokio::spawn", task.await.expect(spawned));
}

async fn net_sleep(length: Duration) {
    net::time::sleep(length).await;
}

async fn tokio_sleep(length: Duration) {
    tokio::time::sleep(length).await;
}

/// The greatest lateness of the sleeps of each length, one after the other.
async fn worst<F: Future<Output = ()>>(
    quiet: Duration,
    sleep: impl Fn(Duration) -> F,
) -> [Duration; LENGTHS.len()] {
    net::time::sleep(quiet).await;
    let mut worst = [Duration::ZERO; LENGTHS.len()];
    for ((millis, times), worst) in LENGTHS.into_iter().zip(&mut worst) {
        let length = Duration::from_millis(millis);
        for _ in 0..times {
            let start = Instant::now();
            sleep(length).await;
            *worst = start.elapsed().saturating_sub(length).max(*worst);
        }
    }
    worst
}

fn rows(what: &str, worst: [Duration; LENGTHS.len()]) {
    for ((millis, _), worst) in LENGTHS.into_iter().zip(worst) {
        let late = worst.as_secs_f64() * 1e3;
        println!("{what}\t{millis} ms\t{late:.2} ms late");
    }
}
