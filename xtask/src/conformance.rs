//! `conformance`: what every backend must do, on each of them and on each host.

mod matrix;
mod page;
mod picture;
mod tap;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::ahead_of_time;
use crate::cargo::{self, WASM_TARGET, cargo};
use crate::child_output::capture_within;
use crate::guest_command::{Guest, Preopen};
use crate::hosts::{Host, HostKind};
use crate::{setup_hosts, workspace};

use matrix::Matrix;
use tap::{Outcome, Point};

/// So long a column may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// As many sockets as guests of `test` may have.
const MAX_OPEN_FILES: u32 = 1024;

pub(crate) const AFTER_HELP: &str = "\
Examples:
  cargo xtask conformance                   # all backends and hosts
  cargo xtask conformance --host wasi-go    # native, in memory, and one host
  cargo xtask conformance --update          # and write docs/conformance.md";

/// Arguments of `conformance`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run on this host; may be given several times
    #[arg(long)]
    host: Vec<HostKind>,
    /// Write the page and the picture in docs
    #[arg(long)]
    update: bool,
}

/// Runs the kit everywhere and prints the matrix.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let kinds = match options.host.as_slice() {
        [] => &HostKind::ALL,
        kinds => kinds,
    };
    let hosts = setup_hosts::set_up(kinds)?;
    let matrix = measure(&hosts)?;
    print!("\n{}", matrix.text());
    if options.update {
        fs::write(page_path(), page::markdown(&matrix))?;
        fs::write(page_path().with_extension("svg"), picture::svg(&matrix))?;
        println!("\nwrote {}", page_path().display());
    }
    Ok(match judge(&matrix) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    })
}

/// Runs the kit on these hosts as a step of `test`.
pub(crate) fn check(hosts: &[Host]) -> Result<()> {
    judge(&measure(hosts)?)
}

fn measure(hosts: &[Host]) -> Result<Matrix> {
    let native = report_program(&[])?;
    cargo::ensure_wasm_target()?;
    let guest = report_program(&["--target", WASM_TARGET])?;
    let mut in_memory = Command::new(&native);
    in_memory.arg("memory");
    let mut columns = vec![
        ("native".to_owned(), Command::new(&native)),
        ("memory".to_owned(), in_memory),
    ];
    for host in hosts {
        columns.push((host.to_string(), guest_command(host, &guest)?));
    }
    let running: Vec<_> = columns
        .into_iter()
        .map(|(name, mut command)| {
            println!("  running the cases: {name}");
            thread::spawn(move || (points(&name, &mut command), name))
        })
        .collect();
    let mut matrix = Matrix::default();
    for column in running {
        let (points, name) = column.join().expect("a thread that does not panic");
        matrix.add(&name, points?);
    }
    Ok(matrix)
}

fn report_program(target: &[&str]) -> Result<PathBuf> {
    let mut command = cargo();
    command
        .args([
            "build",
            "--package",
            "net-conformance",
            "--example",
            "report",
        ])
        .args(target);
    let linked = cargo::build(&mut command)?;
    linked.into_iter().last().context("cargo linked nothing")
}

fn guest_command(host: &Host, module: &Path) -> Result<Command> {
    let mut guest = Guest::new(module, ahead_of_time::QUICK);
    guest.dirs.push(Preopen::parse("/tmp"));
    guest.max_open_files = Some(MAX_OPEN_FILES);
    guest.command(host)
}

fn points(name: &str, command: &mut Command) -> Result<Vec<Point>> {
    let finished = capture_within(command, PATIENCE).with_context(|| name.to_owned())?;
    let report = String::from_utf8_lossy(&finished.stdout);
    tap::read(&report).with_context(|| format!("{name}: {}", finished.complaint()))
}

fn page_path() -> PathBuf {
    workspace::root().join("docs/conformance.md")
}

/// An error if a case fails, or if it is otherwise than the page says.
fn judge(matrix: &Matrix) -> Result<()> {
    print!("\n{}", matrix.summary());
    let failed = matrix.find(|outcome| match outcome {
        Outcome::Failed(message) => Some(message),
        _ => None,
    });
    let mut wrong: Vec<_> = failed
        .map(|(column, row, message)| format!("{} fails on {column}: {message}", row.name))
        .collect();
    let page = fs::read_to_string(page_path()).context("docs/conformance.md")?;
    let (worse, better) = page::differences(&page, matrix);
    wrong.extend(worse);
    if !wrong.is_empty() {
        bail!(
            "worse than docs/conformance.md says:\n  {}",
            wrong.join("\n  ")
        );
    }
    if !better.is_empty() {
        bail!(
            "docs/conformance.md is out of date; `cargo xtask conformance --update` writes it:\n  {}",
            better.join("\n  ")
        );
    }
    Ok(())
}
