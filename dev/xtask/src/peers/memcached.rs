//! memcached: on TCP, on a Unix socket, for those who know a password, and with TLS.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::process::{Setup, free_address};
use super::programs;
use crate::workspace;

/// On TCP. It keeps nothing in files.
pub(crate) fn set_up(_folder: &Path) -> Result<Setup> {
    on_tcp(&[])
}

/// On a Unix socket alone.
pub(crate) fn set_up_unix(folder: &Path) -> Result<Setup> {
    let path = folder.join("socket").display().to_string();
    let mut command = programs::command("memcached")?;
    command.args(["-s", &path, "-u", "root"]);
    Ok(Setup::new(command, &[("unix", path)]))
}

/// On TCP, for the user `tester` with the password `secret`.
pub(crate) fn set_up_with_password(folder: &Path) -> Result<Setup> {
    let file = folder.join("passwords");
    fs::write(&file, "tester:secret\n").context("memcached's file of passwords")?;
    on_tcp(&["-Y", &file.display().to_string()])
}

/// On TCP with TLS, as `localhost` of the certificates that the tests of TLS have.
pub(crate) fn set_up_tls(_folder: &Path) -> Result<Setup> {
    let file = workspace::test_certificates().join("localhost");
    let file = file.display();
    let files = format!("ssl_chain_cert={file}.pem,ssl_key={file}.key");
    on_tcp(&["-Z", "-o", &files])
}

fn on_tcp(more: &[&str]) -> Result<Setup> {
    let address = free_address()?;
    let (host, port) = address.rsplit_once(':').context("host:port")?;
    let mut command = programs::command("memcached")?;
    // It refuses to run as root unless it is told as whom.
    command.args(["-l", host, "-p", port, "-U", "0", "-u", "root"]);
    command.args(more);
    Ok(Setup::new(command, &[("tcp", address)]))
}
