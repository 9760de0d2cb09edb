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
    for (length, times) in LENGTHS {
        let length = Duration::from_millis(length);
        let row = |what, worst| report(what, length, worst);
        row("net::time, main", worst(quiet, times, length, net_sleep).await);
        row("tokio::time, main", worst(quiet, times, length, tokio_sleep).await);
        let task = net::spawn(worst(quiet, times, length, net_sleep));
        row("net::time, net::spawn", task.await.expect("no panic"));
        let task = net::spawn(worst(quiet, times, length, tokio_sleep));
        row("tokio::time, net::spawn", task.await.expect("no panic"));
        let task = tokio::spawn(worst(quiet, times, length, net_sleep));
        row("net::time, tokio::spawn", task.await.expect("no panic"));
        let task = tokio::spawn(worst(quiet, times, length, tokio_sleep));
        row("tokio::time, tokio::spawn", task.await.expect("no panic"));
    }
}

async fn net_sleep(length: Duration) {
    net::time::sleep(length).await;
}

async fn tokio_sleep(length: Duration) {
    tokio::time::sleep(length).await;
}

/// The greatest lateness of so many sleeps, one after the other.
async fn worst<F: Future<Output = ()>>(
    quiet: Duration,
    times: u32,
    length: Duration,
    sleep: impl Fn(Duration) -> F,
) -> Duration {
    net::time::sleep(quiet).await;
    let mut worst = Duration::ZERO;
    for _ in 0..times {
        let start = Instant::now();
        sleep(length).await;
        worst = worst.max(start.elapsed().saturating_sub(length));
    }
    worst
}

fn report(what: &str, length: Duration, worst: Duration) {
    println!(
        "{what}\t{} ms\t{:.2} ms late",
        length.as_millis(),
        worst.as_secs_f64() * 1e3
    );
}
