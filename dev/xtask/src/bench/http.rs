//! HTTP requests a second, by wrk and h2load.

use std::process::Command;

use anyhow::{Context, Result};

use super::programs::Programs;
use crate::child_output::capture;
use crate::peers;
use crate::running_server::RunningServer;
use crate::table::Table;

const ANY_PORT: &str = "127.0.0.1:0";

/// Loads hyper on plain tokio, then on our sockets everywhere, then the server
/// of `net::http`.
pub(crate) fn measure(programs: &Programs, seconds: u32) -> Result<Table> {
    let servers = || {
        let mut tokio = programs.native("hello_tokio")?;
        tokio.arg(ANY_PORT);
        let mut servers = vec![("native, plain tokio".to_owned(), tokio)];
        servers.extend(programs.everywhere("hello", ANY_PORT)?);
        for (place, server) in programs.everywhere("hello_http", ANY_PORT)? {
            servers.push((format!("{place}, net::http"), server));
        }
        Ok(servers)
    };
    compare(servers, |url| load(url, seconds), "of plain tokio")
}

/// Loads the server of `net::http` by HTTP/2, natively and on each host.
pub(crate) fn measure_http2(programs: &Programs, seconds: u32) -> Result<Table> {
    let servers = || programs.everywhere("hello_http", ANY_PORT);
    compare(servers, |url| load_http2(url, seconds), "of native")
}

/// Loads each server, and compares it with the first one. All of it twice, and the
/// better of two counts, since a disturbance only ever slows down.
fn compare(
    servers: impl Fn() -> Result<Vec<(String, Command)>>,
    load: impl Fn(&str) -> Result<f64>,
    of_first: &str,
) -> Result<Table> {
    let mut best: Vec<(String, f64)> = Vec::new();
    for round in 0..2 {
        for (i, (place, server)) in servers()?.into_iter().enumerate() {
            eprintln!("{place}, round {}", round + 1);
            let server = RunningServer::start(server)?;
            let rate = load(server.url())?;
            match best.get_mut(i) {
                Some((_, known)) => *known = known.max(rate),
                None => best.push((place, rate)),
            }
        }
    }
    let first = best.first().map_or(f64::NAN, |(_, rate)| *rate);
    let mut table = Table::new(&["server", "requests/s", of_first]);
    for (place, rate) in best {
        table.row(vec![
            place,
            format!("{rate:.0}"),
            format!("{:.2}", rate / first),
        ]);
    }
    Ok(table)
}

/// The requests a second that wrk reaches.
pub(super) fn load(url: &str, seconds: u32) -> Result<f64> {
    let mut wrk = peers::command("wrk")?;
    wrk.args(["-t1", "-c32", &format!("-d{seconds}s"), url]);
    let printed = capture(&mut wrk)?;
    let printed = String::from_utf8_lossy(&printed);
    anyhow::ensure!(!printed.contains("Socket errors"), "{printed}");
    printed
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:"))
        .and_then(|rate| rate.trim().parse().ok())
        .with_context(|| format!("no rate in what wrk printed: {printed}"))
}

/// The requests a second that h2load reaches, 8 at once on each of 4 connections.
fn load_http2(url: &str, seconds: u32) -> Result<f64> {
    let mut h2load = peers::command("h2load")?;
    h2load.args(["-t1", "-c4", "-m8", "-D", &seconds.to_string(), url]);
    let printed = capture(&mut h2load)?;
    let printed = String::from_utf8_lossy(&printed);
    anyhow::ensure!(printed.contains(" 0 failed, 0 errored"), "{printed}");
    printed
        .lines()
        .find_map(|line| line.strip_prefix("finished in "))
        .and_then(|line| {
            line.split(", ")
                .nth(1)?
                .strip_suffix(" req/s")?
                .parse()
                .ok()
        })
        .with_context(|| format!("no rate in what h2load printed: {printed}"))
}
