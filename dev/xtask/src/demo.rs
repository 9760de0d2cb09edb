//! `demo`: one HTTP server, natively and on every host, each fetched from.

use std::env::consts::{ARCH, OS};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::ahead_of_time;
use crate::cargo::{self, WASM_TARGET, cargo};
use crate::child_output::{self, Finished};
use crate::guest_command::Guest;
use crate::hosts::Host;
use crate::running_server::RunningServer;
use crate::setup_hosts;
use crate::table::Table;

/// How long one fetch may take; wasi-go compiles the client before.
const FETCH_LIMIT: Duration = Duration::from_secs(60);

/// The two example programs, built for one target.
#[derive(Debug)]
pub(crate) struct Programs {
    http_server: PathBuf,
    http_get: PathBuf,
}

impl Programs {
    pub(crate) fn http_server(&self) -> &Path {
        &self.http_server
    }

    /// Picks them out of what a build linked.
    pub(crate) fn among(linked: &[PathBuf]) -> Result<Self> {
        let find = |name: &str| {
            let is_it = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == name);
            linked
                .iter()
                .find(is_it)
                .cloned()
                .with_context(|| format!("no example {name}"))
        };
        Ok(Self {
            http_server: find("http_server")?,
            http_get: find("http_get")?,
        })
    }
}

/// Sets everything up, builds both programs for both targets and shows them.
pub(crate) fn run() -> Result<()> {
    cargo::ensure_wasm_target()?;
    let hosts = setup_hosts::set_up_all()?;
    let (native, guest) = build()?;
    show(&native, &guest, &hosts, ahead_of_time::OPTIMISED)
}

/// Builds both programs, natively and as guests.
pub(crate) fn build() -> Result<(Programs, Programs)> {
    let native = cargo::build(&mut optimized_build())?;
    let guest = cargo::build(optimized_build().args(["--target", WASM_TARGET]))?;
    Ok((Programs::among(&native)?, Programs::among(&guest)?))
}

fn optimized_build() -> Command {
    let mut command = cargo();
    command.args(["build", "--profile", "optimized", "--package", "examples"]);
    command.args(["--example", "http_server", "--example", "http_get"]);
    command
}

/// Runs the server natively and on every host, fetches from each, and prints the table.
pub(crate) fn show(
    native: &Programs,
    guest: &Programs,
    hosts: &[Host],
    optimize: u8,
) -> Result<()> {
    let mut visits = Visits::new();
    let mut server = Command::new(&native.http_server);
    server.arg("127.0.0.1:0");
    let mut clients = Vec::new();
    for host in hosts {
        // It runs once: compiling it well would take longer than running it.
        let get = Guest::new(&guest.http_get, ahead_of_time::QUICK);
        clients.push((format!("http_get on {host}"), Client::Guest(get, host)));
    }
    visits.visit("native", &format!("{OS} {ARCH}"), Ok(server), clients);
    for host in hosts {
        let server = Guest::new(&guest.http_server, optimize)
            .arg("127.0.0.1:0")
            .command(host);
        let client = (
            "http_get, native".to_owned(),
            Client::Native(&native.http_get),
        );
        visits.visit(WASM_TARGET, &host.to_string(), server, vec![client]);
    }
    visits.finish()
}

/// A program that fetches.
enum Client<'a> {
    Native(&'a Path),
    Guest(Guest, &'a Host),
    Curl,
}

impl Client<'_> {
    /// Fetches the URL; the result is the status as far as the client tells it.
    fn fetch(&self, url: &str) -> Result<(String, Duration)> {
        let mut command = match self {
            Client::Native(program) => Command::new(program),
            Client::Guest(guest, host) => guest.command(host)?,
            Client::Curl => curl(),
        };
        // The last argument of each.
        command.arg(url);
        let Finished {
            status,
            stdout,
            stderr,
            elapsed,
        } = child_output::capture_within(&mut command, FETCH_LIMIT)?;
        let said = String::from_utf8_lossy(&stderr);
        let fetched = match self {
            Client::Curl => said.trim().to_owned(),
            // It exits with 0 for these alone.
            _ if status.success() => "2xx".to_owned(),
            _ => bail!("{status}: {}", said.trim()),
        };
        if !status.success() || !fetched.starts_with('2') {
            bail!("{fetched}");
        }
        if stdout.is_empty() {
            bail!("an empty answer");
        }
        Ok((fetched, elapsed))
    }
}

/// curl, which prints the status apart from the body.
fn curl() -> Command {
    let mut command = Command::new("curl");
    command.args(["-sS", "--noproxy", "*", "-w", "%{stderr}%{http_code}"]);
    command
}

/// The table of the demo as it grows.
struct Visits {
    table: Table,
    has_curl: bool,
    failures: usize,
}

impl Visits {
    fn new() -> Self {
        let header = ["target", "runs on", "URL", "client", "status", "time"];
        let has_curl = child_output::capture(Command::new("curl").arg("--version")).is_ok();
        Self {
            table: Table::new(&header),
            has_curl,
            failures: 0,
        }
    }

    /// Starts one server, and fetches from it with each client.
    fn visit(
        &mut self,
        target: &str,
        place: &str,
        server: Result<Command>,
        mut clients: Vec<(String, Client<'_>)>,
    ) {
        eprintln!("http_server on {place}");
        let server = match server.and_then(RunningServer::start) {
            Ok(server) => server,
            Err(error) => return self.failed(target, place, "-", "-", &error),
        };
        let url = server.url().to_owned();
        if self.has_curl {
            clients.push(("curl".to_owned(), Client::Curl));
        }
        for (name, client) in clients {
            match client.fetch(&url) {
                Ok((status, elapsed)) => {
                    let time = format!("{} ms", elapsed.as_millis());
                    self.row([target, place, &url, &name, &status, &time]);
                }
                Err(error) => self.failed(target, place, &url, &name, &error),
            }
        }
        // No host tells a guest, so only a native server ends by itself.
        if let Err(error) = server.end(target != WASM_TARGET) {
            self.failed(target, place, &url, "SIGTERM", &error);
        }
    }

    fn failed(
        &mut self,
        target: &str,
        place: &str,
        url: &str,
        client: &str,
        error: &anyhow::Error,
    ) {
        eprintln!("error: {place}, {client}: {error:#}");
        self.failures += 1;
        self.row([target, place, url, client, "FAILED", "-"]);
    }

    fn row(&mut self, cells: [&str; 6]) {
        self.table
            .row(cells.iter().map(|&cell| cell.to_owned()).collect());
    }

    fn finish(self) -> Result<()> {
        println!("\n{}", self.table.text());
        if self.failures > 0 {
            bail!("{} of the demo's servers or clients failed", self.failures);
        }
        Ok(())
    }
}
