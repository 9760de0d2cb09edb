use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::RuleError;
use super::socket_path::{ends_in_a_name, resolve, resolve_parent};
use crate::address::UnixAddress;

const EXPECTED: &str =
    "a path, a directory with a trailing /, @name or *, such as /run/app/db.sock";

/// A rule for connecting to and binding Unix sockets.
///
/// | rule | matches |
/// |---|---|
/// | `/run/app/db.sock` | that socket |
/// | `/run/app/` | every socket below that directory |
/// | `@name` | that abstract name |
/// | `*` | everything |
///
/// Relative paths start at the current directory. Symbolic links in the rule are
/// followed once, when the guest starts, so that a guest that can write there
/// cannot redirect the rule later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnixRule(Pattern);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Any,
    Socket(String),
    Folder(String),
    Abstract(String),
}

impl FromStr for UnixRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let invalid = |problem: &str| Err(RuleError::new(text, problem.into(), EXPECTED));
        if text.is_empty() {
            return invalid("empty rule");
        }
        if text.contains('\0') {
            return invalid("a path cannot contain NUL");
        }
        let pattern = match text.strip_prefix('@') {
            Some("") => return invalid("no name after the @"),
            Some(name) => Pattern::Abstract(name.into()),
            None if text == "*" => Pattern::Any,
            None if text.ends_with('/') => Pattern::Folder(text.into()),
            None if ends_in_a_name(text.as_ref()) => Pattern::Socket(text.into()),
            None => return invalid("this is a directory, append /"),
        };
        Ok(UnixRule(pattern))
    }
}

impl fmt::Display for UnixRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Pattern::Any => f.write_str("*"),
            Pattern::Socket(path) | Pattern::Folder(path) => f.write_str(path),
            Pattern::Abstract(name) => write!(f, "@{name}"),
        }
    }
}

/// What a [`UnixRule`] meant when the guest started.
#[derive(Debug)]
pub(super) enum Place {
    Any,
    Socket {
        /// Where a connection ends, all links followed.
        socket: PathBuf,
        /// The entry that a bind makes, which follows no link.
        entry: PathBuf,
    },
    Folder(PathBuf),
    Abstract(Vec<u8>),
}

impl Place {
    /// Nothing, where the path leads nowhere: links in a circle.
    pub(super) fn of(rule: &UnixRule) -> Option<Self> {
        Some(match &rule.0 {
            Pattern::Any => Place::Any,
            Pattern::Socket(path) => Place::Socket {
                socket: resolve(path.as_ref()).ok()?,
                entry: resolve_parent(path.as_ref()).ok()?,
            },
            Pattern::Folder(path) => Place::Folder(resolve(path.as_ref()).ok()?),
            Pattern::Abstract(name) => Place::Abstract(name.clone().into()),
        })
    }

    /// Whether a resolved target may be connected to.
    pub(super) fn has_socket(&self, target: &UnixAddress) -> bool {
        match (self, target) {
            (Place::Socket { socket, .. }, UnixAddress::Path(path)) => path == socket,
            _ => self.has(target),
        }
    }

    /// Whether a resolved target may be bound.
    pub(super) fn has_entry(&self, target: &UnixAddress) -> bool {
        match (self, target) {
            (Place::Socket { entry, .. }, UnixAddress::Path(path)) => path == entry,
            _ => self.has(target),
        }
    }

    fn has(&self, target: &UnixAddress) -> bool {
        match (self, target) {
            (Place::Any, _) => true,
            (Place::Folder(folder), UnixAddress::Path(path)) => {
                path != folder && path.starts_with(folder)
            }
            (Place::Abstract(rule), UnixAddress::Abstract(name)) => rule == name,
            _ => false,
        }
    }
}
