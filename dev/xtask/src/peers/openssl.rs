//! OpenSSL's `s_server`: it asks for a client's certificate, and sends each line back reversed.

use std::path::Path;

use anyhow::Result;

use super::process::{Setup, free_address};
use super::programs;
use crate::workspace;

pub(crate) fn set_up_tls12(_folder: &Path) -> Result<Setup> {
    set_up("-tls1_2")
}

pub(crate) fn set_up_tls13(_folder: &Path) -> Result<Setup> {
    set_up("-tls1_3")
}

/// It keeps nothing in files.
fn set_up(version: &str) -> Result<Setup> {
    let address = free_address()?;
    let file = |name| {
        workspace::test_certificates()
            .join(name)
            .display()
            .to_string()
    };
    let mut command = programs::command("openssl")?;
    command.args(["s_server", "-quiet", "-rev", "-accept", &address, version]);
    command.args([
        "-cert",
        &file("localhost.pem"),
        "-key",
        &file("localhost.key"),
    ]);
    command.args(["-CAfile", &file("authority.pem"), "-Verify", "2"]);
    command.arg("-verify_return_error");
    Ok(Setup::new(command, &[("tls", address)]))
}
