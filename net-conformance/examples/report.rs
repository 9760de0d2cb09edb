//! Runs the kit on the backend of the target, or on the network in memory, and
//! prints what came of each case: `report`, `report memory`.

#[path = "../tests/it/fixtures.rs"]
mod fixtures;

use std::io;
use std::process::ExitCode;

use net_conformance::report;

use fixtures::{Memory, Target};

fn main() -> io::Result<ExitCode> {
    let out = io::stdout().lock();
    let is_well = match std::env::args().nth(1).as_deref() {
        None => report(|| Target, out)?,
        Some("memory") => report(|| Memory, out)?,
        Some(other) => {
            eprintln!("report: there is no {other:?}; say nothing, or memory");
            return Ok(ExitCode::FAILURE);
        }
    };
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
