//! The guest's calls as a small interface of sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use crate::remote_guest::{FREE, RemoteGuest};

pub(crate) const V4: u32 = 1;
pub(crate) const V6: u32 = 2;
pub(crate) const UNIX: u32 = 3;
pub(crate) const DATAGRAM: u32 = 1;
pub(crate) const STREAM: u32 = 2;

pub(crate) const NONBLOCK: u32 = 4;
pub(crate) const PEEK: u32 = 1;
pub(crate) const WAIT_ALL: u32 = 2;

/// Error numbers as the guest sees them.
pub(crate) mod errno {
    use net_run::Errno;

    pub(crate) const ACCES: u16 = Errno::ACCES.code();
    pub(crate) const ADDRINUSE: u16 = Errno::ADDRINUSE.code();
    pub(crate) const AFNOSUPPORT: u16 = Errno::AFNOSUPPORT.code();
    pub(crate) const AGAIN: u16 = Errno::AGAIN.code();
    pub(crate) const AINONAME: u16 = Errno::AINONAME.code();
    pub(crate) const BADF: u16 = Errno::BADF.code();
    pub(crate) const CONNREFUSED: u16 = Errno::CONNREFUSED.code();
    pub(crate) const CONNRESET: u16 = Errno::CONNRESET.code();
    pub(crate) const FAULT: u16 = Errno::FAULT.code();
    pub(crate) const INPROGRESS: u16 = Errno::INPROGRESS.code();
    pub(crate) const INVAL: u16 = Errno::INVAL.code();
    pub(crate) const ISCONN: u16 = Errno::ISCONN.code();
    pub(crate) const MFILE: u16 = Errno::MFILE.code();
    pub(crate) const MSGSIZE: u16 = Errno::MSGSIZE.code();
    pub(crate) const NOPROTOOPT: u16 = Errno::NOPROTOOPT.code();
    pub(crate) const NOTCONN: u16 = Errno::NOTCONN.code();
    pub(crate) const NOTSOCK: u16 = Errno::NOTSOCK.code();
    pub(crate) const NOTSUP: u16 = Errno::NOTSUP.code();
    pub(crate) const PIPE: u16 = Errno::PIPE.code();
}

/// The places of arguments and results in the guest's memory.
pub(crate) const ADDRESS: u32 = FREE;
pub(crate) const STORAGE: u32 = FREE + 64;
pub(crate) const OUT: u32 = FREE + 256;
pub(crate) const IOVS: u32 = FREE + 512;
pub(crate) const INFO: u32 = FREE + 0x1_8000;
pub(crate) const DATA: u32 = FREE + 0x2_0000;

const STORAGE_LEN: usize = 128;

/// An address as the guest passes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum At {
    Ip(SocketAddr),
    /// A path, or a name behind an `@`.
    Unix(String),
}

impl From<SocketAddr> for At {
    fn from(address: SocketAddr) -> Self {
        At::Ip(address)
    }
}

/// An IP address as text, or else a path.
impl From<&str> for At {
    fn from(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| At::Unix(text.to_owned()), At::Ip)
    }
}

impl From<String> for At {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&Path> for At {
    fn from(path: &Path) -> Self {
        At::Unix(path.to_str().expect("a path in UTF-8").to_owned())
    }
}

/// What was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    pub(crate) truncated: bool,
    pub(crate) from: Option<At>,
}

pub(crate) fn result(errno: u32) -> Result<(), u16> {
    match u16::try_from(errno).expect("an error number has 16 bits") {
        0 => Ok(()),
        errno => Err(errno),
    }
}

pub(crate) fn len32(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("it fits the guest's memory")
}

/// Two words, such as a buffer's offset and length.
pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

impl RemoteGuest {
    fn try_call(&mut self, call: &str, args: &[u32]) -> Result<(), u16> {
        result(self.call(call, args))
    }

    /// Puts an address where calls expect it, and gives its port.
    pub(crate) fn put_address(&mut self, at: &At) -> u32 {
        let (bytes, port) = match at {
            At::Ip(SocketAddr::V4(v4)) => (v4.ip().octets().to_vec(), v4.port()),
            At::Ip(SocketAddr::V6(v6)) => (v6.ip().octets().to_vec(), v6.port()),
            At::Unix(path) => {
                let mut storage = vec![3, 0];
                storage.extend(path.as_bytes());
                assert!(storage.len() < STORAGE_LEN, "the path {path} is too long");
                storage.resize(STORAGE_LEN, 0);
                (storage, 0)
            }
        };
        self.write(STORAGE, &bytes);
        self.write(ADDRESS, &words(&[STORAGE, len32(&bytes)]));
        port.into()
    }

    /// Makes room for an address in a storage.
    pub(crate) fn clear_address(&mut self) {
        self.write(STORAGE, &[0; STORAGE_LEN]);
        self.write(ADDRESS, &words(&[STORAGE, 128]));
        self.write(OUT, &[0; 16]);
    }

