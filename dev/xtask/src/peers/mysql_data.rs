//! What servers of MySQL's kind share: data that is made once and copied, and how they listen.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use super::process::{Setup, free_address};
use crate::child_output::capture;
use crate::staging::Staging;
use crate::workspace;

/// Every account that tests use is made by them, as this one, which has no password.
const ACCOUNTS: &str = "\
CREATE USER IF NOT EXISTS 'root'@'%';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;
CREATE DATABASE IF NOT EXISTS test;
";

/// Small, on loopback, with a certificate for `localhost`.
const OPTIONS: [&str; 5] = [
    "--bind-address=127.0.0.1",
    "--innodb-buffer-pool-size=32M",
    "--local-infile=ON",
    "--max-allowed-packet=64M",
    "--skip-name-resolve",
];

/// Copies the data of a new server into a folder. It is made where it is missing, which takes
/// seconds.
pub(crate) fn copy_data(
    package: &Path,
    into: &Path,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    static MAKING: Mutex<()> = Mutex::new(());
    let template = package.join("data");
    {
        let _guard = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
        if !template.exists() {
            let staging = Staging::beside(&template)?;
            make(staging.path())?;
            staging.finish()?;
        }
    }
    capture(Command::new("cp").arg("-R").arg(&template).arg(into))?;
    Ok(())
}

/// Adds the options that both servers know, with a server's data in the folder.
pub(crate) fn listening(mut command: Command, folder: &Path) -> Result<Setup> {
    let accounts = folder.join("accounts.sql");
    fs::write(&accounts, ACCOUNTS).context("cannot write accounts.sql")?;
    let address = free_address()?;
    let (_, port) = address.rsplit_once(':').context("host:port")?;
    let socket = folder.join("socket");
    let certificates = workspace::test_certificates();
    command
        .args(OPTIONS)
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--init-file={}", accounts.display()))
        .arg(format!("--pid-file={}", folder.join("pid").display()))
        .arg(format!("--port={port}"))
        .arg(format!("--socket={}", socket.display()))
        .arg(format!(
            "--ssl-ca={}",
            certificates.join("authority.pem").display()
        ))
        .arg(format!(
            "--ssl-cert={}",
            certificates.join("localhost.pem").display()
        ))
        .arg(format!(
            "--ssl-key={}",
            certificates.join("localhost.key").display()
        ));
    let addresses = [("tcp", address), ("unix", socket.display().to_string())];
    Ok(Setup::new(command, &addresses))
}
