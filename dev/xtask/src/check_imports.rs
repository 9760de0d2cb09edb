//! `check-imports`: checks what linked modules import.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::import_rules;

/// Arguments of `check-imports`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[arg(
        long,
        help = "Also allow what only WasmEdge has: the names that end in _v2, and epoll_oneoff"
    )]
    wasmedge_unix: bool,
    /// The modules
    #[arg(value_name = "FILE.WASM", required = true)]
    modules: Vec<PathBuf>,
}

/// Fails when a module imports what it may not.
pub(crate) fn run(options: &Options) -> Result<()> {
    check(&options.modules, options.wasmedge_unix)
}

/// Checks every module, and tells all violations.
pub(crate) fn check(modules: &[PathBuf], wasmedge_unix: bool) -> Result<()> {
    let mut lines = Vec::new();
    for module in modules {
        let found =
            violations_of(module, wasmedge_unix).with_context(|| module.display().to_string())?;
        lines.extend(
            found
                .iter()
                .map(|line| format!("{}: {line}", module.display())),
        );
    }
    if !lines.is_empty() {
        bail!("imports that may not be:\n{}", lines.join("\n"));
    }
    println!("checked the imports of {} modules", modules.len());
    Ok(())
}

fn violations_of(module: &Path, wasmedge_unix: bool) -> Result<Vec<String>> {
    import_rules::violations(&fs::read(module)?, wasmedge_unix)
}