    /// Reads the address in the storage.
    pub(crate) fn address(&mut self, port: u32) -> Option<At> {
        let storage = self.read(STORAGE, STORAGE_LEN);
        let port = u16::try_from(port).expect("a port");
        let at = |ip: IpAddr| Some(At::Ip(SocketAddr::new(ip, port)));
        match storage[0] {
            1 => at(Ipv4Addr::from(*storage[2..].first_chunk::<4>().unwrap()).into()),
            2 => at(Ipv6Addr::from(*storage[2..].first_chunk::<16>().unwrap()).into()),
            3 => {
                let path = storage[2..].split(|byte| *byte == 0).next().unwrap();
                Some(At::Unix(String::from_utf8(path.to_vec()).unwrap()))
            }
            _ => None,
        }
    }

    pub(crate) fn open(&mut self, family: u32, kind: u32) -> Result<u32, u16> {
        self.try_call("sock_open/3", &[family, kind, OUT])?;
        Ok(self.u32(OUT))
    }

    /// A socket that does not wait.
    pub(crate) fn open_nonblocking(&mut self, family: u32, kind: u32) -> u32 {
        let fd = self.open(family, kind).expect("a socket");
        self.set_nonblocking(fd, true).expect("flags");
        fd
    }

    pub(crate) fn bind(&mut self, fd: u32, at: impl Into<At>) -> Result<(), u16> {
        let port = self.put_address(&at.into());
        self.try_call("sock_bind/3", &[fd, ADDRESS, port])
    }

    pub(crate) fn listen(&mut self, fd: u32) -> Result<(), u16> {
        self.try_call("sock_listen/2", &[fd, 16])
    }

    /// A TCP listener at this address; gives it and where it is.
    pub(crate) fn listener(&mut self, at: &str) -> (u32, SocketAddr) {
        let at: SocketAddr = at.parse().expect("an address");
        let fd = self
            .open(if at.is_ipv4() { V4 } else { V6 }, STREAM)
            .expect("a socket");
        self.bind(fd, at).expect("it can be bound");
        self.listen(fd).expect("it can listen");
        (fd, self.ip(fd))
    }

    pub(crate) fn connect(&mut self, fd: u32, at: impl Into<At>) -> Result<(), u16> {
        let port = self.put_address(&at.into());
        self.try_call("sock_connect/3", &[fd, ADDRESS, port])
    }

    /// A TCP connection to this address.
    pub(crate) fn connected(&mut self, at: SocketAddr) -> u32 {
        let fd = self
            .open(if at.is_ipv4() { V4 } else { V6 }, STREAM)
            .expect("a socket");
        self.connect(fd, at).expect("it can be connected");
        fd
    }

    pub(crate) fn accept(&mut self, fd: u32) -> Result<u32, u16> {
        self.try_call("sock_accept/3", &[fd, 0, OUT])?;
        Ok(self.u32(OUT))
    }

    pub(crate) fn send(&mut self, fd: u32, bytes: &[u8]) -> Result<u32, u16> {
        self.write(DATA, bytes);
        self.write(IOVS, &words(&[DATA, len32(bytes)]));
        self.try_call("sock_send/5", &[fd, IOVS, 1, 0, OUT])?;
        Ok(self.u32(OUT))
    }

    pub(crate) fn send_to(&mut self, fd: u32, bytes: &[u8], at: impl Into<At>) -> Result<u32, u16> {
        let port = self.put_address(&at.into());
        self.write(DATA, bytes);
        self.write(IOVS, &words(&[DATA, len32(bytes)]));
        self.try_call("sock_send_to/7", &[fd, IOVS, 1, ADDRESS, port, 0, OUT])?;
        Ok(self.u32(OUT))
    }

    pub(crate) fn recv(&mut self, fd: u32, room: u32) -> Result<Vec<u8>, u16> {
        self.recv_with(fd, room, 0).map(|received| received.bytes)
    }

    pub(crate) fn recv_with(&mut self, fd: u32, room: u32, flags: u32) -> Result<Received, u16> {
        self.write(IOVS, &words(&[DATA, room]));
        self.write(OUT, &[0xff; 8]);
        self.try_call("sock_recv/6", &[fd, IOVS, 1, flags, OUT, OUT + 4])?;
        Ok(self.received(OUT, None))
    }

    pub(crate) fn recv_from(&mut self, fd: u32, room: u32) -> Result<Received, u16> {
        self.clear_address();
        self.write(IOVS, &words(&[DATA, room]));
        let args = [fd, IOVS, 1, ADDRESS, 0, OUT + 8, OUT, OUT + 4];
        self.try_call("sock_recv_from/8", &args)?;
        let port = self.u32(OUT + 8);
        let from = self.address(port);
        Ok(self.received(OUT, from))
    }

    fn received(&mut self, len_at: u32, from: Option<At>) -> Received {
        let len = self.u32(len_at) as usize;
        Received {
            bytes: self.read(DATA, len),
            truncated: self.u16(len_at + 4) == 1,
            from,
        }
    }

