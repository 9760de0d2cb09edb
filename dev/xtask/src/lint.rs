//! `lint`: formatting, lints and docs, for native and for wasm32-wasip1.

use std::process::{Command, ExitCode};

use crate::cargo::{self, WASM_TARGET, cargo};
use crate::child_output::show;
use crate::packages;
use crate::steps::Steps;
use crate::workspace;

/// The packages that compile for wasm32-wasip1, beside those whose tests run there.
const WASM_PROGRAMS: [&str; 2] = ["examples", "bench"];
/// The packages whose docs differ there.
const WASM_DOCS: [&str; 2] = ["net-wasip1", "net-everywhere"];

/// Other systems, on which nothing is run yet: what is written for them must compile. Each with the
/// features of the facade that are checked: where more differs from Linux, all that need no C
/// compiler.
const OTHER_SYSTEMS: [(&str, &str); 2] = [
    (
        "x86_64-pc-windows-gnu",
        "grpc-gzip,http,memcache,memory,mysql-zstd,postgres,redis,tls-rustcrypto,ttrpc,websocket",
    ),
    ("aarch64-apple-darwin", "memory"),
];
/// The packages that are checked for these with their tests: what differs between systems is here.
const ON_OTHER_SYSTEMS: [&str; 7] = [
    "net-traits",
    "net-everywhere-time",
    "net-dial",
    "net-native",
    "net-resolver",
    "net-memory",
    "net-conformance",
];

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
            let tested = arguments(workspace::GUEST_PACKAGES);
            let programs = arguments(&WASM_PROGRAMS);
            show(&mut clippy(&[&target[..], &tested, &programs].concat()))
        });
        for features in ["", "getaddrinfo"] {
            let name = format!("clippy, {WASM_TARGET}, without dns {features}");
            let features = ["--no-default-features", "--features", features];
            steps.run(name.trim_end(), || {
                show(&mut clippy_of_net(WASM_TARGET, &features))
            });
        }
        let name = format!("docs, {WASM_TARGET}");
        steps.run(&name, || {
            show(&mut doc(
                &[&target, arguments(&WASM_DOCS).as_slice()].concat()
            ))
        });
    }
    for (system, features) in OTHER_SYSTEMS {
        steps.run(&format!("clippy, {system}"), || {
            cargo::ensure_target(system)?;
            let target = ["--target", system];
            let tested = arguments(&ON_OTHER_SYSTEMS);
            show(&mut clippy(&[&target[..], &tested].concat()))?;
            show(&mut clippy_of_net(system, &["--features", features]))
        });
    }
    packages::check(&mut steps);
    steps.finish()
}

fn arguments<'a>(names: &[&'a str]) -> Vec<&'a str> {
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

/// The facade alone, with the members that it depends on, but no tests.
fn clippy_of_net(target: &str, features: &[&str]) -> Command {
    let mut command = cargo();
    command
        .args(["clippy", "--lib", "--package", "net-everywhere"])
        .args(["--target", target])
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
