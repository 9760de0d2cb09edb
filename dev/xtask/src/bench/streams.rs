//! Long bodies: how fast they are, and how much memory they take.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use super::programs::Programs;
use crate::table::Table;

/// Lengths of bodies in MiB. That memory does not grow from one to the other is
/// what is to be seen.
const SHORT: &str = "64";
const LONG: &str = "1024";

/// Streams a body from a server to a client in one process, and one back.
pub(crate) fn measure(programs: &Programs) -> Result<Table> {
    let mut table = Table::new(&[
        "place",
        "download, MiB/s",
        "upload, MiB/s",
        "peak memory, 64 MiB bodies",
        "1 GiB bodies",
    ]);
    let short = programs.everywhere("streams", SHORT)?;
    let long = programs.everywhere("streams", LONG)?;
    for ((place, short), (_, long)) in short.into_iter().zip(long) {
        eprintln!("{place}");
        let before = Streams::run(short)?;
        let after = Streams::run(long)?;
        table.row(vec![
            place,
            after.rates[0].clone(),
            after.rates[1].clone(),
            before.peak,
            after.peak,
        ]);
    }
    Ok(table)
}

#[derive(Debug)]
struct Streams {
    rates: [String; 2],
    peak: String,
}

impl Streams {
    fn run(mut command: Command) -> Result<Self> {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut running = Running(child.context("cannot start the program")?);
        let streams = running.read();
        // The program waits for the end of its input.
        running.0.stdin = None;
        if streams.is_ok() {
            running.0.wait()?;
        }
        streams
    }
}

/// A program that ends with this.
#[derive(Debug)]
struct Running(Child);

impl Running {
    fn read(&mut self) -> Result<Streams> {
        let stdout = self.0.stdout.take().context("its output is a pipe")?;
        let mut lines = BufReader::new(stdout).lines();
        let mut rate = || -> Result<String> {
            let line = lines.next().context("the program ended early")??;
            let (_, rate) = line.split_once('\t').context("no rate")?;
            Ok(rate.to_owned())
        };
        let rates = [rate()?, rate()?];
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .context("Linux's /proc")?;
        let peak = peak.trim().to_owned();
        Ok(Streams { rates, peak })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless something failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
