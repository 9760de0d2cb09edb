//! Installs net-run from this workspace.

use std::fs;

use anyhow::{Context, Result};

use crate::cargo::{self, cargo};
use crate::hosts::HostKind;

/// Builds it, which takes some minutes the first time, and puts it beside the
/// other hosts.
pub(crate) fn install() -> Result<()> {
    let mut command = cargo();
    command.args(["build", "--release", "--package", "net-run", "--bins"]);
    let linked = cargo::build(&mut command).context("net-run cannot be built")?;
    let program = linked.last().context("cargo linked nothing")?;
    let installed = HostKind::NetRun.program_in(&HostKind::NetRun.folder());
    let folder = installed.parent().context("a program in a folder")?;
    fs::create_dir_all(folder).context("a folder for net-run")?;
    // A program that runs cannot be written to, but another can take its name.
    let new = folder.join("net-run.new");
    fs::copy(program, &new).context("a copy of net-run")?;
    fs::rename(&new, &installed).context("net-run's own name")
}
