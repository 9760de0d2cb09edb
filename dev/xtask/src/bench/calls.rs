//! What a socket call costs on net-run.

use anyhow::Result;

use crate::cargo::cargo;
use crate::child_output::capture;
use crate::table::Table;

/// Runs net-run's own benchmark.
pub(crate) fn measure() -> Result<Table> {
    let mut command = cargo();
    command.args(["bench", "--package", "net-run", "--bench", "call_cost"]);
    let mut table = Table::new(&["call", "time"]);
    for line in String::from_utf8_lossy(&capture(&mut command)?).lines() {
        table.row(line.split('\t').map(str::to_owned).collect());
    }
    Ok(table)
}
