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
use crate::{check_imports, setup_hosts, workspace};

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
    let native = build(&["net-conformance", "--example", "report"])?;
    cargo::ensure_wasm_target()?;
    let kit = build(&[
        "net-conformance",
        "--example",
        "report",
        "--target",
        WASM_TARGET,
    ])?;
    let calls = build(&["net-conformance-guest", "--target", WASM_TARGET])?;
    check_imports::check(&[kit.clone(), calls.clone()], false)?;
    let mut in_memory = Command::new(&native);
    in_memory.arg("memory");
    let mut columns = vec![
        Column::new("native", Command::new(&native)),
        Column::new("memory", in_memory),
    ];
    for host in hosts {
        let guest = |module: &Path| Guest::new(module, ahead_of_time::QUICK);
        let mut kit = guest(&kit);
        kit.dirs.push(Preopen::parse("/tmp"));
        kit.max_open_files = Some(MAX_OPEN_FILES);
        columns.push(Column {
            name: host.to_string(),
            kit: kit.command(host)?,
            calls: Some(guest(&calls).arg(host.kind.name()).command(host)?),
        });
    }
    let running: Vec<_> = columns
        .into_iter()
        .map(|column| {
            println!("  running the cases: {}", column.name);
            let name = column.name.clone();
            (name, thread::spawn(|| column.points()))
        })
        .collect();
    let mut matrix = Matrix::default();
    for (name, points) in running {
        let points = points.join().expect("a thread that does not panic");
        matrix.add(&name, points.with_context(|| name.clone())?);
    }
    Ok(matrix)
}

/// What the cases are run on.
struct Column {
    name: String,
    /// The kit, on a backend.
    kit: Command,
    /// The guest that calls the host itself.
    calls: Option<Command>,
}

impl Column {
    fn new(name: &str, kit: Command) -> Self {
        Column {
            name: name.to_owned(),
            kit,
            calls: None,
        }
    }

    fn points(mut self) -> Result<Vec<Point>> {
        let mut points = points(&mut self.kit)?;
        if let Some(calls) = &mut self.calls {
            for point in self::points(calls)? {
                let name = format!("socket calls: {}", point.name);
                points.push(Point { name, ..point });
            }
        }
        Ok(points)
    }
}

/// Builds one program.
fn build(package: &[&str]) -> Result<PathBuf> {
    let linked = cargo::build(cargo().args(["build", "--package"]).args(package))?;
    linked.into_iter().last().context("cargo linked nothing")
}

fn points(command: &mut Command) -> Result<Vec<Point>> {
    let finished = capture_within(command, PATIENCE)?;
    let report = String::from_utf8_lossy(&finished.stdout);
    tap::read(&report).with_context(|| finished.complaint())
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
