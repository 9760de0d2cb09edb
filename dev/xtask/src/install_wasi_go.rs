//! wasi-go, built by Go from the versions pinned in `dev/xtask/wasi-go`.

use std::process::Command;

use anyhow::{Context, Result};

use crate::child_output::capture;
use crate::hosts::{Host, HostKind};
use crate::staging::Staging;
use crate::workspace;

/// Builds and installs the pinned version.
pub(crate) fn install() -> Result<()> {
    capture(Command::new("go").arg("version")).context("it is built by Go, which is not here")?;
    eprintln!(
        "wasi-go {}: building with Go",
        HostKind::WasiGo.pinned_version()
    );
    let staging = Staging::beside(&HostKind::WasiGo.folder())?;
    let program = HostKind::WasiGo.program_in(staging.path());
    capture(
        Command::new("go")
            .current_dir(workspace::root().join("dev/xtask/wasi-go"))
            .args(["build", "-mod=readonly", "-trimpath", "-o"])
            .arg(&program)
            .arg("github.com/stealthrocket/wasi-go/cmd/wasirun")
            // A workspace file further up would replace the pinned versions.
            .env("GOWORK", "off"),
    )?;
    Host::probe(HostKind::WasiGo, &program).context("the built program does not start")?;
    staging.finish()
}
