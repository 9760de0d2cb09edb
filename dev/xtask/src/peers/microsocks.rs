//! microsocks, a SOCKS 5 proxy that wants a user and a password.

use std::path::Path;

use anyhow::{Context, Result};

use super::process::{Setup, free_address};
use super::programs;

/// It keeps nothing in files.
pub(crate) fn set_up(_folder: &Path) -> Result<Setup> {
    let address = free_address()?;
    let (host, port) = address.rsplit_once(':').context("host:port")?;
    let mut command = programs::command("microsocks")?;
    command.args(["-q", "-i", host, "-p", port, "-u", "user", "-P", "secret"]);
    Ok(Setup::new(command, &[("socks", address)]))
}
