//! The examples, run natively and on every host, with peers that are not ours.
//!
//! Each file is about one example, or about two that talk to each other.

mod axum_server;
mod chat;
mod echo;
mod grpc_greeter;
mod guestbook;
mod http_server;
mod https_get;
mod memcache_cache;
mod mysql_orders;
mod postgres_todo;
mod redis_counter;
mod reverse_proxy;
mod slow_request;
mod udp_echo;
mod websocket_chat;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::ahead_of_time;
use crate::cargo::{self, WASM_TARGET, cargo};
use crate::child_output::{Finished, capture_within};
use crate::guest_command::Guest;
use crate::hosts::{Host, HostKind};
use crate::peers;
use crate::running_server::RunningServer;
use crate::setup_hosts;
use crate::table::Table;

/// How long one client may take; wasi-go compiles the example before.
const LIMIT: Duration = Duration::from_secs(60);

/// What is done with an example at one place.
type Check = fn(&Place<'_>) -> Result<()>;

const CHECKS: &[(&str, Check)] = &[
    ("axum_server", axum_server::check),
    ("chat", chat::check),
    ("echo", echo::check),
    ("grpc_greeter", grpc_greeter::check),
    ("guestbook", guestbook::check),
    ("http_server", http_server::check),
    ("https_get", https_get::check),
    ("memcache_cache", memcache_cache::check),
    ("mysql_orders", mysql_orders::check),
    ("postgres_todo", postgres_todo::check),
    ("redis_counter", redis_counter::check),
    ("reverse_proxy", reverse_proxy::check),
    ("udp_echo", udp_echo::check),
    ("websocket_chat", websocket_chat::check),
];

/// Arguments of `examples`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Check the native ones only
    #[arg(long)]
    native: bool,
    /// The examples to check [default: all]
    examples: Vec<String>,
}

/// Builds the examples and checks them.
pub(crate) fn run(options: &Options) -> Result<()> {
    let build = || {
        let mut command = cargo();
        command.args(["build", "--package", "examples", "--examples"]);
        command
    };
    let native = cargo::build(&mut build())?;
    if options.native {
        return check(&native, &[], &[], &options.examples);
    }
    cargo::ensure_wasm_target()?;
    let hosts = setup_hosts::set_up_all()?;
    let guest = cargo::build(build().args(["--target", WASM_TARGET]))?;
    check(&native, &guest, &hosts, &options.examples)
}

/// Runs the checks of the named examples, or of all, at every place, and prints a table.
pub(crate) fn check(
    native: &[PathBuf],
    guest: &[PathBuf],
    hosts: &[Host],
    examples: &[String],
) -> Result<()> {
    let is_chosen = |name: &str| examples.is_empty() || examples.iter().any(|it| it == name);
    let mut checks = CHECKS.to_vec();
    checks.retain(|(name, _)| is_chosen(name));
    ensure!(
        checks.len() >= examples.len(),
        "not all of these are examples with a check: {}",
        examples.join(", ")
    );
    let mut places = vec![Place {
        programs: native,
        host: None,
    }];
    places.extend(hosts.iter().map(|host| Place {
        programs: guest,
        host: Some(host),
    }));
    let mut header = vec!["example".to_owned()];
    header.extend(places.iter().map(Place::name));
    let mut table = Table::new(&header.iter().map(String::as_str).collect::<Vec<_>>());
    let mut failures = 0;
    compile_ahead(guest, hosts, &checks)?;
    for (name, check) in checks {
        let mut row = vec![name.to_owned()];
        for place in &places {
            let result = check(place);
            if let Err(error) = &result {
                eprintln!("error: {name}, {}: {error:#}", place.name());
                failures += 1;
            }
            row.push(if result.is_ok() { "ok" } else { "FAILED" }.to_owned());
        }
        table.row(row);
    }
    println!("\n{}", table.text());
    ensure!(failures == 0, "{failures} checks of examples failed");
    Ok(())
}

/// So that no server is waited for while it is compiled.
fn compile_ahead(guest: &[PathBuf], hosts: &[Host], checks: &[(&str, Check)]) -> Result<()> {
    let Some(host) = hosts.iter().find(|host| host.kind == HostKind::WasmEdge) else {
        return Ok(());
    };
    let modules = checks
        .iter()
        .map(|(name, _)| find(guest, name).map(Path::to_owned));
    ahead_of_time::artifacts(
        host,
        &modules.collect::<Result<Vec<_>>>()?,
        ahead_of_time::QUICK,
    )
}

fn find<'a>(programs: &'a [PathBuf], example: &str) -> Result<&'a Path> {
    let is_it = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == example);
    let found = programs.iter().find(is_it);
    found
        .map(PathBuf::as_path)
        .with_context(|| format!("no example {example}"))
}

/// Where examples run: natively, or on a host.
#[derive(Debug)]
struct Place<'a> {
    programs: &'a [PathBuf],
    host: Option<&'a Host>,
}

impl Place<'_> {
    fn name(&self) -> String {
        self.host
            .map_or_else(|| "native".to_owned(), Host::to_string)
    }

    fn command(&self, example: &str, args: &[&str]) -> Result<Command> {
        let program = find(self.programs, example)?;
        let Some(host) = self.host else {
            let mut command = Command::new(program);
            command.args(args);
            return Ok(command);
        };
        let guest = Guest::new(program, ahead_of_time::QUICK);
        args.iter().fold(guest, Guest::arg).command(host)
    }

    /// Runs an example to its end, and takes what it printed.
    fn run(&self, example: &str, args: &[&str]) -> Result<String> {
        output(&mut self.command(example, args)?)
    }

    fn is_native(&self) -> bool {
        self.host.is_none()
    }

    /// Ends a server. No host tells a guest, so only a native one ends by itself.
    fn end(&self, server: RunningServer) -> Result<()> {
        server.end(self.is_native())
    }

    /// Starts an example that says `listening on URL`.
    fn serve(&self, example: &str, args: &[&str]) -> Result<RunningServer> {
        RunningServer::start(self.command(example, args)?)
    }
}

/// Runs a program that is not ours, and takes what it printed.
fn peer(program: &str, args: &[&str]) -> Result<String> {
    output(peers::command(program)?.args(args))
}

fn output(command: &mut Command) -> Result<String> {
    let finished: Finished = capture_within(command, LIMIT)?;
    if !finished.status.success() {
        bail!(
            "{}: {}",
            command.get_program().display(),
            finished.complaint()
        );
    }
    Ok(String::from_utf8_lossy(&finished.stdout).into_owned())
}
