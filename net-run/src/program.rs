//! Compiling modules.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use wasmtime::{Cache, CacheConfig, Config, Engine, Module, WasmBacktraceDetails};

use crate::error::Error;

/// Compiles modules, and caches the compiled code on disk.
///
/// ```no_run
/// use net_run::Compiler;
///
/// let compiler = Compiler::new()?;
/// let program = compiler.load("app.wasm")?;
/// # Ok::<(), net_run::Error>(())
/// ```
#[derive(Clone)]
pub struct Compiler {
    engine: Engine,
}

impl Compiler {
    /// Creates a compiler that uses the user's cache directory.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory cannot be created.
    pub fn new() -> Result<Self, Error> {
        Compiler::cached(&CacheConfig::new())
    }

    /// Creates a compiler with a cache in this directory, which is created if it
    /// does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the directory cannot be created.
    pub fn with_cache_in(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = std::path::absolute(folder.into());
        let folder = folder.map_err(|error| Error::Cache(error.to_string()))?;
        Compiler::cached(CacheConfig::new().with_directory(folder))
    }

    /// Creates a compiler without a cache, which takes about a second per
    /// megabyte of each module.
    ///
    /// # Errors
    ///
    /// Returns an error if this machine cannot run compiled modules.
    pub fn without_cache() -> Result<Self, Error> {
        Compiler::build(None)
    }

    fn cached(config: &CacheConfig) -> Result<Self, Error> {
        let cache = Cache::new(config.clone());
        let cache = cache.map_err(|error| Error::Cache(format!("{error:#}")))?;
        Compiler::build(Some(cache))
    }

    fn build(cache: Option<Cache>) -> Result<Self, Error> {
        let mut config = Config::new();
        config
            .cache(cache)
            .epoch_interruption(true)
            .wasm_backtrace_details(WasmBacktraceDetails::Enable);
        let engine = Engine::new(&config).map_err(|error| Error::runtime(&error))?;
        Ok(Compiler { engine })
    }

    /// Compiles the module in a file.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read or is not a valid module.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Program, Error> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        self.compile_file(&bytes, Some(path))
    }

    /// Compiles a module in the binary format.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a valid module.
    pub fn compile(&self, bytes: &[u8]) -> Result<Program, Error> {
        self.compile_file(bytes, None)
    }

    fn compile_file(&self, bytes: &[u8], path: Option<&Path>) -> Result<Program, Error> {
        let refused = |reason| Error::Compile {
            path: path.map(Path::to_owned),
            reason,
        };
        // Checked here, since the parser's own messages are cryptic.
        match bytes {
            [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] => {}
            [b'\0', b'a', b's', b'm', _, _, 1, 0, ..] => {
                return Err(refused(
                    "it is a component, not a module: build it for wasm32-wasip1, not for wasip2"
                        .to_owned(),
                ));
            }
            _ => return Err(refused("it is not a WebAssembly module".to_owned())),
        }
        let module = Module::new(&self.engine, bytes);
        let module = module.map_err(|error| refused(format!("{error:#}")))?;
        Ok(Program { module })
    }
}

impl fmt::Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiler").finish_non_exhaustive()
    }
}

/// A compiled module. It may run any number of times, also concurrently.
#[derive(Clone)]
pub struct Program {
    pub(crate) module: Module,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}
