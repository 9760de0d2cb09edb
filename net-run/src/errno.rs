//! Error numbers of WASI preview 1, as the guest gets them.

use std::error::Error;
use std::fmt;
use std::io;

use rustix::io::Errno as Os;

/// An error number of WASI preview 1.
///
/// The numbers are those of the witx definition of `wasi_snapshot_preview1`;
/// 77 to 87 are the answers of `sock_getaddrinfo`, which the socket extension
/// adds.
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

            /// The name without the leading E, where the number has one.
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
    ACCES = 2 from ACCESS, "Permission denied; what the policy does not allow.";
    ADDRINUSE = 3 from ADDRINUSE, "The address is in use.";
    ADDRNOTAVAIL = 4 from ADDRNOTAVAIL, "The address is not this machine's.";
    AFNOSUPPORT = 5 from AFNOSUPPORT, "The address is of another family than the socket.";
    AGAIN = 6 from AGAIN, "Not now: the operation would wait.";
    ALREADY = 7 from ALREADY, "The connection is already being made.";
    BADF = 8 from BADF, "No such descriptor.";
    CANCELED = 11 from CANCELED, "Canceled.";
    CONNABORTED = 13 from CONNABORTED, "The connection was aborted.";
    CONNREFUSED = 14 from CONNREFUSED, "The connection was refused.";
    CONNRESET = 15 from CONNRESET, "The connection was reset.";
    DESTADDRREQ = 17 from DESTADDRREQ, "A destination is needed.";
    EXIST = 20 from EXIST, "It exists already.";
    FAULT = 21 from FAULT, "A pointer out of the guest's memory.";
    HOSTUNREACH = 23 from HOSTUNREACH | HOSTDOWN, "The host is unreachable.";
    INPROGRESS = 26 from INPROGRESS, "The connection is being made.";
    INTR = 27 from INTR, "Interrupted.";
    INVAL = 28 from INVAL, "An argument is invalid.";
    IO = 29 from IO, "An error of another kind.";
    ISCONN = 30 from ISCONN, "The socket is connected.";
    LOOP = 32 from LOOP, "Too many symbolic links.";
    MFILE = 33 from MFILE, "Too many sockets in this guest.";
    MSGSIZE = 35 from MSGSIZE, "The message is too long.";
    NAMETOOLONG = 37 from NAMETOOLONG, "The name is too long.";
    NETDOWN = 38 from NETDOWN, "The network is down.";
    NETRESET = 39 from NETRESET, "The network dropped the connection.";
    NETUNREACH = 40 from NETUNREACH, "The network is unreachable.";
    NFILE = 41 from NFILE, "Too many descriptors in the system.";
    NOBUFS = 42 from NOBUFS, "No buffer space.";
    NODEV = 43 from NODEV, "No such device.";
    NOENT = 44 from NOENT, "No such file.";
    NOMEM = 48 from NOMEM, "Not enough memory.";
    NOPROTOOPT = 50 from NOPROTOOPT, "The option cannot be set, or not read.";
    NOSYS = 52 from NOSYS, "The function does not exist.";
    NOTCONN = 53 from NOTCONN | SHUTDOWN, "The socket is not connected.";
    NOTDIR = 54 from NOTDIR, "Not a folder.";
    NOTSOCK = 57 from NOTSOCK, "Not a socket.";
    NOTSUP = 58 from OPNOTSUPP | PFNOSUPPORT | SOCKTNOSUPPORT, "Not supported.";
    PERM = 63 from PERM, "Not permitted.";
    PIPE = 64 from PIPE, "The other end is closed.";
    PROTO = 65 from PROTO, "A protocol error.";
    PROTONOSUPPORT = 66 from PROTONOSUPPORT, "The protocol is not supported.";
    PROTOTYPE = 67 from PROTOTYPE, "The wrong protocol for the socket.";
    TIMEDOUT = 73 from TIMEDOUT, "Timed out.";
    AIAGAIN = 78, "The name servers did not answer in time.";
    AIFAIL = 80, "The lookup failed.";
    AIFAMILY = 81, "The address family is not supported.";
    AIMEMORY = 82, "No room for results.";
    AINONAME = 84, "No such name.";
    AISERVICE = 85, "No such service.";
    AISOCKTYPE = 86, "The socket type is not supported.";
}

impl Errno {
    /// The error number, unless it is 0 or none that fits.
    pub(crate) fn from_code(code: i32) -> Option<Self> {
        u16::try_from(code)
            .ok()
            .filter(|&code| code != 0)
            .map(Errno)
    }

    /// The number.
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
