//! GETs a second of 64 tasks that share one connection to Redis.

use std::process::Command;

use anyhow::{Context, Result};

use super::programs::Programs;
use crate::child_output::capture;
use crate::peers;
use crate::table::Table;

/// Asks by the crate `redis` on plain tokio, then by ours everywhere. All of it
/// three times, and the best counts, since a disturbance only ever slows down.
pub(crate) fn measure(programs: &Programs) -> Result<Table> {
    let server = peers::start("redis")?;
    let address = server.addresses().get("tcp").context("no address")?;
    let mut best: Vec<(String, f64)> = Vec::new();
    for round in 0..3 {
        let mut plain = programs.native("redis_get_tokio")?;
        plain.arg(address);
        let mut clients = vec![("native, redis-rs".to_owned(), plain)];
        clients.extend(programs.everywhere("redis_get", address)?);
        for (i, (place, mut client)) in clients.into_iter().enumerate() {
            eprintln!("{place}, round {}", round + 1);
            let rate = rate(&mut client)?;
            match best.get_mut(i) {
                Some((_, known)) => *known = known.max(rate),
                None => best.push((place, rate)),
            }
        }
    }
    let plain = best.first().map_or(f64::NAN, |(_, rate)| *rate);
    let native = best.get(1).map_or(f64::NAN, |(_, rate)| *rate);
    let mut table = Table::new(&["client", "GETs/s", "of redis-rs", "of native"]);
    for (place, rate) in best {
        table.row(vec![
            place,
            format!("{rate:.0}"),
            format!("{:.2}", rate / plain),
            format!("{:.2}", rate / native),
        ]);
    }
    Ok(table)
}

/// As the program reports it.
fn rate(client: &mut Command) -> Result<f64> {
    let printed = String::from_utf8_lossy(&capture(client)?).into_owned();
    let rate = printed.split(' ').next().and_then(|rate| rate.parse().ok());
    rate.with_context(|| format!("no rate in {printed:?}"))
}
