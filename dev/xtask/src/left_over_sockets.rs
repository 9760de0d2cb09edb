//! Socket files that guests leave behind.
//!
//! A guest makes them by paths of the machine, but it sees no folder to remove
//! them from.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Where the tests put them, and how their names begin.
const FOLDER: &str = "/tmp";
const PREFIX: &str = "net-tests-";

/// Removes them; there are none where there is no such folder.
pub(crate) fn remove() -> Result<()> {
    let folder = Path::new(FOLDER);
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {FOLDER}"))? {
        let entry = entry?;
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && !entry.file_type()?.is_dir() {
            // Another run of the tests may remove it at the same time.
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}
