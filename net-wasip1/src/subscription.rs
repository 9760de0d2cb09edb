//! What `poll_oneoff` takes and returns, in its own layout
//! (`wasi_snapshot_preview1`, witx `subscription` and `event`).
//!
//! Small fields share a 64-bit word with their padding. That is the same
//! memory on a little-endian machine, which WebAssembly is, and leaves no
//! byte uninitialised.

use std::time::Duration;

const TAG_CLOCK: u64 = 0;
const TAG_READ: u64 = 1;
const TAG_WRITE: u64 = 2;
const CLOCK_MONOTONIC: u64 = 1;

/// The user data of the clock, which no socket has.
pub(crate) const CLOCK: u64 = u64::MAX;

/// The direction that an interest waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

impl Direction {
    pub(crate) const BOTH: [Direction; 2] = [Direction::Read, Direction::Write];
}

/// One thing to wait for: 48 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Subscription {
    userdata: u64,
    tag: u64,
    /// The clock's identifier or the descriptor.
    subject: u64,
    timeout: u64,
    precision: u64,
    flags: u64,
}

impl Subscription {
    /// Creates a clock that fires after `timeout`.
    pub(crate) fn clock(timeout: Duration) -> Self {
        // wasi-go computes with signed numbers.
        let nanos = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        Subscription {
            userdata: CLOCK,
            tag: TAG_CLOCK,
            subject: CLOCK_MONOTONIC,
            timeout: nanos.min(i64::MAX as u64),
            // wasi-go adds the precision to the timeout.
            precision: 0,
            flags: 0,
        }
    }

    /// Creates a subscription to a descriptor that becomes readable or writable.
    pub(crate) fn socket(fd: u32, direction: Direction, userdata: u64) -> Self {
        Subscription {
            userdata,
            tag: match direction {
                Direction::Read => TAG_READ,
                Direction::Write => TAG_WRITE,
            },
            subject: u64::from(fd),
            timeout: 0,
            precision: 0,
            flags: 0,
        }
    }

    pub(crate) fn userdata(&self) -> u64 {
        self.userdata
    }

    #[cfg(test)]
    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_nanos(self.timeout)
    }

    #[cfg(test)]
    pub(crate) fn fd(&self) -> Option<u32> {
        (self.tag != TAG_CLOCK).then(|| u32::try_from(self.subject).expect("a descriptor"))
    }
}

/// One thing that happened: 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub(crate) struct Event {
    userdata: u64,
    /// The errno in the low 16 bits, the type in the next 8.
    error_and_tag: u64,
    nbytes: u64,
    flags: u64,
}

impl Event {
    #[cfg(test)]
    pub(crate) fn new(userdata: u64, errno: u16) -> Self {
        Event {
            userdata,
            error_and_tag: u64::from(errno),
            ..Event::default()
        }
    }

    pub(crate) fn userdata(&self) -> u64 {
        self.userdata
    }

    /// Returns the errno, 0 for none. Byte counts and flags are not read: hosts
    /// differ in both.
    pub(crate) fn errno(&self) -> u16 {
        (self.error_and_tag & 0xffff) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_have_the_sizes_of_the_witx() {
        assert_eq!(size_of::<Subscription>(), 48);
        assert_eq!(size_of::<Event>(), 32);
    }

    #[test]
    fn an_endless_timeout_fits_the_signed_numbers_of_hosts() {
        let endless = Subscription::clock(Duration::MAX);
        assert_eq!(endless.timeout, i64::MAX as u64);
    }
}