    pub(crate) fn shutdown(&mut self, fd: u32, how: u32) -> Result<(), u16> {
        self.try_call("sock_shutdown/2", &[fd, how])
    }

    pub(crate) fn close(&mut self, fd: u32) -> Result<(), u16> {
        self.try_call("fd_close/1", &[fd])
    }

    pub(crate) fn set_nonblocking(&mut self, fd: u32, yes: bool) -> Result<(), u16> {
        let flags = if yes { NONBLOCK } else { 0 };
        self.try_call("fd_fdstat_set_flags/2", &[fd, flags])
    }

    pub(crate) fn local(&mut self, fd: u32) -> Result<At, u16> {
        self.address_by("sock_getlocaladdr/3", fd)
    }

    pub(crate) fn peer(&mut self, fd: u32) -> Result<At, u16> {
        self.address_by("sock_getpeeraddr/3", fd)
    }

    fn address_by(&mut self, call: &str, fd: u32) -> Result<At, u16> {
        self.clear_address();
        self.try_call(call, &[fd, ADDRESS, OUT])?;
        let port = self.u32(OUT);
        Ok(self.address(port).expect("a family"))
    }

    /// The local address of a socket of IP.
    pub(crate) fn ip(&mut self, fd: u32) -> SocketAddr {
        match self.local(fd) {
            Ok(At::Ip(address)) => address,
            other => panic!("{other:?} is no address of IP"),
        }
    }

    pub(crate) fn option_bytes(
        &mut self,
        fd: u32,
        level: u32,
        name: u32,
        room: u32,
    ) -> Result<Vec<u8>, u16> {
        self.write(OUT, &words(&[room]));
        self.try_call("sock_getsockopt/5", &[fd, level, name, DATA, OUT])?;
        let len = self.u32(OUT) as usize;
        Ok(self.read(DATA, len))
    }

    pub(crate) fn option(&mut self, fd: u32, level: u32, name: u32) -> Result<i32, u16> {
        let bytes = self.option_bytes(fd, level, name, 4)?;
        Ok(i32::from_le_bytes(bytes.try_into().expect("four bytes")))
    }

    /// The pending error, which reading clears.
    pub(crate) fn pending_error(&mut self, fd: u32) -> i32 {
        self.option(fd, 0, 2).expect("the option is known")
    }

    pub(crate) fn set_option_bytes(
        &mut self,
        fd: u32,
        level: u32,
        name: u32,
        value: &[u8],
    ) -> Result<(), u16> {
        self.write(DATA, value);
        self.try_call("sock_setsockopt/5", &[fd, level, name, DATA, len32(value)])
    }

    pub(crate) fn set_option(
        &mut self,
        fd: u32,
        level: u32,
        name: u32,
        value: i32,
    ) -> Result<(), u16> {
        self.set_option_bytes(fd, level, name, &value.to_le_bytes())
    }

    /// Looks a name up, by a list of 16 nodes.
    pub(crate) fn lookup(&mut self, name: &str) -> Result<Vec<IpAddr>, u16> {
        const NODES: u32 = 16;
        const NODE_LEN: u32 = 28 + 12 + 32;
        self.write(DATA, name.as_bytes());
        for node in 0..NODES {
            let at = INFO + node * NODE_LEN;
            let next = if node + 1 < NODES { at + NODE_LEN } else { 0 };
            self.write(at, &words(&[0, 0, 0, at + 28, 0, 0, next, 0, 28, at + 40]));
        }
        // Any family, streams.
        self.write(STORAGE, &[0; 28]);
        self.write(STORAGE + 3, &[2]);
        self.write(OUT, &words(&[INFO, 0]));
        let name = [DATA, u32::try_from(name.len()).unwrap()];
        let args = [name[0], name[1], 0, 0, STORAGE, OUT, NODES, OUT + 4];
        self.try_call("sock_getaddrinfo/8", &args)?;
        let count = self.u32(OUT + 4);
        Ok((0..count)
            .map(|node| self.found(INFO + node * NODE_LEN))
            .collect())
    }

    fn found(&mut self, node: u32) -> IpAddr {
        let bytes = self.read(node + 28, 12 + 32);
        let data = &bytes[12..];
        match bytes[0] {
            1 => Ipv4Addr::from(*data[2..].first_chunk::<4>().unwrap()).into(),
            2 => Ipv6Addr::from(*data[6..].first_chunk::<16>().unwrap()).into(),
            family => panic!("{family} is no family of IP"),
        }
    }

    /// A clock of the guest, in nanoseconds.
    pub(crate) fn clock(&mut self, clock: u32) -> Result<u64, u16> {
        self.try_call("clock_time_get/3", &[clock, 1, OUT])?;
        let bytes = self.read(OUT, 8);
        Ok(u64::from_le_bytes(bytes.try_into().expect("eight bytes")))
    }

    /// Whether the call that was begun is still not done after a while.
    pub(crate) fn is_blocked(&mut self) -> bool {
        use crate::remote_guest::Silence;
        self.finish(Duration::from_millis(100)) == Err(Silence::Blocked)
    }
}
