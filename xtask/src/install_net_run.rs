//! Installs net-run from this workspace.

use anyhow::{Context, Result};

use crate::cargo::cargo;
use crate::child_output::show;
use crate::hosts::HostKind;

/// Builds it, which takes some minutes the first time, and puts it beside the
/// other hosts.
pub(crate) fn install() -> Result<()> {
    let mut command = cargo();
    command.args([
        "install", "--path", "net-run", "--locked", "--force", "--root",
    ]);
    command.arg(HostKind::NetRun.folder());
    show(&mut command).context("net-run cannot be built")
}
