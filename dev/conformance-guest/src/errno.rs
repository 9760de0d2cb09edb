use std::fmt;

/// An errno of WASI preview 1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) u16);

macro_rules! names {
    ($($name:ident = $number:literal,)+) => {
        impl Errno {
            $(pub(crate) const $name: Errno = Errno($number);)+
        }

        impl fmt::Debug for Errno {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($number => f.write_str(concat!(stringify!($name), " (", $number, ")")),)+
                    other => write!(f, "errno {other}"),
                }
            }
        }
    };
}

names! {
    ADDRINUSE = 3,
    ADDRNOTAVAIL = 4,
    AFNOSUPPORT = 5,
    AGAIN = 6,
    BADF = 8,
    CONNREFUSED = 14,
    CONNRESET = 15,
    DESTADDRREQ = 17,
    INPROGRESS = 26,
    INVAL = 28,
    ISCONN = 30,
    MSGSIZE = 35,
    NOPROTOOPT = 50,
    NOTCONN = 53,
    NOTSOCK = 57,
    NOTSUP = 58,
    PIPE = 64,
}
