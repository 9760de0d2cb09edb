//! A server of Python's grpcio, on TCP.

use std::path::Path;

use anyhow::Result;

use super::process::{Setup, free_address};
use super::programs;

/// It keeps nothing in files.
pub(crate) fn set_up(_folder: &Path) -> Result<Setup> {
    let address = free_address()?;
    let mut command = programs::command("python")?;
    command.args(["integrations/grpc/tests/it/server.py", &address]);
    Ok(Setup::new(command, &[("tcp", address)]))
}
