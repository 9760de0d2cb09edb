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
//! The program depends on `net` with the feature `ttrpc`, and includes a file that
//! is named after the package in the proto file:
//!
//! ```ignore
//! mod greeter {
//!     include!(concat!(env!("OUT_DIR"), "/greeter.rs"));
//! }
//! ```
//!
//! For a service `Greeter`, it contains `GreeterClient`, the trait `Greeter` that
//! the application implements, and `GreeterServer`, which serves an
//! implementation.

mod generator;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use generator::Generator;

/// Compiles proto files with the default settings; see [`Builder::compile`].
///
/// # Errors
///
/// See [`Builder::compile`].
pub fn compile<P: AsRef<Path>>(protos: &[P], includes: &[P]) -> io::Result<()> {
    Builder::new().compile(protos, includes)
}

/// Configures the generated code.
#[derive(Debug, Clone)]
pub struct Builder {
    runtime: String,
    client: bool,
    server: bool,
    out_dir: Option<PathBuf>,
}

impl Builder {
    /// Creates a builder that generates clients and servers, using `net::ttrpc`.
    #[must_use]
    pub fn new() -> Self {
        Builder {
            runtime: "::net::ttrpc".to_owned(),
            client: true,
            server: true,
            out_dir: None,
        }
    }

    /// Sets the path of the runtime crate, such as `::net_ttrpc`. Default:
    /// `::net::ttrpc`.
    #[must_use]
    pub fn with_runtime(mut self, path: impl Into<String>) -> Self {
        self.runtime = path.into();
        self
    }

    /// Sets whether clients are generated. Default: true.
    #[must_use]
    pub fn with_client(mut self, wanted: bool) -> Self {
        self.client = wanted;
        self
    }

    /// Sets whether servers are generated. Default: true.
    #[must_use]
    pub fn with_server(mut self, wanted: bool) -> Self {
        self.server = wanted;
        self
    }

    /// Sets the output directory. Default: cargo's `OUT_DIR`.
    #[must_use]
    pub fn with_out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// Compiles proto files, each relative to one of the directories in `includes`.
    /// Cargo reruns the build script when one of them changes.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`InvalidData`](io::ErrorKind::InvalidData), with
    /// file, line and reason, if a proto file is invalid, and the error of the system
    /// if a file cannot be read or written.
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

/// Includes the position in the file, which the message alone lacks.
fn invalid(error: &(impl fmt::Debug + fmt::Display)) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{error:?}"))
}
