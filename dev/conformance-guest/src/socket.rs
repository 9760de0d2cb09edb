use std::net::IpAddr;

use crate::abi::{self, Event, Fd, Storage, Subscription};
use crate::errno::Errno;

pub(crate) const V4: u32 = 1;
pub(crate) const V6: u32 = 2;
pub(crate) const DATAGRAM: u32 = 1;
pub(crate) const STREAM: u32 = 2;

/// Options at the level of sockets.
pub(crate) const OPTION_REUSEADDR: u32 = 0;
pub(crate) const OPTION_TYPE: u32 = 1;
pub(crate) const OPTION_ERROR: u32 = 2;
pub(crate) const OPTION_SNDBUF: u32 = 5;
pub(crate) const OPTION_RCVBUF: u32 = 6;
pub(crate) const OPTION_LINGER: u32 = 9;
pub(crate) const OPTION_RCVTIMEO: u32 = 11;
pub(crate) const OPTION_ACCEPTCONN: u32 = 13;

pub(crate) const NONBLOCKING: u32 = 4;
pub(crate) const PEEK: u32 = 1;

/// Directions of `sock_shutdown`.
pub(crate) const SHUT_READ: u32 = 1;
pub(crate) const SHUT_WRITE: u32 = 2;

const TAG_CLOCK: u8 = 0;
const TAG_READ: u8 = 1;
const TAG_WRITE: u8 = 2;

/// So long a case waits for what must come.
const PATIENCE_MS: u64 = 5_000;

/// A socket, closed when it is dropped. It does not block.
pub(crate) struct Socket {
    pub(crate) fd: Fd,
    pub(crate) family: u32,
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = abi::close(self.fd);
    }
}

impl Socket {
    pub(crate) fn open(family: u32, kind: u32) -> Result<Self, Errno> {
        let fd = abi::open(family, kind)?;
        let socket = Socket { fd, family };
        abi::set_flags(fd, NONBLOCKING)?;
        Ok(socket)
    }

    /// One that listens on a free port of this machine, and the port.
    pub(crate) fn listening(family: u32) -> Result<(Self, u32), Errno> {
        let socket = Socket::bound(family, STREAM)?.0;
        abi::listen(socket.fd, 16)?;
        let port = socket.local_port()?;
        Ok((socket, port))
    }

    /// One that is bound to a free port of this machine, and the port.
    pub(crate) fn bound(family: u32, kind: u32) -> Result<(Self, u32), Errno> {
        let socket = Socket::open(family, kind)?;
        abi::bind(socket.fd, loopback(family), 0)?;
        let port = socket.local_port()?;
        Ok((socket, port))
    }

    /// The two ends of a connection: who dialed, who was dialed.
    pub(crate) fn pair(family: u32) -> Result<(Self, Self), Errno> {
        let (listener, port) = Socket::listening(family)?;
        let dialed = Socket::open(family, STREAM)?;
        dialed.connect_to(port)?;
        let accepted = listener.accept()?;
        Ok((dialed, accepted))
    }

    /// Connects to a port of this machine and waits until that is done.
    pub(crate) fn connect_to(&self, port: u32) -> Result<(), Errno> {
        match abi::connect(self.fd, loopback(self.family), port) {
            Err(Errno::INPROGRESS) => {}
            result => return result,
        }
        self.wait_to_write()?;
        match self.pending_error()? {
            0 => Ok(()),
            errno => Err(Errno(errno)),
        }
    }

    /// Waits for a connection and takes it.
    pub(crate) fn accept(&self) -> Result<Self, Errno> {
        self.wait_to_read()?;
        let fd = abi::accept(self.fd, NONBLOCKING)?;
        let accepted = Socket {
            fd,
            family: self.family,
        };
        abi::set_flags(fd, NONBLOCKING)?;
        // Some hosts set the flag of the listener anew.
        abi::set_flags(self.fd, NONBLOCKING)?;
        Ok(accepted)
    }

