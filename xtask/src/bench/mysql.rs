//! Selects a second, of one row and of 10,000.

use std::process::Command;

use anyhow::{Context, Result};

use super::programs::Programs;
use crate::child_output::capture;
use crate::peers;
use crate::table::Table;

/// Asks one MySQL by `mysql_async` on plain tokio, then by `net::mysql` everywhere. All of it
/// twice, and the better of two rates, since a disturbance only ever slows down.
pub(crate) fn measure(programs: &Programs) -> Result<Table> {
    let server = peers::start("mysql")?;
    let address = server.addresses().get("tcp").context("an address")?;
    let url = format!("mysql://root@{address}/test");
    let mut best: Vec<(String, [f64; 2])> = Vec::new();
    for round in 0..2 {
        let mut tokio = programs.native("mysql_select_tokio")?;
        // It would find the Unix socket of a server on loopback, and use that.
        tokio.arg(format!("{url}?prefer_socket=false"));
        let mut clients = vec![("native, mysql_async".to_owned(), tokio)];
        clients.extend(programs.everywhere("mysql_select", &url)?);
        for (i, (place, mut client)) in clients.into_iter().enumerate() {
            eprintln!("{place}, round {}", round + 1);
            let rates = rates(&mut client)?;
            match best.get_mut(i) {
                Some((_, known)) => *known = [0, 1].map(|kind| known[kind].max(rates[kind])),
                None => best.push((place, rates)),
            }
        }
    }
    let [point, large] = best.first().map_or([f64::NAN; 2], |(_, rates)| *rates);
    let header = [
        "client",
        "one row/s",
        "of mysql_async",
        "10,000 rows/s",
        "of mysql_async",
    ];
    let mut table = Table::new(&header);
    for (place, rates) in best {
        table.row(vec![
            place,
            format!("{:.0}", rates[0]),
            format!("{:.2}", rates[0] / point),
            format!("{:.1}", rates[1]),
            format!("{:.2}", rates[1] / large),
        ]);
    }
    Ok(table)
}

fn rates(client: &mut Command) -> Result<[f64; 2]> {
    let printed = capture(client)?;
    let printed = String::from_utf8_lossy(&printed);
    let rates = printed.split_whitespace().map(str::parse);
    match rates.collect::<Result<Vec<f64>, _>>().as_deref() {
        Ok(&[point, large]) => Ok([point, large]),
        _ => anyhow::bail!("no rates in {printed:?}"),
    }
}
