//! Which host runs the module, and how hosts differ.
//!
//! Everything here is plain data, so each quirk is tested on any machine.

use std::fmt;
use std::time::Duration;

use net_traits::OptionName;

/// The program that runs the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostKind {
    /// WasmEdge, 0.12 and later.
    WasmEdge,
    /// wasi-go, wazero with stealthrocket's socket extension.
    WasiGo,
    /// net-run, this project's own host.
    NetRun,
    /// Another host that follows the standard.
    Other,
}

/// `EBADF`
const ERRNO_BADF: u16 = 8;
/// `EINVAL`
const ERRNO_INVAL: u16 = 28;

impl HostKind {
    /// Detects the host by the errnos of two calls, which read an option of
    /// descriptor -1 with a pointer as the size.
    ///
    /// Every other host refuses the option at net-run's own level. The one at
    /// the level of sockets is a bad descriptor on a host that takes the size by
    /// pointer; wasi-go takes it by value, and refuses the pointer as too large
    /// before it checks the descriptor.
    #[must_use]
    pub fn from_probe(own_level: u16, socket_level: u16) -> Self {
        match socket_level {
            _ if own_level == 0 => HostKind::NetRun,
            ERRNO_BADF => HostKind::WasmEdge,
            ERRNO_INVAL => HostKind::WasiGo,
            _ => HostKind::Other,
        }
    }

    /// Returns the name for messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            HostKind::WasmEdge => "WasmEdge",
            HostKind::WasiGo => "wasi-go",
            HostKind::NetRun => "net-run",
            HostKind::Other => "this WASI host",
        }
    }

    /// Returns whether the host can set an option.
    #[must_use]
    pub fn supports(self, option: OptionName) -> bool {
        match option {
            OptionName::NoDelay => self != HostKind::WasmEdge,
            OptionName::Linger => self != HostKind::WasiGo,
            OptionName::KeepAlive
            | OptionName::ReuseAddr
            | OptionName::SendBuffer
            | OptionName::RecvBuffer
            | OptionName::Broadcast
            | OptionName::Backlog => true,
            OptionName::V6Only => self == HostKind::NetRun,
            // No host offers what this crate does not know.
            _ => false,
        }
    }

    /// Returns whether the host can set when and how often idle connections are probed.
    #[must_use]
    pub fn has_keepalive_times(self) -> bool {
        self == HostKind::NetRun
    }

    /// Returns whether the host has abstract Unix names, as `@name`. WasmEdge
    /// passes on the whole storage, NUL bytes included, so other programs would
    /// not find the name.
    #[must_use]
    pub fn has_abstract_names(self) -> bool {
        matches!(self, HostKind::WasiGo | HostKind::NetRun)
    }

    /// Returns whether `sock_accept` makes the new socket non-blocking when asked. On
    /// WasmEdge the flag goes to the listener instead.
    #[must_use]
    pub fn accept_sets_nonblocking(self) -> bool {
        self != HostKind::WasmEdge
    }

    /// Returns whether `sock_getsockopt` takes the size by value and not by pointer.
    #[must_use]
    pub fn option_size_by_value(self) -> bool {
        self == HostKind::WasiGo
    }

    /// Reads the port that `sock_recv_from` wrote into four zeroed bytes.
    /// WasmEdge writes two bytes in network order, the others a little-endian integer.
    #[must_use]
    pub fn received_port(self, bytes: [u8; 4]) -> u16 {
        match self {
            HostKind::WasmEdge => u16::from_be_bytes([bytes[0], bytes[1]]),
            _ => u16::from_le_bytes([bytes[0], bytes[1]]),
        }
    }

    /// Returns the timeout to ask for, to wait at least `wait`.
    ///
    /// wasi-go rounds the time that is left down to whole milliseconds, so a
    /// timeout of a whole number of them ends one too early, and one below a
    /// millisecond ends at once. Half a millisecond above a whole number is
    /// rounded to that number.
    #[must_use]
    pub fn timeout_for(self, wait: Duration) -> Duration {
        if self != HostKind::WasiGo || wait.is_zero() {
            return wait;
        }
        let whole = wait.as_nanos().div_ceil(1_000_000);
        let millis = u64::try_from(whole).unwrap_or(u64::MAX);
        Duration::from_millis(millis).saturating_add(Duration::from_micros(500))
    }

    /// Returns the unit of the time that the host waits.
    #[must_use]
    pub fn granularity(self) -> Duration {
        match self {
            HostKind::WasiGo => Duration::from_millis(1),
            _ => Duration::from_nanos(1),
        }
    }

    /// Returns the processor time that a wake-up costs beside what a module can
    /// measure, as measured on one x86-64 machine, with room: that of the host's
    /// other threads. Go's scheduler wakes two whenever a system call blocks.
    #[must_use]
    pub fn wake_cost(self) -> Duration {
        match self {
            HostKind::WasiGo => Duration::from_micros(300),
            _ => Duration::from_micros(50),
        }
    }

    /// Returns whether every path of a Unix address is padded to one length.
    ///
    /// wasi-go appends a stale byte to a path that is shorter than an earlier
    /// one; paths of one length have none.
    #[must_use]
    pub fn pads_unix_paths(self) -> bool {
        self == HostKind::WasiGo
    }
}

