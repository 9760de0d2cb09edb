//! Calling cargo, and the wasm target that it builds for.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::child_output::{capture, show};
use crate::workspace;

/// The target of guests.
pub(crate) const WASM_TARGET: &str = "wasm32-wasip1";

/// A cargo command in the workspace's root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root());
    command
}

/// Adds the wasm target where it is missing.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    ensure_target(WASM_TARGET)
}

/// Adds a target where it is missing.
pub(crate) fn ensure_target(target: &str) -> Result<()> {
    let printed =
        capture(Command::new("rustc").args(["--print", "target-libdir", "--target", target]))?;
    let folder = String::from_utf8(printed).context("the name of rustc's folder")?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    eprintln!("adding the target {target}");
    show(Command::new("rustup").args(["target", "add", target]))
        .with_context(|| format!("Rust's target {target} is missing, and rustup cannot add it"))
}

/// The variables by which C is compiled for guests, as ring needs it; none without clang.
pub(crate) fn c_for_guests() -> Option<[(&'static str, &'static str); 2]> {
    let answers = |program: &str| {
        let mut command = Command::new(program);
        command
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let found = answers("clang") && answers("llvm-ar");
    found.then_some([
        ("CC_wasm32_wasip1", "clang"),
        ("AR_wasm32_wasip1", "llvm-ar"),
    ])
}

/// Runs a cargo command that builds; the result holds the linked programs.
pub(crate) fn build(command: &mut Command) -> Result<Vec<PathBuf>> {
    let output = command
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("cargo: {}", output.status);
    }
    let messages = String::from_utf8(output.stdout).context("cargo's messages")?;
    Ok(messages.lines().filter_map(executable_in).collect())
}

/// The value of `"executable"` in one of cargo's JSON messages.
fn executable_in(message: &str) -> Option<PathBuf> {
    if !message.starts_with(r#"{"reason":"compiler-artifact""#) {
        return None;
    }
    let (_, after) = message.rsplit_once(r#""executable":""#)?;
    let mut path = String::new();
    let mut characters = after.chars();
    loop {
        match characters.next()? {
            '"' => return Some(path.into()),
            // Cargo escapes nothing in a path but quotes and backslashes.
            '\\' => path.push(characters.next()?),
            character => path.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_executable_of_a_message() {
        let message = r#"{"reason":"compiler-artifact","target":{"name":"x"},"filenames":["/t/x"],"executable":"/t/a \"b\"\\x","fresh":true}"#;
        assert_eq!(executable_in(message), Some(PathBuf::from(r#"/t/a "b"\x"#)));
        let library = r#"{"reason":"compiler-artifact","executable":null,"fresh":true}"#;
        assert_eq!(executable_in(library), None);
        assert_eq!(
            executable_in(r#"{"reason":"build-finished","success":true}"#),
            None
        );
    }
}
