//! What programs that select rows share.

use std::fmt;
use std::time::{Duration, Instant};

/// How many rows there are, and a large select reads.
pub const LARGE: u32 = 10_000;

/// Statements that make the rows.
pub const SETUP: [&str; 4] = [
    "DROP TABLE IF EXISTS bench",
    "CREATE TABLE bench (id INT UNSIGNED PRIMARY KEY, name VARCHAR(40)) ENGINE=InnoDB",
    "INSERT INTO bench WITH d AS (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 \
     UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) \
     SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n, CONCAT('a name of row ', a.n) \
     FROM d AS a, d AS b, d AS c, d",
    "ANALYZE TABLE bench",
];

/// Reads one row by its key.
pub const POINT_SELECT: &str = "SELECT id, name FROM bench WHERE id = ?";

/// Reads all rows.
pub const LARGE_SELECT: &str = "SELECT id, name FROM bench";

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
