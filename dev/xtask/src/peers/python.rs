//! Python with the packages that tests need.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::child_output::capture;
use crate::staging::Staging;
use crate::workspace;

/// The packages, one environment for all.
const PACKAGES: [&str; 2] = ["grpcio==1.85.3", "websockets==17.4"];

/// Beside the packages, which of them they are.
const LIST: &str = "packages.txt";

/// The interpreter of an environment that has the packages.
pub(crate) fn find_or_install() -> Result<PathBuf> {
    let place = workspace::root().join("target/peers/python");
    let list = PACKAGES.join("\n");
    if fs::read_to_string(place.join(LIST)).is_ok_and(|installed| installed == list) {
        return Ok(interpreter(&place));
    }
    let staging = Staging::beside(&place)?;
    eprintln!("python: installing {}", PACKAGES.join(", "));
    capture(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(staging.path()),
    )
    .context("it needs python3 with the module venv")?;
    capture(
        Command::new(interpreter(staging.path()))
            .args(["-m", "pip", "install", "--quiet", "--no-compile"])
            .args(["--disable-pip-version-check"])
            .args(PACKAGES),
    )
    .context("the packages are not to be had")?;
    fs::write(staging.path().join(LIST), list).context("cannot write the list of packages")?;
    staging.finish()?;
    Ok(interpreter(&place))
}

fn interpreter(environment: &Path) -> PathBuf {
    environment.join("bin/python")
}
