use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::target::os_string;
use crate::{Error, Operation, escape};

/// An address of the Unix domain (`man 7 unix`).
///
/// It prints as it is typed: a path, or `@name` for Linux's abstract namespace.
/// What a line of text cannot hold is escaped as `\xNN`, and a backslash as
/// `\\`, so that any address survives printing and parsing:
///
/// ```
/// use net_traits::UnixAddress;
///
/// let bus: UnixAddress = "@bus".parse()?;
/// assert_eq!(bus, UnixAddress::abstract_name("bus"));
///
/// // A file of that name is another address.
/// let file = UnixAddress::path("@bus");
/// assert_ne!(file, bus);
/// assert_eq!(file.to_string(), "./@bus");
///
/// let odd = UnixAddress::abstract_name([0xff, 0]);
/// assert_eq!(odd.to_string(), r"@\xff\x00");
/// # Ok::<(), net_traits::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnixAddress(Repr);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Repr {
    Unnamed,
    /// It does not begin with `@`, and is not empty.
    // Compared as bytes, which needs less code than as components.
    Path(OsString),
    Abstract(Vec<u8>),
}

impl UnixAddress {
    /// Creates the address of a socket that was never bound.
    #[must_use]
    pub fn unnamed() -> Self {
        UnixAddress(Repr::Unnamed)
    }

    /// Creates the address of a path, which may be relative and need not be
    /// UTF-8. The empty path is [`UnixAddress::unnamed`].
    ///
    /// A path that begins with `@` becomes `./@…`, the same file: `@` alone
    /// means the abstract namespace.
    #[must_use]
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into().into_os_string();
        let bytes = path.as_encoded_bytes();
        if bytes.is_empty() {
            UnixAddress(Repr::Unnamed)
        } else if bytes.starts_with(b"@") {
            let mut dotted = OsString::from("./");
            dotted.push(path);
            UnixAddress(Repr::Path(dotted))
        } else {
            UnixAddress(Repr::Path(path))
        }
    }

    /// Creates an address in Linux's abstract namespace, from its name without
    /// the leading zero byte.
    #[must_use]
    pub fn abstract_name(name: impl Into<Vec<u8>>) -> Self {
        UnixAddress(Repr::Abstract(name.into()))
    }

    /// Returns the path, if it has one.
    #[must_use]
    pub fn as_path(&self) -> Option<&Path> {
        match &self.0 {
            Repr::Path(path) => Some(Path::new(path)),
            Repr::Unnamed | Repr::Abstract(_) => None,
        }
    }

    /// Returns the name in the abstract namespace, if it has one.
    #[must_use]
    pub fn as_abstract_name(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::Abstract(name) => Some(name),
            Repr::Unnamed | Repr::Path(_) => None,
        }
    }

    /// Returns `true` if the socket was never bound.
    #[must_use]
    pub fn is_unnamed(&self) -> bool {
        matches!(self.0, Repr::Unnamed)
    }
}

impl fmt::Debug for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Unnamed => f.write_str("(unnamed)"),
            Repr::Path(path) => escape::write(path.as_encoded_bytes(), f),
            Repr::Abstract(name) => {
                f.write_str("@")?;
                escape::write(name, f)
            }
        }
    }
}

impl FromStr for UnixAddress {
    type Err = Error;

    /// Parses a path, or `@name` for the abstract namespace. `\xNN` stands for
    /// a byte and `\\` for a backslash; any other backslash stands for itself.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput)
    /// if the text is empty or `@` alone, or if the bytes can be no path on this
    /// platform.
    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |problem: &str| Error::invalid(Operation::Parse, problem).with_address(text);
        match text.strip_prefix('@') {
            Some("") => Err(invalid("empty name after @")),
            Some(name) => Ok(UnixAddress::abstract_name(escape::read(name))),
            None if text.is_empty() => Err(invalid("empty path, expected a path or @name")),
            None => match os_string(escape::read(text)) {
                Some(path) => Ok(UnixAddress::path(path)),
                None => Err(invalid("not a path on this platform")),
            },
        }
    }
}
