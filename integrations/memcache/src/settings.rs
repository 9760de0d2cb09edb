use std::fmt;
use std::time::Duration;

/// What is the same for all servers of a client.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) timeout: Duration,
    pub(crate) dial_timeout: Duration,
    pub(crate) max_value_bytes: usize,
    /// To each server.
    pub(crate) connections: usize,
    pub(crate) failure_limit: u32,
    /// The first pause, and the longest.
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

/// What becomes of the keys of a server that cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum WhenDown {
    /// Operations on them fail.
    #[default]
    Fail,
    /// `get`, `get_and_touch` and `get_many` miss; other operations fail.
    Miss,
    /// While the server counts as down, its keys are on the next one of the
    /// ring. When it is back, so is what it has kept, which may be out of date
    /// by then: choose this only where that does no harm.
    UseNext,
}

/// A name and a password. Nothing prints it.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
