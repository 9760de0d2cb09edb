//! Generates ttrpc clients and servers from proto files, in a build script and
//! without `protoc`.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     net_ttrpc_build::compile(&["proto/greeter.proto"], &["proto"])?;
//!     Ok(())
//! }
//! ```
//!
//! The program that is built depends on `net` with the feature `ttrpc`, and
//! includes a file named as the package in the proto file:
//!
//! ```ignore
//! mod greeter {
//!     include!(concat!(env!("OUT_DIR"), "/greeter.rs"));
//! }
//! ```
//!
//! For a service `Greeter` there are `GreeterClient`, the trait `Greeter` that the
//! application implements, and `GreeterServer`, which serves an implementation.

mod generator;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use generator::Generator;

/// Compiles proto files, as [`Builder::compile`] does.
///
/// # Errors
///
/// As [`Builder::compile`].
pub fn compile<P: AsRef<Path>>(protos: &[P], includes: &[P]) -> io::Result<()> {
    Builder::new().compile(protos, includes)
}

/// How code is generated.
#[derive(Debug, Clone)]
pub struct Builder {
    runtime: String,
    client: bool,
    server: bool,
    out_dir: Option<PathBuf>,
}

impl Builder {
    /// Clients and servers that use `net::ttrpc`.
    #[must_use]
    pub fn new() -> Self {
        Builder {
            runtime: "::net::ttrpc".to_owned(),
            client: true,
            server: true,
            out_dir: None,
        }
    }

    /// Uses another path than `::net::ttrpc`, such as `::net_ttrpc`.
    #[must_use]
    pub fn with_runtime(mut self, path: impl Into<String>) -> Self {
        self.runtime = path.into();
        self
    }

    /// Whether there are clients.
    #[must_use]
    pub fn with_client(mut self, wanted: bool) -> Self {
        self.client = wanted;
        self
    }

    /// Whether there are servers.
    #[must_use]
    pub fn with_server(mut self, wanted: bool) -> Self {
        self.server = wanted;
        self
    }

    /// Writes to another folder than cargo's `OUT_DIR`.
    #[must_use]
    pub fn with_out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// Compiles proto files, each relative to one of the folders in `includes`,
    /// and tells cargo to do it again when one of them changes.
    ///
    /// # Errors
    ///
    /// [`InvalidData`](io::ErrorKind::InvalidData) with file, line and reason if a
    /// proto file is not right; that of the system if a file cannot be read or
    /// written.
    pub fn compile<P: AsRef<Path>>(&self, protos: &[P], includes: &[P]) -> io::Result<()> {
        for path in protos.iter().chain(includes) {
            println!("cargo:rerun-if-changed={}", path.as_ref().display());
        }
        let files = protox::compile(protos, includes).map_err(|error| invalid(&error))?;
        let mut config = prost_build::Config::new();
        config
            .prost_path(format!("{}::prost", self.runtime))
            .prost_types_path(format!("{}::prost_types", self.runtime))
            .service_generator(Box::new(Generator {
                runtime: self.runtime.clone(),
                client: self.client,
                server: self.server,
            }));
        if let Some(folder) = &self.out_dir {
            config.out_dir(folder);
        }
        config.compile_fds(files)
    }
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

/// With the place in the file, which its message alone lacks.
fn invalid(error: &(impl fmt::Debug + fmt::Display)) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{error:?}"))
}
