//! tinyproxy, an HTTP proxy that wants a user and a password.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::process::{Setup, free_address};
use super::programs;

/// It connects to every port.
pub(crate) fn set_up(folder: &Path) -> Result<Setup> {
    let address = free_address()?;
    let (host, port) = address.rsplit_once(':').context("host:port")?;
    let file = folder.join("tinyproxy.conf");
    let configuration =
        format!("Listen {host}\nPort {port}\nBasicAuth user secret\nLogLevel Critical\n");
    fs::write(&file, configuration).context("tinyproxy's configuration")?;
    let mut command = programs::command("tinyproxy")?;
    command.args(["-d", "-c"]).arg(file);
    Ok(Setup::new(command, &[("http", address)]))
}
