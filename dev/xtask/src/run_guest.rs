//! `run-guest`: runs one module on one host, in place of this process.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::{Args, value_parser};

use crate::ahead_of_time;
use crate::guest_command::{Guest, Preopen};
use crate::hosts::{Host, HostKind};

pub(crate) const AFTER_HELP: &str = "\
The guest's environment contains RUST_BACKTRACE, the variables that begin with NET_, and those of
--env. It can open only the folders of --dir, and all sockets, Unix sockets included. wasi-go
overwrites the beginning of a file that its output is redirected to: write `| cat > FILE`.

As cargo's runner for the target wasm32-wasip1:
  CARGO_TARGET_WASM32_WASIP1_RUNNER=\"target/debug/xtask run-guest --host wasmedge --optimize 0\"";

/// Arguments of `run-guest`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The host to run it on
    #[arg(long)]
    host: HostKind,
    #[arg(
        long,
        help = "How much WasmEdge's compiler optimises; 0 compiles several times faster",
        value_name = "LEVEL",
        default_value_t = ahead_of_time::OPTIMISED,
        value_parser = value_parser!(u8).range(0..=3)
    )]
    optimize: u8,
    /// Set a variable of the guest's environment
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Let the guest see a folder; on wasi-go it keeps its name
    #[arg(long, value_name = "GUEST:HOST")]
    dir: Vec<String>,
    /// Open a listener for the guest beforehand, which only wasi-go can
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    #[arg(
        long,
        value_name = "N",
        help = "How many files and sockets the guest may have open [default: 1024 on wasi-go, \
                the process's own limit on WasmEdge]"
    )]
    max_open_files: Option<u32>,
    /// The module
    #[arg(value_name = "APP.WASM")]
    module: PathBuf,
    /// The guest's arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

/// Becomes the host; comes back only when that fails.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let host = Host::find(options.host).with_context(|| {
        format!(
            "{} is missing: run `cargo xtask setup-hosts`",
            options.host.name()
        )
    })?;
    let mut guest = Guest::new(&options.module, options.optimize);
    guest.args.clone_from(&options.args);
    guest.dirs = options.dir.iter().map(|dir| Preopen::parse(dir)).collect();
    guest.listeners.clone_from(&options.listen);
    guest.max_open_files = options.max_open_files;
    for pair in &options.env {
        let Some((name, value)) = pair.split_once('=') else {
            bail!("--env {pair}: NAME=VALUE is expected");
        };
        guest.env.insert(name.into(), value.into());
    }
    become_it(guest.command(&host)?)
}

/// Replaces this process, so that signals and the exit code are the host's own.
#[cfg(unix)]
pub(crate) fn become_it(mut command: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| format!("cannot start {}", command.get_program().display()))
}

/// Runs the host and hands its exit code on.
#[cfg(not(unix))]
pub(crate) fn become_it(mut command: Command) -> Result<ExitCode> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
