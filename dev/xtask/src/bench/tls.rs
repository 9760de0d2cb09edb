//! Handshakes and bytes a second of TLS, both ends in one process.

use std::process::Command;

use anyhow::{Context, Result};

use super::programs::Programs;
use crate::child_output::capture;
use crate::table::Table;

/// Each provider on plain tokio and on our sockets, and the one that needs no C
/// compiler on each host. All of it three times, and the best of each number,
/// since a disturbance only ever slows down.
pub(crate) fn measure(programs: &Programs) -> Result<Table> {
    let mut table = Table::new(&[
        "program",
        "handshakes/s",
        "of plain tokio",
        "MiB/s",
        "of plain tokio",
    ]);
    for provider in ["ring", "rustcrypto"] {
        let mut commands = Vec::new();
        for (place, name) in [("native, plain tokio", "tls_tokio"), ("native", "tls")] {
            let mut command = programs.native(name)?;
            command.arg(provider);
            commands.push((place.to_owned(), command));
        }
        if provider == "rustcrypto" {
            for host in &programs.hosts {
                commands.push((host.to_string(), programs.guest(host, "tls", provider)?));
            }
        }
        let measured = best_of_three(commands)?;
        let (_, plain) = measured.first().context("plain tokio comes first")?;
        for (place, rates) in &measured {
            let mut row = vec![format!("{place}, {provider}")];
            for (rate, plain) in rates.iter().zip(plain) {
                row.extend([format!("{rate:.0}"), format!("{:.2}", rate / plain)]);
            }
            table.row(row);
        }
    }
    Ok(table)
}

/// Handshakes and mebibytes a second.
type Rates = [f64; 2];

fn best_of_three(mut commands: Vec<(String, Command)>) -> Result<Vec<(String, Rates)>> {
    let mut best: Vec<Rates> = vec![[0.0; 2]; commands.len()];
    for _ in 0..3 {
        for ((place, command), best) in commands.iter_mut().zip(&mut best) {
            eprintln!("{place}");
            let rates = rates(command)?;
            *best = [best[0].max(rates[0]), best[1].max(rates[1])];
        }
    }
    let places = commands.into_iter().map(|(place, _)| place);
    Ok(places.zip(best).collect())
}

fn rates(command: &mut Command) -> Result<Rates> {
    let printed = capture(command)?;
    let printed = String::from_utf8_lossy(&printed);
    let mut rates = printed.split_whitespace().map(str::parse);
    let mut next = || rates.next().and_then(Result::ok);
    next()
        .zip(next())
        .map(|(handshakes, mebibytes)| [handshakes, mebibytes])
        .with_context(|| format!("no rates in what it printed: {printed}"))
}
