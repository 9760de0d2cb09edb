//! Error numbers of WASI preview 1, as the guest receives them.

use std::error::Error;
use std::fmt;
use std::io;

use rustix::io::Errno as Os;

/// An error number of WASI preview 1.
///
/// The numbers are those of the witx definition of `wasi_snapshot_preview1`.
/// 77 to 87 are results of `sock_getaddrinfo`, which the socket extension adds.
///
/// ```
/// use net_run::Errno;
///
/// assert_eq!(Errno::CONNREFUSED.code(), 14);
/// assert_eq!(Errno::CONNREFUSED.to_string(), "ECONNREFUSED");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(u16);

macro_rules! errnos {
    ($($name:ident = $code:literal $(from $($os:ident)|+)?, $text:literal;)*) => {
        impl Errno {
            $(#[doc = $text] pub const $name: Errno = Errno($code);)*

            /// Returns the name without the leading E, if the number has one.
            fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($code => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }

        impl From<Os> for Errno {
            #[inline]
            fn from(os: Os) -> Self {
                match os {
                    $($($(Os::$os)|+ => Errno::$name,)?)*
                    _ => Errno::IO,
                }
            }
        }
    };
}

errnos! {
    ACCES = 2 from ACCESS, "Permission denied, by the policy or the system.";
    ADDRINUSE = 3 from ADDRINUSE, "Address in use.";
    ADDRNOTAVAIL = 4 from ADDRNOTAVAIL, "The address is not available on this machine.";
    AFNOSUPPORT = 5 from AFNOSUPPORT, "The address family does not match the socket.";
    AGAIN = 6 from AGAIN, "The operation would block.";
    ALREADY = 7 from ALREADY, "A connection attempt is already in progress.";
    BADF = 8 from BADF, "Bad file descriptor.";
    CANCELED = 11 from CANCELED, "Canceled.";
    CONNABORTED = 13 from CONNABORTED, "Connection aborted.";
    CONNREFUSED = 14 from CONNREFUSED, "Connection refused.";
    CONNRESET = 15 from CONNRESET, "Connection reset.";
    DESTADDRREQ = 17 from DESTADDRREQ, "Destination address required.";
    EXIST = 20 from EXIST, "File exists.";
    FAULT = 21 from FAULT, "A pointer outside the guest's memory.";
    HOSTUNREACH = 23 from HOSTUNREACH | HOSTDOWN, "The host is unreachable.";
    INPROGRESS = 26 from INPROGRESS, "The connection attempt is in progress.";
    INTR = 27 from INTR, "Interrupted.";
    INVAL = 28 from INVAL, "Invalid argument.";
    IO = 29 from IO, "An error without a number of its own.";
    ISCONN = 30 from ISCONN, "The socket is connected.";
    LOOP = 32 from LOOP, "Too many symbolic links.";
    MFILE = 33 from MFILE, "Too many open sockets in this guest.";
    MSGSIZE = 35 from MSGSIZE, "The message is too long.";
    NAMETOOLONG = 37 from NAMETOOLONG, "Name too long.";
    NETDOWN = 38 from NETDOWN, "The network is down.";
    NETRESET = 39 from NETRESET, "Connection aborted by the network.";
    NETUNREACH = 40 from NETUNREACH, "The network is unreachable.";
    NFILE = 41 from NFILE, "Too many open files in the system.";
    NOBUFS = 42 from NOBUFS, "No buffer space.";
    NODEV = 43 from NODEV, "No such device.";
    NOENT = 44 from NOENT, "No such file or directory.";
    NOMEM = 48 from NOMEM, "Not enough memory.";
    NOPROTOOPT = 50 from NOPROTOOPT, "Protocol not available: the option cannot be set, or cannot be read.";
    NOSYS = 52 from NOSYS, "The function does not exist.";
    NOTCONN = 53 from NOTCONN | SHUTDOWN, "The socket is not connected.";
    NOTDIR = 54 from NOTDIR, "Not a directory.";
    NOTSOCK = 57 from NOTSOCK, "Not a socket.";
    NOTSUP = 58 from OPNOTSUPP | PFNOSUPPORT | SOCKTNOSUPPORT, "Not supported.";
    PERM = 63 from PERM, "Not permitted.";
    PIPE = 64 from PIPE, "Broken pipe: the peer is closed.";
    PROTO = 65 from PROTO, "Protocol error.";
    PROTONOSUPPORT = 66 from PROTONOSUPPORT, "The protocol is not supported.";
    PROTOTYPE = 67 from PROTOTYPE, "The wrong protocol for the socket.";
    TIMEDOUT = 73 from TIMEDOUT, "Timed out.";
    AIAGAIN = 78, "The name servers did not answer in time.";
    AIFAIL = 80, "The lookup failed in another way.";
    AIFAMILY = 81, "The address family is not supported.";
    AIMEMORY = 82, "No node has room for a result.";
    AINONAME = 84, "No such name.";
    AISERVICE = 85, "No such service.";
    AISOCKTYPE = 86, "The socket type is not supported.";
}

impl Errno {
    /// Returns the error number, or `None` if it is 0 or out of range.
    pub(crate) fn from_code(code: i32) -> Option<Self> {
        u16::try_from(code)
            .ok()
            .filter(|&code| code != 0)
            .map(Errno)
    }

    /// Returns the number.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "E{name}"),
            None => write!(f, "errno {}", self.0),
        }
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Error for Errno {}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        match Os::from_io_error(&error) {
            Some(os) => os.into(),
            None if error.kind() == io::ErrorKind::WouldBlock => Errno::AGAIN,
            None => Errno::IO,
        }
    }
}
