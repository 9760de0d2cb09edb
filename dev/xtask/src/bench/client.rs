//! What a request costs through the client of `net::http`, with a server in the same process: in
//! instructions natively, against the client of hyper-util, and in time everywhere.

use anyhow::Result;

use super::overhead::{instructions, timed};
use super::programs::Programs;
use crate::table::Table;

const TIMED_ROUNDS: &str = "20000";

/// Counts and times requests, one at a time.
pub(crate) fn measure(programs: &Programs) -> Result<Table> {
    let mut table = Table::new(&["program", "instructions a request", "of hyper-util", "time"]);
    let plain = instructions(&programs.native("requests_tokio")?, None)?;
    let ours = instructions(&programs.native("requests")?, None)?;
    for (place, name, count) in [
        ("native, hyper-util on plain tokio", "requests_tokio", plain),
        ("native", "requests", ours),
    ] {
        let mut command = programs.native(name)?;
        command.arg(TIMED_ROUNDS);
        table.row(vec![
            place.to_owned(),
            format!("{count:.1}"),
            format!("{:.3}", count / plain),
            timed(&mut command)?,
        ]);
    }
    for host in &programs.hosts {
        let mut command = programs.guest(host, "requests", TIMED_ROUNDS)?;
        let none = || "-".to_owned();
        table.row(vec![host.to_string(), none(), none(), timed(&mut command)?]);
    }
    Ok(table)
}
