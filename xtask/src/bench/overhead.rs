//! What an echo costs through `net`: in instructions natively, against plain
//! tokio, and in time everywhere.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::programs::Programs;
use crate::child_output::capture;
use crate::table::Table;
use crate::workspace;

/// Two counts of rounds: their difference is free of what starting costs.
const ROUNDS: (u32, u32) = (2_000, 12_000);
const TIMED_ROUNDS: &str = "20000";

/// Counts and times the ping-pong.
pub(crate) fn measure(programs: &Programs) -> Result<Table> {
    let mut table = Table::new(&["program", "instructions a round", "of plain tokio", "time"]);
    let plain = instructions(&programs.native("ping_pong_tokio")?)?;
    let ours = instructions(&programs.native("ping_pong")?)?;
    for (place, name, count) in [
        ("native, plain tokio", "ping_pong_tokio", plain),
        ("native", "ping_pong", ours),
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
        let mut command = programs.guest(host, "ping_pong", TIMED_ROUNDS)?;
        let none = || "-".to_owned();
        table.row(vec![host.to_string(), none(), none(), timed(&mut command)?]);
    }
    Ok(table)
}

/// The best of three runs, as the program reports it.
fn timed(command: &mut Command) -> Result<String> {
    let mut reports = Vec::new();
    for _ in 0..3 {
        let printed = capture(command)?;
        reports.push(String::from_utf8_lossy(&printed).trim().to_owned());
    }
    let micros = |report: &String| -> Option<f64> { report.split(' ').next()?.parse().ok() };
    reports
        .into_iter()
        .min_by(|a, b| {
            f64::total_cmp(
                &micros(a).unwrap_or(f64::MAX),
                &micros(b).unwrap_or(f64::MAX),
            )
        })
        .context("no report")
}

/// The instructions of one round, by callgrind.
fn instructions(program: &Command) -> Result<f64> {
    let fewer = count(program, ROUNDS.0)?;
    let more = count(program, ROUNDS.1)?;
    Ok((more - fewer) / f64::from(ROUNDS.1 - ROUNDS.0))
}

fn count(program: &Command, rounds: u32) -> Result<f64> {
    let report = workspace::root().join("target/callgrind.out");
    eprintln!("counting {rounds} rounds of {}", name(program));
    let mut valgrind = Command::new("valgrind");
    valgrind
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", report.display()))
        .arg(program.get_program())
        .arg(rounds.to_string());
    capture(&mut valgrind).context("valgrind is needed (Debian: apt-get install valgrind)")?;
    let text = fs::read_to_string(&report).context("callgrind's report")?;
    fs::remove_file(&report).context("callgrind's report")?;
    text.lines()
        .find_map(|line| line.strip_prefix("totals: "))
        .and_then(|total| total.trim().parse().ok())
        .context("no total in callgrind's report")
}

fn name(program: &Command) -> String {
    let path = Path::new(program.get_program());
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
