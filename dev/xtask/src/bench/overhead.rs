//! What an echo, or a call, costs through `net`: in instructions natively,
//! against what runs on plain tokio, and in time everywhere.

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

/// Two programs that do the same.
#[derive(Debug)]
struct Pair {
    ours: &'static str,
    plain: &'static str,
    /// What the other is, as the table says it.
    plain_name: &'static str,
    /// How ours is run once more natively: its name and its argument.
    variant: Option<(&'static str, &'static str)>,
}

/// Counts and times the ping-pong.
pub(crate) fn measure(programs: &Programs) -> Result<Table> {
    let pair = Pair {
        ours: "ping_pong",
        plain: "ping_pong_tokio",
        plain_name: "plain tokio",
        variant: None,
    };
    pair.measure(programs)
}

/// Counts and times calls of gRPC.
pub(crate) fn measure_grpc(programs: &Programs) -> Result<Table> {
    let pair = Pair {
        ours: "grpc_calls",
        plain: "grpc_calls_tonic",
        plain_name: "tonic's transport",
        variant: None,
    };
    pair.measure(programs)
}

/// Counts and times requests to the HTTP server.
pub(crate) fn measure_http(programs: &Programs) -> Result<Table> {
    let pair = Pair {
        ours: "ask_http",
        plain: "ask_http_tokio",
        plain_name: "bare hyper",
        variant: None,
    };
    pair.measure(programs)
}

/// Counts and times messages of WebSocket.
pub(crate) fn measure_websocket(programs: &Programs) -> Result<Table> {
    let pair = Pair {
        ours: "ask_websocket",
        plain: "ask_websocket_tokio",
        plain_name: "tokio-tungstenite",
        variant: Some(("native, as that one without pings", "without-pings")),
    };
    pair.measure(programs)
}

impl Pair {
    fn measure(&self, programs: &Programs) -> Result<Table> {
        let of_plain = format!("of {}", self.plain_name);
        let native_plain = format!("native, {}", self.plain_name);
        let mut table = Table::new(&["program", "instructions a round", &of_plain, "time"]);
        let natively = [
            (native_plain.as_str(), self.plain, None),
            ("native", self.ours, None),
        ];
        let variant = self
            .variant
            .map(|(place, arg)| (place, self.ours, Some(arg)));
        let mut plain = None;
        for (place, name, arg) in natively.into_iter().chain(variant) {
            let count = instructions(&programs.native(name)?, arg)?;
            let mut command = programs.native(name)?;
            command.arg(TIMED_ROUNDS).args(arg);
            table.row(vec![
                place.to_owned(),
                format!("{count:.1}"),
                format!("{:.3}", count / *plain.get_or_insert(count)),
                timed(&mut command)?,
            ]);
        }
        for host in &programs.hosts {
            let mut command = programs.guest(host, self.ours, TIMED_ROUNDS)?;
            let none = || "-".to_owned();
            table.row(vec![host.to_string(), none(), none(), timed(&mut command)?]);
        }
        Ok(table)
    }
}

/// The best of three runs, as the program reports it.
pub(super) fn timed(command: &mut Command) -> Result<String> {
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
pub(super) fn instructions(program: &Command, arg: Option<&str>) -> Result<f64> {
    let fewer = count(program, ROUNDS.0, arg)?;
    let more = count(program, ROUNDS.1, arg)?;
    Ok((more - fewer) / f64::from(ROUNDS.1 - ROUNDS.0))
}

fn count(program: &Command, rounds: u32, arg: Option<&str>) -> Result<f64> {
    let report = workspace::root().join("target/callgrind.out");
    eprintln!("counting {rounds} rounds of {}", name(program));
    let mut valgrind = Command::new("valgrind");
    valgrind
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", report.display()))
        .arg(program.get_program())
        .arg(rounds.to_string())
        .args(arg);
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
