//! Gets from memcached and from Redis a second, against clients of others.

use std::process::Command;

use anyhow::{Context, Result};

use super::programs::Programs;
use crate::child_output::capture;
use crate::peers;
use crate::table::Table;

pub(crate) fn from_memcached(programs: &Programs) -> Result<Table> {
    let rival = ("memcache-async", "memcache_tokio");
    measure(programs, "memcached", rival, "memcache")
}

pub(crate) fn from_redis(programs: &Programs) -> Result<Table> {
    measure(programs, "redis", ("redis-rs", "redis_tokio"), "redis")
}

/// Asks a server by the program of a rival, and by ours at all places; twice, and
/// the better of two rates counts, since a disturbance only ever slows down.
fn measure(
    programs: &Programs,
    server: &str,
    (rival, rivals): (&str, &str),
    ours: &str,
) -> Result<Table> {
    let server = peers::start(server)?;
    let address = &server.addresses()["tcp"];
    let mut places: Vec<(String, Vec<f64>)> = Vec::new();
    for _ in 0..2 {
        let mut others = programs.native(rivals)?;
        others.arg(address);
        let mut commands = vec![(format!("native, {rival}"), others)];
        commands.extend(programs.everywhere(ours, address)?);
        for (i, (place, mut command)) in commands.into_iter().enumerate() {
            eprintln!("{place}");
            let rates = rates(&mut command)?;
            match places.get_mut(i) {
                Some((_, best)) => best.iter_mut().zip(rates).for_each(|(a, b)| *a = a.max(b)),
                None => places.push((place, rates)),
            }
        }
    }
    let mut table = Table::new(&["client", "gets/s, 1 task", "gets/s, 64 tasks"]);
    for (place, rates) in places {
        let rates = rates.iter().map(|rate| format!("{rate:.0}"));
        table.row([place].into_iter().chain(rates).collect());
    }
    Ok(table)
}

/// What a program printed: one rate for each number of tasks.
fn rates(command: &mut Command) -> Result<Vec<f64>> {
    let printed = capture(command)?;
    let printed = String::from_utf8_lossy(&printed);
    let rate = |line: &str| line.split_once('\t')?.1.parse().ok();
    let rates: Option<Vec<f64>> = printed.lines().map(rate).collect();
    rates.with_context(|| format!("no rates in {printed:?}"))
}
