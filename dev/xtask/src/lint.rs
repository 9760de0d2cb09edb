//! `lint`: formatting, lints and docs, for native and for wasm32-wasip1.

use std::process::{Command, ExitCode};

use crate::cargo::{self, WASM_TARGET, cargo};
use crate::child_output::show;
use crate::steps::Steps;
use crate::workspace;

/// The packages that compile for wasm32-wasip1, beside those whose tests run there.
const WASM_PROGRAMS: [&str; 2] = ["examples", "bench"];
/// The packages whose docs differ there.
const WASM_DOCS: [&str; 2] = ["net-wasip1", "net"];

/// Other systems, on which nothing is run yet: what is written for them must compile.
const OTHER_SYSTEMS: [&str; 2] = ["x86_64-pc-windows-gnu", "aarch64-apple-darwin"];

/// Runs every check and prints a summary.
pub(crate) fn run() -> ExitCode {
    let mut steps = Steps::default();
    steps.run("format", || show(cargo().args(["fmt", "--all", "--check"])));
    steps.run("clippy, native", || show(&mut clippy(&["--workspace"])));
    steps.run("docs, native", || show(&mut doc(&["--workspace"])));
    if steps
        .run("wasm target", cargo::ensure_wasm_target)
        .is_some()
    {
        let target = ["--target", WASM_TARGET];
        let name = format!("clippy, {WASM_TARGET}");
        steps.run(&name, || {
            let tested = packages(workspace::GUEST_PACKAGES);
            let programs = packages(&WASM_PROGRAMS);
            show(&mut clippy(&[&target[..], &tested, &programs].concat()))
        });
        for features in [&[][..], &["--features", "getaddrinfo"]] {
            let name = format!("clippy, {WASM_TARGET}, without dns {}", features.join(" "));
            steps.run(name.trim_end(), || show(&mut without_dns(features)));
        }
        let name = format!("docs, {WASM_TARGET}");
        steps.run(&name, || {
            show(&mut doc(
                &[&target, packages(&WASM_DOCS).as_slice()].concat()
            ))
        });
    }
    for system in OTHER_SYSTEMS {
        steps.run(&format!("clippy, {system}"), || {
            cargo::ensure_target(system)?;
            show(&mut clippy(&[
                "--target",
                system,
                "--package",
                "net-native",
            ]))
        });
    }
    steps.finish()
}

fn packages<'a>(names: &[&'a str]) -> Vec<&'a str> {
    names.iter().flat_map(|&name| ["--package", name]).collect()
}

fn clippy(what: &[&str]) -> Command {
    let mut command = cargo();
    command
        .args(["clippy", "--all-targets"])
        .args(what)
        .args(["--", "-D", "warnings"]);
    command
}

/// The face without its default feature, which its tests need.
fn without_dns(features: &[&str]) -> Command {
    let mut command = cargo();
    command
        .args(["clippy", "--target", WASM_TARGET, "--package", "net"])
        .args(["--lib", "--no-default-features"])
        .args(features)
        .args(["--", "-D", "warnings"]);
    command
}

fn doc(what: &[&str]) -> Command {
    let mut command = cargo();
    command
        .args(["doc", "--no-deps"])
        .args(what)
        .env("RUSTDOCFLAGS", "-D warnings");
    command
}
