use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When an item expires.
///
/// memcached's clock has a resolution of one second, so an item may live up to a second longer or
/// shorter.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use net_memcache::Expiry;
///
/// let minute = Duration::from_secs(60);
/// assert_eq!(Expiry::from(minute), Expiry::After(minute));
/// let party = SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000);
/// assert_eq!(Expiry::from(party), Expiry::At(party));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Expiry {
    /// Never, but memcached may evict it when it needs memory.
    #[default]
    Never,
    /// After a duration; at once if it is zero. It is rounded up to seconds. More than 30 days are
    /// converted to a date by the local clock, since memcached takes such a number for a date.
    After(Duration),
    /// At a date; at once if it has passed. memcached supports dates up to 2038.
    At(SystemTime),
}

/// The longest relative time of memcached; larger numbers are dates.
const LONGEST: u64 = 60 * 60 * 24 * 30;
/// A date that has passed.
const OVER: u64 = LONGEST + 1;
/// memcached stores a date as a signed number of 32 bits.
const LAST_DATE: u64 = i32::MAX as u64;

impl Expiry {
    /// Returns the number to send to memcached.
    pub(crate) fn number(self) -> u64 {
        match self {
            Expiry::Never => 0,
            Expiry::After(time) if time.is_zero() => OVER,
            Expiry::After(time) => {
                let rest = u64::from(time.subsec_nanos() > 0);
                let seconds = time.as_secs().saturating_add(rest);
                if seconds <= LONGEST {
                    seconds
                } else {
                    date(SystemTime::now().checked_add(time))
                }
            }
            Expiry::At(time) => date(Some(time)),
        }
    }
}

/// Returns a date in Unix time, limited to the range of memcached.
fn date(time: Option<SystemTime>) -> u64 {
    let Some(time) = time else {
        return LAST_DATE;
    };
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().clamp(OVER, LAST_DATE)
}

impl From<Duration> for Expiry {
    fn from(time: Duration) -> Self {
        Expiry::After(time)
    }
}

impl From<SystemTime> for Expiry {
    fn from(time: SystemTime) -> Self {
        Expiry::At(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_days_are_a_time_and_more_is_a_date() {
        let day = Duration::from_secs(60 * 60 * 24);
        assert_eq!(Expiry::Never.number(), 0);
        assert_eq!(Expiry::After(Duration::from_millis(1)).number(), 1);
        assert_eq!(Expiry::After(Duration::from_millis(1001)).number(), 2);
        assert_eq!(Expiry::After(30 * day).number(), 2_592_000);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let more = Expiry::After(31 * day).number();
        assert!(more.abs_diff((now + 31 * day).as_secs()) <= 2, "{more}");
    }

    #[test]
    fn what_is_over_is_sent_as_a_date_that_is_over() {
        let at = |seconds| Expiry::At(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(Expiry::After(Duration::ZERO).number(), 2_592_001);
        assert_eq!(at(0).number(), 2_592_001);
        assert_eq!(at(1_900_000_000).number(), 1_900_000_000);
    }

    #[test]
    fn dates_beyond_memcacheds_are_its_last() {
        assert_eq!(Expiry::After(Duration::MAX).number(), 2_147_483_647);
        let late = UNIX_EPOCH + Duration::from_secs(1 << 33);
        assert_eq!(Expiry::At(late).number(), 2_147_483_647);
    }
}
