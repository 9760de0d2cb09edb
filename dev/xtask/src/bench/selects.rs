//! Selects a second, of one row and of 10,000.

use std::process::Command;

use anyhow::{Context, Result};

use super::programs::Programs;
use crate::child_output::capture;
use crate::peers;
use crate::table::Table;

/// A database, and who else asks it.
struct Rival {
    server: &'static str,
    /// How a connection string begins, and ends.
    url: [&'static str; 2],
    /// What the rival needs behind that.
    options: &'static str,
    name: &'static str,
    program: &'static str,
    /// The program on `net`.
    ours: &'static str,
}

/// Asks MySQL.
pub(crate) fn from_mysql(programs: &Programs) -> Result<Table> {
    let rival = Rival {
        server: "mysql",
        url: ["mysql://root@", "/test"],
        // It would find the Unix socket of a server on loopback, and use that.
        options: "?prefer_socket=false",
        name: "mysql_async",
        program: "mysql_select_tokio",
        ours: "mysql_select",
    };
    measure(programs, &rival)
}

/// Asks PostgreSQL.
pub(crate) fn from_postgres(programs: &Programs) -> Result<Table> {
    let rival = Rival {
        server: "postgres",
        // Without TLS, which the rival does not have here.
        url: ["postgres://postgres@", "/postgres?sslmode=disable"],
        options: "",
        name: "tokio-postgres",
        program: "postgres_select_tokio",
        ours: "postgres_select",
    };
    measure(programs, &rival)
}

/// Asks one server by the rival on plain tokio, then by `net` everywhere. All of it twice, and
/// the better of two rates, since a disturbance only ever slows down.
fn measure(programs: &Programs, rival: &Rival) -> Result<Table> {
    let server = peers::start(rival.server)?;
    let address = server.addresses().get("tcp").context("an address")?;
    let [before, behind] = rival.url;
    let url = format!("{before}{address}{behind}");
    let mut best: Vec<(String, [f64; 2])> = Vec::new();
    for round in 0..2 {
        let mut tokio = programs.native(rival.program)?;
        tokio.arg(format!("{url}{}", rival.options));
        let mut clients = vec![(format!("native, {}", rival.name), tokio)];
        clients.extend(programs.everywhere(rival.ours, &url)?);
        for (i, (place, mut client)) in clients.into_iter().enumerate() {
            eprintln!("{place}, round {}", round + 1);
            let rates = rates(&mut client)?;
            match best.get_mut(i) {
                Some((_, known)) => *known = [0, 1].map(|kind| known[kind].max(rates[kind])),
                None => best.push((place, rates)),
            }
        }
    }
    Ok(compare(rival.name, best))
}

/// The first of them is who the others are compared with.
fn compare(rival: &str, rates: Vec<(String, [f64; 2])>) -> Table {
    let [point, large] = rates.first().map_or([f64::NAN; 2], |(_, rates)| *rates);
    let of = format!("of {rival}");
    let mut table = Table::new(&["client", "one row/s", &of, "10,000 rows/s", &of]);
    for (place, rates) in rates {
        table.row(vec![
            place,
            format!("{:.0}", rates[0]),
            format!("{:.2}", rates[0] / point),
            format!("{:.1}", rates[1]),
            format!("{:.2}", rates[1] / large),
        ]);
    }
    table
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