impl fmt::Display for HostKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_apart_by_their_answer_to_the_probe() {
        assert_eq!(HostKind::from_probe(28, 8), HostKind::WasmEdge);
        assert_eq!(HostKind::from_probe(28, 28), HostKind::WasiGo);
        assert_eq!(HostKind::from_probe(0, 8), HostKind::NetRun);
        assert_eq!(HostKind::from_probe(8, 58), HostKind::Other);
    }

    #[test]
    fn a_received_port_is_read_in_each_hosts_byte_order() {
        assert_eq!(HostKind::WasmEdge.received_port([0x1f, 0x90, 0, 0]), 8080);
        assert_eq!(HostKind::WasiGo.received_port([0x90, 0x1f, 0, 0]), 8080);
        assert_eq!(HostKind::Other.received_port([0x90, 0x1f, 0, 0]), 8080);
    }

    #[test]
    fn wasi_go_is_asked_for_half_a_millisecond_above_the_next_whole_one() {
        let asked = |micros| HostKind::WasiGo.timeout_for(Duration::from_micros(micros));
        assert_eq!(asked(0), Duration::ZERO);
        assert_eq!(asked(1), Duration::from_micros(1_500));
        assert_eq!(asked(1_000), Duration::from_micros(1_500));
        assert_eq!(asked(1_001), Duration::from_micros(2_500));
        let endless = HostKind::WasiGo.timeout_for(Duration::MAX);
        assert!(endless > Duration::from_secs(u64::from(u32::MAX)));
    }

    #[test]
    fn other_hosts_are_asked_for_the_time_itself() {
        let wait = Duration::from_micros(1_234);
        assert_eq!(HostKind::WasmEdge.timeout_for(wait), wait);
        assert_eq!(HostKind::Other.timeout_for(wait), wait);
    }

    #[test]
    fn each_host_is_asked_for_no_option_that_it_lacks() {
        let (wasmedge, wasi_go) = (HostKind::WasmEdge, HostKind::WasiGo);
        assert!(!wasmedge.supports(OptionName::NoDelay));
        assert!(wasi_go.supports(OptionName::NoDelay));
        assert!(wasmedge.supports(OptionName::Linger));
        assert!(!wasi_go.supports(OptionName::Linger));
        for host in [wasmedge, wasi_go, HostKind::Other] {
            assert!(host.supports(OptionName::KeepAlive), "{host}");
            assert!(!host.supports(OptionName::V6Only), "{host}");
            assert!(!host.has_keepalive_times(), "{host}");
        }
        assert!(HostKind::NetRun.supports(OptionName::V6Only));
        assert!(HostKind::NetRun.has_keepalive_times());
    }

    #[test]
    fn only_wasmedge_puts_the_accept_flag_on_the_listener() {
        assert!(!HostKind::WasmEdge.accept_sets_nonblocking());
        assert!(HostKind::WasiGo.accept_sets_nonblocking());
    }

    #[test]
    fn only_wasi_go_takes_the_size_of_an_option_by_value() {
        assert!(HostKind::WasiGo.option_size_by_value());
        assert!(!HostKind::WasmEdge.option_size_by_value());
    }
}
