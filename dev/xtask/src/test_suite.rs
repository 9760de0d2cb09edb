//! `test`: all tests, natively and as guests.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::Args;

use crate::cargo::{self, WASM_TARGET, cargo};
use crate::child_output::{show, show_guests};
use crate::demo::{self, Programs};
use crate::dns_server::DnsServer;
use crate::hosts::{Host, HostKind};
use crate::peers::Launcher;
use crate::steps::Steps;
use crate::{
    ahead_of_time, check_imports, compile_errors, conformance, example_checks, left_over_sockets,
    setup_hosts, workspace,
};

/// So few that a test which leaks descriptors runs out of them.
const MAX_OPEN_FILES: u32 = 1024;

/// Arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run the native tests
    #[arg(long)]
    native: bool,
    /// Run the tests on this host; can be repeated
    #[arg(long)]
    host: Vec<HostKind>,
    /// Arguments for the test programs, such as a filter; only tests are run then
    #[arg(last = true)]
    args: Vec<String>,
}

impl Options {
    /// Whether everything is asked for, the checks that are no test programs included.
    fn everything(&self) -> bool {
        self.runs_all_targets() && self.args.is_empty()
    }

    fn runs_all_targets(&self) -> bool {
        !self.native && self.host.is_empty()
    }
}

/// Runs what is asked for and prints a summary.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    // Now, since the tests' own build may replace the file.
    let this_program = env::current_exe().context("the name of this program")?;
    let mut steps = Steps::default();
    let hosts = set_up(options, &mut steps);
    let surroundings = Surroundings {
        dns: steps.run("DNS server", DnsServer::start).flatten(),
        peers: steps.run("launcher of programs", Launcher::start),
    };
    if options.native || options.runs_all_targets() {
        steps.run("native: cargo test", || {
            show(
                surroundings
                    .tell(&mut cargo())
                    .args(["test", "--workspace", "--exclude", "net-run"])
                    // It has no tests, and many programs to link.
                    .args(["--exclude", "bench"])
                    .args(["--no-fail-fast", "--"])
                    .args(&options.args),
            )
        });
        // Its compiler is so slow without optimisation that this is faster.
        steps.run("net-run: cargo test", || {
            show(
                cargo()
                    .args(["test", "--package", "net-run", "--release"])
                    .args(["--no-fail-fast", "--"])
                    .args(&options.args),
            )
        });
    }
    if !options.host.is_empty() || options.runs_all_targets() {
        let linked = steps.run(&format!("build for {WASM_TARGET}"), || {
            cargo::ensure_wasm_target()?;
            if cargo::c_for_guests().is_none() {
                eprintln!("skipped: tests of ring in guests, which need clang and llvm-ar");
            }
            build_guests()
        });
        if let Some(linked) = linked {
            let guests = Guests {
                hosts: &hosts,
                linked: &linked,
                this_program: &this_program,
                surroundings: &surroundings,
            };
            guests.test(options, &mut steps);
        }
    }
    Ok(steps.finish())
}

fn set_up(options: &Options, steps: &mut Steps) -> Vec<Host> {
    let kinds = match (options.host.as_slice(), options.native) {
        ([], true) => return Vec::new(),
        ([], false) => &HostKind::ALL,
        (kinds, _) => kinds,
    };
    steps
        .run("hosts", || setup_hosts::set_up(kinds))
        .unwrap_or_default()
}

/// Links the test programs and the examples.
fn build_guests() -> Result<Vec<PathBuf>> {
    let mut command = guest_tests();
    command.arg("--no-run");
    cargo::build(&mut command)
}

/// `cargo test` of what runs as a guest; the examples are along so that one build serves all.
fn guest_tests() -> Command {
    let mut command = cargo();
    command.args(["test", "--target", WASM_TARGET, "--package", "examples"]);
    for package in workspace::GUEST_PACKAGES {
        command.args(["--package", package]);
    }
    if let Some(variables) = cargo::c_for_guests() {
        command.args(["--features", "net-tls/ring"]).envs(variables);
    }
    command
}

/// What test programs find around them.
#[derive(Debug)]
struct Surroundings {
    dns: Option<DnsServer>,
    peers: Option<Launcher>,
}

impl Surroundings {
    /// Tells tests of it; guests are told what begins with `NET_`, too.
    fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        if let Some(server) = &self.dns {
            command.env("NET_TEST_DNS_SERVER", server.address());
        }
        if let Some(launcher) = &self.peers {
            let (name, value) = launcher.variable();
            command.env(name, value);
        }
        command
    }
}

/// Tests that run as guests.
#[derive(Debug)]
struct Guests<'a> {
    hosts: &'a [Host],
    linked: &'a [PathBuf],
    this_program: &'a Path,
    surroundings: &'a Surroundings,
}

