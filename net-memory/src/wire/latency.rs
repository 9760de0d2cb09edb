use std::ops::Range;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

/// A distribution of delays.
///
/// A [`Duration`] is the same delay for all packets; a range of them is uniform.
///
/// ```
/// use std::time::Duration;
/// use net_memory::Latency;
///
/// let always = Latency::from(Duration::from_millis(20));
/// let between = Latency::from(Duration::from_millis(20)..Duration::from_millis(80));
/// let tail = Latency::exponential(Duration::from_millis(20));
/// # let _ = (always, between, tail);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency(Distribution);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Distribution {
    Fixed(Duration),
    Uniform(Range<Duration>),
    Exponential(Duration),
}

impl Latency {
    /// Creates an exponential distribution with the given mean: most delays are
    /// short, some are long.
    #[must_use]
    pub fn exponential(mean: Duration) -> Self {
        Latency(Distribution::Exponential(mean))
    }

    pub(crate) fn sample(&self, rng: &mut Xoshiro256PlusPlus) -> Duration {
        match &self.0 {
            Distribution::Fixed(latency) => *latency,
            Distribution::Uniform(range) if range.is_empty() => range.start,
            Distribution::Uniform(range) => {
                let width = range.end.saturating_sub(range.start);
                let part = width.as_secs_f64() * rng.random::<f64>();
                let part = Duration::try_from_secs_f64(part).unwrap_or(width);
                range.start.saturating_add(part)
            }
            Distribution::Exponential(mean) => {
                // In (0, 1], so the logarithm is finite.
                let uniform = 1.0 - rng.random::<f64>();
                let seconds = mean.as_secs_f64() * -uniform.ln();
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
            }
        }
    }
}

impl From<Duration> for Latency {
    fn from(latency: Duration) -> Self {
        Latency(Distribution::Fixed(latency))
    }
}

impl From<Range<Duration>> for Latency {
    fn from(range: Range<Duration>) -> Self {
        Latency(Distribution::Uniform(range))
    }
}
