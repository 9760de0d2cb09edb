//! Programs that use the macros: some that must compile and run, and some that must not compile.
//!
//! `TRYBUILD=overwrite cargo test -p net-macros` rewrites the expected messages; read the diff.

mod lint_clean;
#[path = "../ui/stand_in.rs"]
mod stand_in;

use std::env;
use std::process::Command;

/// The toolchain that the messages in `tests/ui/fail` are of. Each release of rustc words and
/// lays out its own part of them differently.
const TOOLCHAIN: &str = "1.95.";

#[test]
fn accepted_programs_compile_and_run() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}

#[test]
fn mistakes_are_reported_where_they_are() {
    let version = rustc_version();
    if version.starts_with(&format!("rustc {TOOLCHAIN}")) {
        trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
    } else {
        println!("skipped: the messages are those of rustc {TOOLCHAIN}*, this is {version}");
    }
}

fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("rustc runs");
    String::from_utf8(output.stdout).expect("rustc prints UTF-8")
}
