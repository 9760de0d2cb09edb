//! Gets from memcached a second, against the fastest published client.

use std::process::Command;

use anyhow::{Context, Result};

use super::programs::Programs;
use crate::child_output::capture;
use crate::peers;
use crate::table::Table;

/// All places twice, and the better of two rates, since a disturbance only
/// ever slows down.
pub(crate) fn measure(programs: &Programs) -> Result<Table> {
    let server = peers::start("memcached")?;
    let address = &server.addresses()["tcp"];
    let mut places: Vec<(String, Vec<f64>)> = Vec::new();
    for _ in 0..2 {
        let mut others = programs.native("memcache_tokio")?;
        others.arg(address);
        let mut commands = vec![("native, memcache-async".to_owned(), others)];
        commands.extend(programs.everywhere("memcache", address)?);
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
