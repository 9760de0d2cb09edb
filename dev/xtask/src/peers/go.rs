//! Programs that Go builds from a module in the repository, which pins all versions.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::child_output::capture;
use crate::workspace;

/// A program, and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GoProgram {
    pub(crate) name: &'static str,
    /// The folder with the module's `go.mod`.
    pub(crate) module: &'static str,
    /// The package in it, or one that it requires.
    pub(crate) package: &'static str,
}

impl GoProgram {
    /// Builds it below the target folder. Go does nothing where nothing has changed.
    pub(crate) fn build(&self) -> Result<PathBuf> {
        capture(Command::new("go").arg("version"))
            .context("it is built by Go, which is not here")?;
        eprintln!("{}: building with Go", self.name);
        let program = workspace::root().join("target/peers").join(self.name);
        capture(
            Command::new("go")
                .current_dir(workspace::root().join(self.module))
                .args(["build", "-mod=readonly", "-trimpath", "-o"])
                .arg(&program)
                .arg(self.package)
                // A workspace file further up would replace the pinned versions.
                .env("GOWORK", "off"),
        )?;
        Ok(program)
    }
}
