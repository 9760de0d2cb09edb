//! The processor time of a server whose connections are idle.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::programs::Programs;
use crate::running_server::RunningServer;
use crate::table::Table;

/// The time between the last request and the measurement, and its length.
const QUIET: Duration = Duration::from_secs(10);

/// Opens idle connections to each server and measures it.
pub(crate) fn measure(programs: &Programs, connections: usize) -> Result<Table> {
    let mut table = Table::new(&["server", "place", "connections", "of a core"]);
    let servers = ["hello", "hello_http"].map(|name| [(name, 1), (name, connections)]);
    for (name, count) in servers.into_iter().flatten() {
        for (place, command) in programs.everywhere(name, "127.0.0.1:0")? {
            eprintln!("{name}, {place}, {count} connections");
            let server = RunningServer::start(command)?;
            let address = server.url().trim_start_matches("http://");
            let open: Vec<TcpStream> = (0..count)
                .map(|_| connection(address))
                .collect::<Result<_>>()?;
            thread::sleep(QUIET);
            let (before, start) = (cpu_time(server.id())?, Instant::now());
            thread::sleep(QUIET);
            let used = cpu_time(server.id())?.saturating_sub(before);
            let share = used.as_secs_f64() / start.elapsed().as_secs_f64();
            table.row(vec![
                name.to_owned(),
                place,
                open.len().to_string(),
                format!("{:.2} %", share * 100.0),
            ]);
        }
    }
    Ok(table)
}

/// A connection that was used once.
pub(super) fn connection(address: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).context("a connection")?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: idle\r\n\r\n")?;
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer)?;
    ensure!(answer[..length].starts_with(b"HTTP/1.1 200"), "no answer");
    Ok(stream)
}

/// What all threads of a process have used, in nanoseconds of Linux's own
/// count (`Documentation/scheduler/sched-stats.rst`).
fn cpu_time(process: u32) -> Result<Duration> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task")).context("Linux's /proc")? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        let nanos: u64 = text
            .split(' ')
            .next()
            .unwrap_or_default()
            .parse()
            .context("schedstat")?;
        total += nanos;
    }
    Ok(Duration::from_nanos(total))
}
