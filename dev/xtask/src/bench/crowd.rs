//! What a request costs beside idle connections.

use std::net::TcpStream;
use std::process::Command;

use anyhow::Result;

use super::programs::Programs;
use super::{http, idle};
use crate::running_server::RunningServer;
use crate::table::Table;

const FEW: usize = 10;

/// Loads each server beside a few idle connections, and beside many.
pub(crate) fn measure(programs: &Programs, many: usize, seconds: u32) -> Result<Table> {
    let header = ["server", "idle", "requests/s", "cost of a request"];
    let mut table = Table::new(&header);
    let few = programs.everywhere("hello", "127.0.0.1:0")?;
    let crowded = programs.everywhere("hello", "127.0.0.1:0")?;
    for ((place, few), (_, crowded)) in few.into_iter().zip(crowded) {
        eprintln!("{place}");
        let alone = load_beside(few, FEW, seconds)?;
        let crowd = load_beside(crowded, many, seconds)?;
        for (idle, rate) in [(FEW, alone), (many, crowd)] {
            table.row(vec![
                place.clone(),
                idle.to_string(),
                format!("{rate:.0}"),
                format!("{:.2}", alone / rate),
            ]);
        }
    }
    Ok(table)
}

fn load_beside(server: Command, connections: usize, seconds: u32) -> Result<f64> {
    let server = RunningServer::start(server)?;
    let address = server.url().trim_start_matches("http://");
    let open: Vec<TcpStream> = (0..connections)
        .map(|_| idle::connection(address))
        .collect::<Result<_>>()?;
    let rate = http::load(server.url(), seconds);
    drop(open);
    rate
}
