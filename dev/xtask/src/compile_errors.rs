//! Programs that must not compile for the wasm target, and what they are told.
//!
//! The macros' own tests run natively; what only the other target refuses is
//! checked here.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::cargo::{WASM_TARGET, cargo};
use crate::workspace;

/// The arguments of `#[net_main]`, and a part of the message.
const REFUSED: [(&str, &str); 2] = [
    (
        r#"flavor = "multi_thread""#,
        r#"`flavor = "multi_thread"` needs threads, and wasm32-wasip1 has none"#,
    ),
    (
        "worker_threads = 2",
        "`worker_threads = 2` needs threads, and wasm32-wasip1 has none",
    ),
];

/// Compiles each program and compares.
pub(crate) fn check() -> Result<()> {
    let folder = workspace::root().join("target/compile-errors");
    fs::create_dir_all(folder.join("src")).context("a folder for the programs")?;
    fs::copy(
        workspace::root().join("Cargo.lock"),
        folder.join("Cargo.lock"),
    )
    .context("the versions of dependencies")?;
    let net = workspace::root().join("net");
    fs::write(folder.join("Cargo.toml"), manifest(&net)).context("a manifest")?;
    for (argument, message) in REFUSED {
        let program = format!("#[net::net_main({argument})]\nasync fn main() {{}}\n");
        fs::write(folder.join("src/main.rs"), program).context("a program")?;
        let output = cargo()
            .current_dir(&folder)
            .args(["check", "--quiet", "--target", WASM_TARGET, "--target-dir"])
            .arg(workspace::root().join("target"))
            .stdin(Stdio::null())
            .output()
            .context("cannot start cargo")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success(), "{argument} compiles");
        ensure!(said.contains(message), "{argument} is refused with: {said}");
    }
    Ok(())
}

fn manifest(net: &Path) -> String {
    format!(
        "[package]\nname = \"compile-errors\"\nedition = \"2024\"\n\n\
         [dependencies]\nnet = {{ package = \"net-everywhere\", path = {:?} }}\n\n[workspace]\n",
        net.display().to_string()
    )
}