    /// The error that is pending; reading it clears it.
    pub(crate) fn pending_error(&self) -> Result<u16, Errno> {
        let [low, high, ..] = abi::option::<4>(self.fd, 0, OPTION_ERROR)?;
        Ok(u16::from_le_bytes([low, high]))
    }

    pub(crate) fn int_option(&self, level: u32, name: u32) -> Result<u32, Errno> {
        abi::option::<4>(self.fd, level, name).map(u32::from_le_bytes)
    }

    pub(crate) fn set_int_option(&self, level: u32, name: u32, value: u32) -> Result<(), Errno> {
        abi::set_option(self.fd, level, name, &value.to_le_bytes())
    }

    pub(crate) fn local_port(&self) -> Result<u32, Errno> {
        abi::local_addr(self.fd).map(|(_, port)| port)
    }

    /// Waits for something to read and takes it.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Errno> {
        self.wait_to_read()?;
        let mut buf = [0; 256];
        let len = abi::recv(self.fd, &mut buf, 0)?;
        Ok(buf[..len].to_vec())
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        abi::send(self.fd, &[bytes])
    }

    /// `AGAIN` if it does not come in time.
    pub(crate) fn wait_to_read(&self) -> Result<(), Errno> {
        self.wait(TAG_READ, PATIENCE_MS)
    }

    pub(crate) fn wait_to_write(&self) -> Result<(), Errno> {
        self.wait(TAG_WRITE, PATIENCE_MS)
    }

    /// Whether it is ready to be read now.
    pub(crate) fn is_readable(&self) -> Result<bool, Errno> {
        is_ready(self.wait(TAG_READ, 20))
    }

    pub(crate) fn is_writable(&self) -> Result<bool, Errno> {
        is_ready(self.wait(TAG_WRITE, 20))
    }

    fn wait(&self, tag: u8, milliseconds: u64) -> Result<(), Errno> {
        let events = abi::poll(&[when(self.fd, tag), after(milliseconds)])?;
        let own = events
            .iter()
            .find(|event| event.user_data == u64::from(tag));
        match own {
            Some(Event { error: 0, .. }) => Ok(()),
            Some(event) => Err(Errno(event.error)),
            None => Err(Errno::AGAIN),
        }
    }
}

fn is_ready(waited: Result<(), Errno>) -> Result<bool, Errno> {
    match waited {
        Ok(()) => Ok(true),
        Err(Errno::AGAIN) => Ok(false),
        Err(other) => Err(other),
    }
}

/// A subscription to a descriptor's readiness.
pub(crate) fn when(fd: Fd, tag: u8) -> Subscription {
    Subscription {
        user_data: tag.into(),
        tag,
        id: fd,
        ..Subscription::default()
    }
}

pub(crate) fn when_readable(fd: Fd) -> Subscription {
    when(fd, TAG_READ)
}

/// A subscription to the monotonic clock, so long from now.
pub(crate) fn after(milliseconds: u64) -> Subscription {
    Subscription {
        user_data: 100,
        tag: TAG_CLOCK,
        id: 1,
        timeout: milliseconds * 1_000_000,
        ..Subscription::default()
    }
}

/// The address of this machine, as it goes in.
pub(crate) fn loopback(family: u32) -> &'static [u8] {
    match family {
        V6 => &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        _ => &[127, 0, 0, 1],
    }
}

/// The address that came out.
pub(crate) fn ip(storage: &Storage) -> Option<IpAddr> {
    let bytes = &storage.0[2..];
    match storage.0[0] {
        1 => Some(IpAddr::from([bytes[0], bytes[1], bytes[2], bytes[3]])),
        2 => bytes[..16].try_into().ok().map(|v6: [u8; 16]| v6.into()),
        _ => None,
    }
}

/// A time as `SO_RCVTIMEO` takes it: seconds and microseconds.
pub(crate) fn timeval(milliseconds: i64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&(milliseconds / 1_000).to_le_bytes());
    bytes[8..].copy_from_slice(&(milliseconds % 1_000 * 1_000).to_le_bytes());
    bytes
}
