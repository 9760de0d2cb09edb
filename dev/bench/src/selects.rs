//! How programs that select rows are measured.

use std::fmt;
use std::time::{Duration, Instant};

/// How many rows there are, and a large select reads.
pub const LARGE: u32 = 10_000;

/// How long each kind of select is repeated, after a fifth of it to get warm.
const TIME: Duration = Duration::from_secs(2);

/// Selects a second.
#[derive(Debug)]
pub struct Rates {
    /// Of one row.
    pub point: f64,
    /// Of all rows.
    pub large: f64,
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.point, self.large)
    }
}

/// How often a second something is done that gets a number that grows.
///
/// # Errors
///
/// The first that occurs.
pub async fn timed<E>(mut once: impl AsyncFnMut(u32) -> Result<(), E>) -> Result<f64, E> {
    let mut rate = 0.0;
    for time in [TIME / 5, TIME] {
        let start = Instant::now();
        let mut done = 0;
        while start.elapsed() < time {
            once(done).await?;
            done += 1;
        }
        rate = f64::from(done) / start.elapsed().as_secs_f64();
    }
    Ok(rate)
}