impl Guests<'_> {
    fn test(&self, options: &Options, steps: &mut Steps) {
        steps.run("check-imports", || check_imports::check(self.linked, false));
        steps.run("compile errors", compile_errors::check);
        let on_each = |host| move |steps: &mut Steps| self.test_on(host, options, steps);
        steps.run_side_by_side(self.hosts.iter().map(on_each).collect());
        if options.everything() {
            steps.run("conformance", || conformance::check(self.hosts));
        }
        steps.run("left-over sockets", left_over_sockets::remove);
        if options.everything() {
            let native = steps.run("build the examples", || {
                cargo::build(
                    // As they were tested, so that nothing is built again.
                    cargo().args(["build", "--workspace", "--exclude", "net-run", "--examples"]),
                )
            });
            let Some(native) = native else { return };
            steps.run("examples", || {
                example_checks::check(&native, self.linked, self.hosts, &[])
            });
            steps.run("demo", || {
                let native = Programs::among(&native)?;
                let guest = Programs::among(self.linked)?;
                demo::show(&native, &guest, self.hosts, ahead_of_time::QUICK)
            });
        }
    }

    /// Runs all that is for one host.
    fn test_on(&self, host: &Host, options: &Options, steps: &mut Steps) {
        steps.run(&format!("{host}: cargo test"), || {
            self.test_programs_on(host, &options.args)
        });
        if host.kind == HostKind::WasmEdge && options.args.is_empty() {
            steps.run(&format!("{host}: Unix sockets"), || {
                self.test_unix_on_wasmedge(host)
            });
        }
        if host.kind == HostKind::WasiGo && options.args.is_empty() {
            steps.run(&format!("{host}: inherited listeners"), || {
                self.test_inherited_on_wasi_go(host)
            });
        }
    }

    /// What each line of a host's tests begins with, if others run at the same time.
    fn label(&self, host: &Host) -> Option<&'static str> {
        (self.hosts.len() > 1).then(|| host.kind.name())
    }

    /// Runs the test programs on one host, with this program as cargo's runner.
    fn test_programs_on(&self, host: &Host, args: &[String]) -> Result<()> {
        if host.kind == HostKind::WasmEdge {
            let programs = test_programs(self.linked);
            ahead_of_time::artifacts(host, &programs, ahead_of_time::QUICK)?;
        }
        let runner = runner(host, self.this_program, " --dir /tmp");
        let mut command = guest_tests();
        self.surroundings.tell(&mut command);
        command.args(["--tests", "--no-fail-fast", "--config", &runner]);
        command.arg("--").args(args);
        // A panic ends a guest at once, and what the harness had captured would be lost with it.
        if !args
            .iter()
            .any(|arg| arg == "--nocapture" || arg == "--no-capture")
        {
            command.arg("--nocapture");
        }
        show_guests(&mut command, self.label(host))
    }

    /// Runs what is about Unix sockets in a module that was built for `WasmEdge` alone.
    fn test_unix_on_wasmedge(&self, host: &Host) -> Result<()> {
        let tests = || {
            let mut command = cargo();
            command.args([
                "test",
                "--target",
                WASM_TARGET,
                "--package",
                "net-everywhere",
            ]);
            command.args(["--package", "net-conformance"]);
            command.args(["--features", "wasmedge-unix", "--test", "it"]);
            command
        };
        let linked = cargo::build(tests().arg("--no-run"))?;
        check_imports::check(&linked, true)?;
        let mut command = tests();
        command.args(["--config", &runner(host, self.this_program, "")]);
        command.args(["--", "unix::", "--nocapture"]);
        show_guests(&mut command, self.label(host))
    }

    /// Runs what is about listeners that are open when a guest begins. By itself: with one, the
    /// guest's C library ends the program at the first path that it uses.
    fn test_inherited_on_wasi_go(&self, host: &Host) -> Result<()> {
        let runner = runner(
            host,
            self.this_program,
            " --listen 127.0.0.1:0 --listen 127.0.0.1:0",
        );
        let mut command = cargo();
        command
            .args([
                "test",
                "--target",
                WASM_TARGET,
                "--package",
                "net-everywhere",
            ])
            .args(["--test", "it", "--config", &runner])
            .env("NET_TEST_LISTENERS", "2");
        command.args(["--", "inherited::", "--nocapture"]);
        show_guests(&mut command, self.label(host))
    }
}

/// The linked modules but for the examples.
fn test_programs(linked: &[PathBuf]) -> Vec<PathBuf> {
    let is_example = |path: &&PathBuf| path.parent().is_some_and(|dir| dir.ends_with("examples"));
    linked
        .iter()
        .filter(|path| !is_example(path))
        .cloned()
        .collect()
}

/// The setting that makes cargo run guests on `host`.
fn runner(host: &Host, this_program: &Path, more: &str) -> String {
    let host = match host.kind {
        HostKind::NetRun => "net-run",
        HostKind::WasmEdge => "wasmedge",
        HostKind::WasiGo => "wasi-go",
    };
    let quick = ahead_of_time::QUICK;
    // One string, as in the workspace's own setting, which an array would be
    // added to. Cargo splits it at blanks, which a path below the workspace,
    // relative to it, has none of.
    let program = this_program.strip_prefix(workspace::root());
    let program = program.unwrap_or(this_program).display();
    format!(
        "target.{WASM_TARGET}.runner='{program} run-guest --host {host} \
         --optimize {quick} --max-open-files {MAX_OPEN_FILES}{more}'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runner_is_one_string_relative_to_the_workspace() {
        let host = Host {
            kind: HostKind::WasiGo,
            version: "0.8.0".to_owned(),
            program: "wasirun".into(),
        };
        let program = workspace::root().join("target/debug/xtask");
        assert_eq!(
            runner(&host, &program, " --dir /tmp"),
            "target.wasm32-wasip1.runner='target/debug/xtask run-guest --host wasi-go \
             --optimize 0 --max-open-files 1024 --dir /tmp'"
        );
    }

    #[test]
    fn examples_are_no_test_programs() {
        let linked = [
            "/t/debug/deps/net-1.wasm".into(),
            "/t/debug/examples/echo.wasm".into(),
        ];
        assert_eq!(test_programs(&linked), linked[..1]);
    }
}
