//! Redis, on TCP, TLS and a Unix socket.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::process::{Setup, free_address};
use super::programs;
use crate::workspace;

/// One that lets everybody in, and knows the user `alice` with the password `a secret`.
pub(crate) fn set_up(folder: &Path) -> Result<Setup> {
    configure(
        folder,
        "user alice on #984ca5162200734c592148f1820b71057f098573d138666b48663e4e30cd8d3a ~* &* +@all",
    )
}

/// One that wants a password and no user: `a secret`.
pub(crate) fn set_up_with_password(folder: &Path) -> Result<Setup> {
    configure(folder, "requirepass \"a secret\"")
}

fn configure(folder: &Path, more: &str) -> Result<Setup> {
    let (tcp, tls) = (free_address()?, free_address()?);
    let socket = folder.join("socket");
    let folder = folder.display();
    // What was answered is still there after a restart, even after a crash of Redis.
    let text = format!(
        "bind 127.0.0.1
port {}
tls-port {}
{}unixsocket {}
dir {folder}
logfile {folder}/log
save \"\"
appendonly yes
appendfsync no
{more}
",
        port(&tcp)?,
        port(&tls)?,
        certificates(),
        socket.display(),
    );
    let file = folder.to_string() + "/redis.conf";
    fs::write(&file, text).with_context(|| file.clone())?;
    let mut command = programs::command("redis-server")?;
    command.arg(file);
    let socket = socket.display().to_string();
    let addresses = [("tcp", tcp), ("tls", tls), ("unix", socket)];
    Ok(Setup::new(command, &addresses))
}

/// The settings of a server that shows a certificate, and wants none.
pub(crate) fn certificates() -> String {
    let certificates = workspace::test_certificates();
    let certificates = certificates.display();
    format!(
        "tls-cert-file {certificates}/localhost.pem
tls-key-file {certificates}/localhost.key
tls-ca-cert-file {certificates}/authority.pem
tls-auth-clients no
"
    )
}

/// The settings of one that shows a certificate where it is the client.
pub(crate) fn certificate_of_client() -> String {
    let certificates = workspace::test_certificates();
    let certificates = certificates.display();
    format!(
        "tls-client-cert-file {certificates}/client.pem
tls-client-key-file {certificates}/client.key
"
    )
}

pub(crate) fn port(address: &str) -> Result<&str> {
    let (_, port) = address.rsplit_once(':').context("host:port")?;
    Ok(port)
}
