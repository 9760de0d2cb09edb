//! Caches the results of slow work in memcached, and works without it if it is down.
//!
//! ```text
//! memcached &                                             # the cache
//! cargo run --release --example memcache_cache 127.0.0.1:11211 5000
//! cargo xtask run wasmedge memcache_cache 127.0.0.1:11211 5000
//! cargo xtask run wasi-go memcache_cache 127.0.0.1:11211 5000
//! ```
//!
//! The second run prints `from the cache`.

use std::process::ExitCode;
use std::time::Duration;

use net::memcache::{Client, WhenDown};

/// The time that a result is cached.
const KEPT: Duration = Duration::from_secs(600);

#[net::net_main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [server, number] = &arguments[..] else {
        eprintln!("usage: memcache_cache SERVER NUMBER");
        return ExitCode::FAILURE;
    };
    let Ok(number) = number.parse() else {
        eprintln!("{number}: a number is expected");
        return ExitCode::FAILURE;
    };
    match run(server, number).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(server: &str, number: u64) -> net::memcache::Result<()> {
    let cache = net::memcache::builder()
        .with_servers([server])
        // If the cache is down, the program is slow but works.
        .with_when_down(WhenDown::Miss)
        .with_timeout(Duration::from_millis(500))
        .build()?;
    println!("prime {number} is {}", prime(&cache, number).await?);
    Ok(())
}

/// Returns a prime, from the cache if possible.
async fn prime(cache: &Client, number: u64) -> net::memcache::Result<String> {
    let key = format!("prime:{number}");
    if let Some(item) = cache.get(&key).await? {
        return Ok(format!(
            "{}, from the cache",
            String::from_utf8_lossy(&item.value)
        ));
    }
    let prime = find_prime(number).to_string();
    if let Err(error) = cache.set(&key, &prime, KEPT).await {
        eprintln!("not cached: {error}");
    }
    Ok(format!("{prime}, by work"))
}

/// Slow on purpose.
fn find_prime(number: u64) -> u64 {
    let mut prime = 2_u64;
    for _ in 1..number {
        prime += 1;
        while (2..prime).any(|divisor| prime.is_multiple_of(divisor)) {
            prime += 1;
        }
    }
    prime
}
