use std::fmt;
use std::time::Duration;

/// Settings shared by all servers of a client.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) timeout: Duration,
    pub(crate) dial_timeout: Duration,
    pub(crate) max_value_bytes: usize,
    /// The number of connections to each server.
    pub(crate) connections: usize,
    pub(crate) failure_limit: u32,
    /// The first and the longest time for which a server is considered down.
    pub(crate) pauses: (Duration, Duration),
    pub(crate) when_down: WhenDown,
    pub(crate) secret: Option<Secret>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            timeout: Duration::from_secs(1),
            dial_timeout: Duration::from_secs(1),
            max_value_bytes: 1 << 20,
            connections: 1,
            failure_limit: 3,
            pauses: (Duration::from_secs(1), Duration::from_secs(60)),
            when_down: WhenDown::Fail,
            secret: None,
        }
    }
}

/// What happens to the keys of a server that is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum WhenDown {
    /// Operations on them fail.
    #[default]
    Fail,
    /// `get`, `get_and_touch` and `get_many` report a miss; other operations fail.
    Miss,
    /// While the server is considered down, its keys are on the next server of the ring. When it
    /// is back, it may still have outdated items: use this only where that does no harm.
    UseNext,
}

/// A user and a password, which are never printed.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
