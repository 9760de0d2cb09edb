//! How long a program takes from its start to its first answer.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{idle, programs::Programs};
use crate::ahead_of_time;
use crate::demo;
use crate::guest_command::Guest;
use crate::running_server::RunningServer;
use crate::table::Table;

/// The first start of each fills the caches, and does not count.
const STARTS: usize = 6;

/// Starts the HTTP server of the examples everywhere.
pub(crate) fn measure(programs: &Programs) -> Result<Table> {
    let (native, guest) = demo::build()?;
    let mut server = Command::new(native.http_server());
    server.arg("127.0.0.1:0");
    let mut best = vec![("native".to_owned(), best_start(|| Ok(clone(&server)))?)];
    for host in &programs.hosts {
        let server = || {
            Guest::new(guest.http_server(), ahead_of_time::OPTIMISED)
                .arg("127.0.0.1:0")
                .command(host)
        };
        best.push((host.to_string(), best_start(server)?));
    }
    let mut table = Table::new(&["http_server", "to the first answer"]);
    for (place, time) in best {
        table.row(vec![place, format!("{:.1} ms", time.as_secs_f64() * 1e3)]);
    }
    Ok(table)
}

fn clone(command: &Command) -> Command {
    let mut same = Command::new(command.get_program());
    same.args(command.get_args());
    same
}

/// The best of some starts, since a disturbance only ever slows down.
fn best_start(server: impl Fn() -> Result<Command>) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..STARTS {
        let command = server()?;
        let start = Instant::now();
        let server = RunningServer::start(command)?;
        idle::connection(server.url().trim_start_matches("http://"))?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}
