//! Socket options as the guest passes them: a level, a name, a value.

use std::fmt;
use std::time::Duration;

use crate::calls::memory::GuestMemory;
use crate::errno::Errno;
use crate::network::{SocketKind, SocketOption};
use crate::process::open_socket::OpenSocket;

/// The level by which a guest detects this host; see section 10 of `ABI.md`.
const LEVEL_HOST: u32 = 0x6e65_7472;
const LEVEL_SOCKET: u32 = 0;
const LEVEL_TCP: u32 = 6;
const LEVEL_IPV6: u32 = 41;

/// The version that a guest reads at that level.
const HOST_VERSION: i32 = 1;

/// A name that a guest may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    /// An integer option of the network's socket.
    Number(SocketOption),
    Type,
    Linger,
    RecvTimeout,
    SendTimeout,
    BindToDevice,
}

fn name(level: u32, name: u32) -> Result<Name, Errno> {
    Ok(match (level, name) {
        (LEVEL_SOCKET, 0) => Name::Number(SocketOption::ReuseAddr),
        (LEVEL_SOCKET, 1) => Name::Type,
        (LEVEL_SOCKET, 2) => Name::Number(SocketOption::Error),
        (LEVEL_SOCKET, 4) => Name::Number(SocketOption::Broadcast),
        (LEVEL_SOCKET, 5) => Name::Number(SocketOption::SendBuffer),
        (LEVEL_SOCKET, 6) => Name::Number(SocketOption::RecvBuffer),
        (LEVEL_SOCKET, 7) => Name::Number(SocketOption::KeepAlive),
        (LEVEL_SOCKET, 8) => Name::Number(SocketOption::OobInline),
        (LEVEL_SOCKET, 9) => Name::Linger,
        (LEVEL_SOCKET, 11) => Name::RecvTimeout,
        (LEVEL_SOCKET, 12) => Name::SendTimeout,
        (LEVEL_SOCKET, 13) => Name::Number(SocketOption::AcceptConn),
        (LEVEL_SOCKET, 14) => Name::BindToDevice,
        // DONTROUTE and RCVLOWAT.
        (LEVEL_SOCKET, 3 | 10) => return Err(Errno::NOTSUP),
        (LEVEL_TCP, 4) => Name::Number(SocketOption::KeepIdle),
        (LEVEL_TCP, 5) => Name::Number(SocketOption::KeepInterval),
        (LEVEL_TCP, 6) => Name::Number(SocketOption::KeepCount),
        (LEVEL_TCP, 15) => Name::Number(SocketOption::NoDelay),
        (LEVEL_IPV6, 26) => Name::Number(SocketOption::V6Only),
        _ => return Err(Errno::INVAL),
    })
}

/// Formats an option for the trace.
pub(crate) struct Shown(pub(crate) u32, pub(crate) u32);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match name(self.0, self.1) {
            Ok(Name::Number(option)) => write!(f, "{option:?}"),
            Ok(name) => write!(f, "{name:?}"),
            Err(_) => write!(f, "{}:{}", self.0, self.1),
        }
    }
}

/// Returns whether it is the option that would bypass the policy.
pub(crate) fn is_device(level: u32, option: u32) -> bool {
    name(level, option) == Ok(Name::BindToDevice)
}

/// The guest's buffer for a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    value: u32,
    room: u32,
    /// The pointer to its size, if the guest passed one.
    size_at: Option<u32>,
}

impl Place {
    /// Reads the last argument of `sock_getsockopt`. WasmEdge has a pointer to
    /// the size there and wasi-go the size itself. No guest has anything at so
    /// low an address, so a small number is a size.
    pub(crate) fn read(memory: &GuestMemory<'_>, value: u32, size: u32) -> Result<Self, Errno> {
        let (room, size_at) = match size {
            4 | 8 | 16 => (size, None),
            at => (memory.u32(at)?, Some(at)),
        };
        memory.check(value, room)?;
        Ok(Place {
            value,
            room,
            size_at,
        })
    }

    fn write(self, memory: &mut GuestMemory<'_>, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::INVAL)?;
        if self.room < len {
            return Err(Errno::INVAL);
        }
        memory.bytes_mut(self.value, len)?.copy_from_slice(bytes);
        match self.size_at {
            Some(at) => memory.set_u32(at, len),
            None => Ok(()),
        }
    }
}

