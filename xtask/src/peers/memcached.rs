//! memcached, on TCP.

use std::path::Path;

use anyhow::{Context, Result};

use super::process::{Setup, free_address};
use super::programs;

/// It keeps nothing in files.
pub(crate) fn set_up(_folder: &Path) -> Result<Setup> {
    let address = free_address()?;
    let (host, port) = address.rsplit_once(':').context("host:port")?;
    let mut command = programs::command("memcached")?;
    // It refuses to run as root unless it is told as whom.
    command.args(["-l", host, "-p", port, "-U", "0", "-u", "root"]);
    Ok(Setup::new(command, &[("tcp", address)]))
}
