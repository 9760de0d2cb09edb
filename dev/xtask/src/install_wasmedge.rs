//! `WasmEdge` from Debian's package.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::debian_package::{Package, SUITE};
use crate::hosts::{Host, HostKind};
use crate::staging::Staging;

const PACKAGE: Package = Package {
    name: "wasmedge",
    program: "usr/bin/wasmedge",
    suite: SUITE,
};

/// Installs the pinned version.
pub(crate) fn install() -> Result<()> {
    let staging = Staging::beside(&HostKind::WasmEdge.folder())?;
    PACKAGE.unpack(staging.path())?;
    check_version(staging.path())?;
    staging.finish()
}

fn check_version(folder: &Path) -> Result<()> {
    let program = HostKind::WasmEdge.program_in(folder);
    let pinned = HostKind::WasmEdge.pinned_version();
    let host = Host::probe(HostKind::WasmEdge, &program)
        .with_context(|| format!("the unpacked program does not start as version {pinned}"))?;
    ensure!(
        host.version == pinned,
        "the package is version {}, not {pinned}",
        host.version
    );
    Ok(())
}
