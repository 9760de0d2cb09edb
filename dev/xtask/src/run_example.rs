//! `run`: one example on one host, built first.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use crate::cargo::{self, WASM_TARGET, cargo};
use crate::guest_command::Guest;
use crate::hosts::HostKind;
use crate::{ahead_of_time, run_guest, setup_hosts};

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The host to run it on
    host: HostKind,
    /// The name of the example
    example: String,
    /// The arguments of the example
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

pub(crate) const AFTER_HELP: &str = "\
Examples:
  cargo xtask run net-run echo
  cargo xtask run wasmedge echo
  cargo xtask run wasi-go http_server 127.0.0.1:8080";

/// Builds the example and becomes the host that runs it.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    cargo::ensure_wasm_target()?;
    let linked = cargo::build(cargo().args([
        "build",
        "--profile",
        "optimized",
        "--package",
        "examples",
        "--target",
        WASM_TARGET,
        "--example",
        &options.example,
    ]))?;
    let module = linked.last().context("cargo linked nothing")?;
    let mut guest = Guest::new(module, ahead_of_time::OPTIMISED);
    guest.args.clone_from(&options.args);
    run_guest::become_it(guest.command(&setup_hosts::find_or_install(options.host)?)?)
}
