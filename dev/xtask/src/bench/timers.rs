//! How late timers are.

use anyhow::Result;

use super::programs::Programs;
use crate::child_output::capture;
use crate::table::Table;

/// Runs the program that measures itself everywhere.
pub(crate) fn measure(programs: &Programs, quiet: u32) -> Result<Table> {
    let mut table = Table::new(&["runs on", "timer, task", "length", "at most"]);
    for (place, mut command) in programs.everywhere("timers", &quiet.to_string())? {
        eprintln!("{place}");
        let printed = capture(&mut command)?;
        for line in String::from_utf8_lossy(&printed).lines() {
            let mut row = vec![place.clone()];
            row.extend(line.split('\t').map(str::to_owned));
            table.row(row);
        }
    }
    Ok(table)
}
