//! Python's `websockets`.

use std::path::Path;

use anyhow::Result;

use super::process::{Setup, free_address};
use super::programs;

/// A server that sends messages back.
pub(crate) fn set_up(_folder: &Path) -> Result<Setup> {
    let address = free_address()?;
    let mut command = programs::command("python")?;
    command.args(["integrations/websocket/tests/it/server.py", &address]);
    Ok(Setup::new(command, &[("ws", address)]))
}
