//! Why a guest could not be started.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a guest could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The module is invalid, or this host cannot compile it.
    Compile {
        /// The file, if there is one.
        path: Option<PathBuf>,
        /// Why, in the compiler's words.
        reason: String,
    },
    /// The module imports something that this host does not provide.
    Import(String),
    /// The module exports no `_start`, so it is not a program.
    NoStart,
    /// A directory cannot be opened for the guest.
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The cache of compiled modules cannot be used.
    Cache(String),
    /// A system call failed that every guest needs.
    System {
        /// What was requested.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The compiler could not be set up, or the guest could not be instantiated.
    Runtime(String),
}

impl Error {
    pub(crate) fn system(what: &'static str, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        Error::System { what, source }
    }

    pub(crate) fn runtime(error: &wasmtime::Error) -> Self {
        Error::Runtime(format!("{error:#}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Read { path, source } => {
                write!(f, "cannot read {}: {source}", path.display())
            }
            Error::Compile { path, reason } => match path {
                Some(path) => write!(f, "cannot run {}: {reason}", path.display()),
                None => write!(f, "cannot run the module: {reason}"),
            },
            Error::Import(what) => f.write_str(what),
            Error::NoStart => f.write_str(
                "the module exports no function `_start`: build it as a program \
                 for wasm32-wasip1, not as a library",
            ),
            Error::Directory { path, reason } => {
                write!(f, "cannot open directory {}: {reason}", path.display())
            }
            Error::Cache(reason) => write!(f, "cannot use the cache of compiled modules: {reason}"),
            Error::System { what, source } => write!(f, "cannot create {what}: {source}"),
            Error::Runtime(reason) => f.write_str(reason),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            // The message includes the error itself already.
            Error::Read { source, .. } | Error::System { source, .. } => source.source(),
            _ => None,
        }
    }
}
