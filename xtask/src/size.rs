//! `size`: how large a wasm module is, with the resolver and without.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::cargo::{self, WASM_TARGET, cargo};
use crate::table::Table;

/// What is measured, the flags that it is built with, and its limit in bytes.
const MODULES: [(&str, &[&str], u64); 2] = [
    ("echo, addresses only", &["--no-default-features"], 220_000),
    ("echo, with the resolver", &[], 800_000),
];

/// Builds the modules, prints a table, and fails if one is too large.
pub(crate) fn run() -> Result<()> {
    cargo::ensure_wasm_target()?;
    let mut table = Table::new(&["module", "bytes", "at most"]);
    let mut fits = true;
    for (what, flags, limit) in MODULES {
        let size = built_size(flags)?;
        fits &= size <= limit;
        table.row(vec![what.to_owned(), size.to_string(), limit.to_string()]);
    }
    print!("{}", table.text());
    ensure!(fits, "a module is larger than it may be");
    Ok(())
}

fn built_size(flags: &[&str]) -> Result<u64> {
    let mut command = cargo();
    command
        .args(["build", "--target", WASM_TARGET, "--profile", "small"])
        .args(["--package", "examples", "--example", "echo"])
        .args(flags);
    let linked = cargo::build(&mut command)?;
    let is_echo = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == "echo");
    let module = linked
        .iter()
        .find(is_echo)
        .context("cargo linked no echo")?;
    size_of(module)
}

fn size_of(module: &Path) -> Result<u64> {
    let data = fs::metadata(module).with_context(|| module.display().to_string())?;
    Ok(data.len())
}
