//! The programs that are measured, built for each target.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::ahead_of_time;
use crate::cargo::{self, WASM_TARGET, cargo};
use crate::guest_command::Guest;
use crate::hosts::Host;

/// More descriptors than any measurement opens.
const MAX_OPEN_FILES: u32 = 16_384;

/// The programs of the package `bench`.
#[derive(Debug)]
pub(crate) struct Programs {
    native: Vec<PathBuf>,
    guest: Vec<PathBuf>,
    pub(crate) hosts: Vec<Host>,
}

impl Programs {
    /// Builds them, optimised.
    pub(crate) fn build(hosts: Vec<Host>) -> Result<Self> {
        cargo::ensure_wasm_target()?;
        let build = || {
            let mut command = cargo();
            command.args([
                "build",
                "--profile",
                "optimized",
                "--package",
                "bench",
                "--bins",
            ]);
            command
        };
        Ok(Self {
            native: cargo::build(build().args(["--features", "plain-tokio,memory"]))?,
            guest: cargo::build(build().args(["--target", WASM_TARGET]))?,
            hosts,
        })
    }

    /// A program, natively.
    pub(crate) fn native(&self, name: &str) -> Result<Command> {
        Ok(Command::new(find(&self.native, name)?))
    }

    /// A program on a host.
    pub(crate) fn guest(&self, host: &Host, name: &str, arg: &str) -> Result<Command> {
        let mut guest = Guest::new(find(&self.guest, name)?, ahead_of_time::OPTIMISED).arg(arg);
        guest.max_open_files = Some(MAX_OPEN_FILES);
        guest.command(host)
    }

    /// A program on `net`, natively and on each host, with the place's name.
    pub(crate) fn everywhere(&self, name: &str, arg: &str) -> Result<Vec<(String, Command)>> {
        let mut native = self.native(name)?;
        native.arg(arg);
        let mut commands = vec![("native".to_owned(), native)];
        for host in &self.hosts {
            commands.push((host.to_string(), self.guest(host, name, arg)?));
        }
        Ok(commands)
    }
}

fn find<'a>(linked: &'a [PathBuf], name: &str) -> Result<&'a Path> {
    linked
        .iter()
        .find(|path| path.file_stem().is_some_and(|stem| stem == name))
        .map(PathBuf::as_path)
        .with_context(|| format!("no program {name}"))
}
