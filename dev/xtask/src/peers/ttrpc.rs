//! containerd's ttrpc, serving what the tests of net-ttrpc call.

use std::path::Path;

use anyhow::Result;

use super::process::{Setup, free_address};
use super::programs;

/// It keeps nothing in files.
pub(crate) fn set_up(_folder: &Path) -> Result<Setup> {
    let address = free_address()?;
    let mut command = programs::command("ttrpc-interop")?;
    command.args(["serve", "tcp", &address]);
    Ok(Setup::new(command, &[("tcp", address)]))
}
