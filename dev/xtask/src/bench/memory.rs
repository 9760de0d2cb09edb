//! What a network inside the process costs.

use anyhow::Result;

use super::programs::Programs;
use crate::child_output::capture;
use crate::table::Table;

/// Runs the program that measures itself.
pub(crate) fn measure(programs: &Programs) -> Result<Table> {
    let mut table = Table::new(&["what", "on one core"]);
    let printed = capture(&mut programs.native("memory")?)?;
    for line in String::from_utf8_lossy(&printed).lines() {
        table.row(line.split('\t').map(str::to_owned).collect());
    }
    Ok(table)
}
