//! `size`: how large wasm modules are, of what people build with this library.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::cargo::{self, WASM_TARGET, cargo};
use crate::table::Table;

/// An example, what is said about it, the flags that it is built with, and its limit in bytes.
const MODULES: [(&str, &str, &[&str], u64); 5] = [
    (
        "echo",
        ", addresses only",
        &["--no-default-features"],
        220_000,
    ),
    ("echo", ", with the resolver", &[], 800_000),
    ("axum_server", "", &[], 1_300_000),
    ("https_get", "", &[], 2_400_000),
    ("grpc_greeter", "", &[], 2_000_000),
];

/// Builds the modules, prints a table, and fails if one is too large.
pub(crate) fn run() -> Result<()> {
    cargo::ensure_wasm_target()?;
    let mut table = Table::new(&["module", "bytes", "at most"]);
    let mut fits = true;
    for (example, about, flags, limit) in MODULES {
        let size = built_size(example, flags)?;
        fits &= size <= limit;
        let what = format!("{example}{about}");
        table.row(vec![what, size.to_string(), limit.to_string()]);
    }
    print!("{}", table.text());
    ensure!(fits, "a module is larger than it may be");
    Ok(())
}

fn built_size(example: &str, flags: &[&str]) -> Result<u64> {
    let mut command = cargo();
    command
        .args(["build", "--target", WASM_TARGET, "--profile", "small"])
        .args(["--package", "examples", "--example", example])
        .args(flags);
    let linked = cargo::build(&mut command)?;
    let is_it = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == example);
    let module = linked.iter().find(is_it);
    size_of(module.with_context(|| format!("cargo linked no {example}"))?)
}

fn size_of(module: &Path) -> Result<u64> {
    let data = fs::metadata(module).with_context(|| module.display().to_string())?;
    Ok(data.len())
}
