//! `setup-hosts`: installs the hosts that are missing.

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::hosts::{Host, HostKind};
use crate::{install_net_run, install_wasi_go, install_wasmedge, workspace};

pub(crate) const AFTER_HELP: &str = "\
The hosts:
  net-run   from this workspace, rebuilt if its sources have changed
  WasmEdge  0.14.1, from Debian's package; needs apt-get, dpkg and a Debian archive among apt's
            sources. Version 0.14 or later on PATH is used instead
  wasi-go   0.8.0 on wazero 1.9.0; needs Go. Version 0.8.x on PATH is used instead

An installed host is used before one on PATH. The output says which version is used. Nothing
outside the cache folder changes.

Environment:
  NET_HOSTS_DIR  the cache folder (default: target/hosts in the workspace)
  CI             with `true`, a host that cannot be set up is a failure";

/// Arguments of `setup-hosts`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The hosts to set up [default: all]
    hosts: Vec<HostKind>,
}

/// Sets up the hosts that are asked for.
pub(crate) fn run(options: &Options) -> Result<()> {
    match options.hosts.as_slice() {
        [] => set_up_all().map(drop),
        hosts => {
            let found = set_up(hosts)?;
            ensure!(found.len() == hosts.len(), "a host is missing");
            Ok(())
        }
    }
}

/// Sets up every host and prints one line for each.
pub(crate) fn set_up_all() -> Result<Vec<Host>> {
    set_up(&HostKind::ALL)
}

/// Sets up the hosts of these kinds; the result holds those that run.
pub(crate) fn set_up(kinds: &[HostKind]) -> Result<Vec<Host>> {
    let mut found = Vec::new();
    let mut lines = Vec::new();
    for &kind in kinds {
        match find_or_install(kind) {
            Ok(host) => {
                lines.push(format!("{host}: {}", host.program.display()));
                found.push(host);
            }
            Err(error) => lines.push(format!(
                "{} is missing: {error:#}. To get it, {}.",
                kind.name(),
                kind.how_to_get()
            )),
        }
    }
    for line in lines {
        println!("{line}");
    }
    if workspace::in_ci() && found.len() < kinds.len() {
        bail!("a host is missing, and CI=true");
    }
    Ok(found)
}

/// The host of this kind, installed where it is missing.
pub(crate) fn find_or_install(kind: HostKind) -> Result<Host> {
    // Cargo knows best whether what is installed is up to date.
    if kind != HostKind::NetRun
        && let Some(host) = Host::find(kind)
    {
        return Ok(host);
    }
    match kind {
        HostKind::NetRun => install_net_run::install()?,
        HostKind::WasmEdge => install_wasmedge::install()?,
        HostKind::WasiGo => install_wasi_go::install()?,
    }
    Host::find(kind).context("it was installed, but does not start")
}