/// Handles an option of the host itself, which needs no socket.
pub(crate) fn about_host(
    memory: &mut GuestMemory<'_>,
    level: u32,
    place: Place,
) -> Option<Result<(), Errno>> {
    (level == LEVEL_HOST).then(|| place.write(memory, &HOST_VERSION.to_le_bytes()))
}

/// Reads an option.
pub(crate) fn get(
    memory: &mut GuestMemory<'_>,
    open: &mut OpenSocket,
    level: u32,
    option: u32,
    place: Place,
) -> Result<(), Errno> {
    match name(level, option)? {
        Name::Number(option) => {
            if place.room < 4 {
                return Err(Errno::INVAL);
            }
            let value = open.socket.option(option)?;
            place.write(memory, &value.to_le_bytes())
        }
        Name::Type => {
            let number: i32 = match open.kind {
                SocketKind::Datagram => 1,
                SocketKind::Stream => 2,
            };
            place.write(memory, &number.to_le_bytes())
        }
        Name::Linger => {
            let seconds = open.socket.option(SocketOption::Linger)?;
            let mut bytes = [0; 8];
            bytes[..4].copy_from_slice(&i32::from(seconds >= 0).to_le_bytes());
            bytes[4..].copy_from_slice(&seconds.max(0).to_le_bytes());
            place.write(memory, &bytes)
        }
        Name::RecvTimeout => place.write(memory, &timeval(open.recv_timeout)),
        Name::SendTimeout => place.write(memory, &timeval(open.send_timeout)),
        Name::BindToDevice => Err(Errno::ACCES),
    }
}

/// Sets an option.
pub(crate) fn set(
    open: &mut OpenSocket,
    level: u32,
    option: u32,
    value: &[u8],
) -> Result<(), Errno> {
    match name(level, option)? {
        Name::Number(option) => {
            let value: [u8; 4] = value.try_into().map_err(|_| Errno::INVAL)?;
            open.socket.set_option(option, i32::from_le_bytes(value))
        }
        Name::Type => Err(Errno::NOPROTOOPT),
        Name::Linger => {
            let value: [u8; 8] = value.try_into().map_err(|_| Errno::INVAL)?;
            let half = |from: usize| i32::from_le_bytes(std::array::from_fn(|i| value[from + i]));
            let (on, seconds) = (half(0) != 0, half(4));
            if seconds < 0 {
                return Err(Errno::INVAL);
            }
            let linger = if on { seconds } else { -1 };
            open.socket.set_option(SocketOption::Linger, linger)
        }
        Name::RecvTimeout => {
            open.recv_timeout = duration(value)?;
            Ok(())
        }
        Name::SendTimeout => {
            open.send_timeout = duration(value)?;
            Ok(())
        }
        // It would bypass the policy's rules about addresses.
        Name::BindToDevice => Err(Errno::ACCES),
    }
}

/// Encodes a timeout as seconds and microseconds; 0 means none.
fn timeval(timeout: Option<Duration>) -> [u8; 16] {
    let timeout = timeout.unwrap_or_default();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&timeout.as_secs().to_le_bytes());
    bytes[8..].copy_from_slice(&u64::from(timeout.subsec_micros()).to_le_bytes());
    bytes
}

fn duration(value: &[u8]) -> Result<Option<Duration>, Errno> {
    let value: [u8; 16] = value.try_into().map_err(|_| Errno::INVAL)?;
    let number = |at: usize| {
        let bytes = value[at..].first_chunk().copied().unwrap_or_default();
        u64::try_from(i64::from_le_bytes(bytes)).map_err(|_| Errno::INVAL)
    };
    let micros = number(8)?;
    if micros >= 1_000_000 {
        return Err(Errno::INVAL);
    }
    let timeout = Duration::from_secs(number(0)?) + Duration::from_micros(micros);
    // A timeout this long counts as none.
    let endless = timeout.is_zero() || timeout > Duration::from_secs(u64::from(u32::MAX));
    Ok(if endless { None } else { Some(timeout) })
}
