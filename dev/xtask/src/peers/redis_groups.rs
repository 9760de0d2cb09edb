//! Several processes of Redis that belong together: a cluster, and a master with a replica and
//! sentinels. Each knows the others from its files, so nobody has to introduce them.
//!
//! A test that wants one of them to end tells it so: `SHUTDOWN NOSAVE`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::process::{Setup, free_address};
use super::programs;
use super::redis::{certificate_of_client, certificates, port};

/// Which slots a master has.
const MASTERS: [&str; 3] = ["0-5460", "5461-10922", "10923-16383"];

/// Three masters, `node1` to `node3`, and `replica1` of the first. A master that is gone is
/// replaced by its replica after some seconds.
pub(crate) fn set_up_cluster(folder: &Path) -> Result<Setup> {
    cluster(folder, Network::Plain)
}

/// The same, where all is encrypted.
pub(crate) fn set_up_cluster_tls(folder: &Path) -> Result<Setup> {
    cluster(folder, Network::Tls)
}

fn cluster(folder: &Path, network: Network) -> Result<Setup> {
    let names = ["node1", "node2", "node3", "replica1"];
    let mut addresses = Vec::new();
    let mut lines = Vec::new();
    let mut buses = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let (address, bus) = (free_address()?, free_address()?);
        let place = format!("{address}@{}", port(&bus)?);
        let line = match MASTERS.get(index) {
            Some(slots) => format!("master - 0 0 {} connected {slots}", index + 1),
            None => format!("slave {} 0 0 1 connected", id(0)),
        };
        lines.push((place, line));
        buses.push(bus);
        addresses.push((name, address));
    }
    let mut files = Vec::new();
    for (index, (name, address)) in addresses.iter().enumerate() {
        let mut nodes = String::new();
        for (other, (place, line)) in lines.iter().enumerate() {
            let myself = if other == index { "myself," } else { "" };
            writeln!(nodes, "{} {place} {myself}{line}", id(other))?;
        }
        nodes += "vars currentEpoch 3 lastVoteEpoch 0\n";
        write(&folder.join(format!("{name}.nodes")), &nodes)?;
        let file = folder.join(format!("{name}.conf"));
        let text = format!(
            "{}{}cluster-enabled yes
cluster-config-file {name}.nodes
cluster-port {}
cluster-node-timeout 2000
cluster-replica-validity-factor 0
",
            common(folder, name, address, network)?,
            data(name),
            port(&buses[index])?,
        );
        write(&file, &text)?;
        files.push((file, ""));
    }
    Ok(Setup::new(all(&files)?, &addresses))
}

/// A master by the name of `mymaster`, a replica of it, and two sentinels of which one suffices
/// to replace the master.
pub(crate) fn set_up_sentinel(folder: &Path) -> Result<Setup> {
    watched(folder, Network::Plain)
}

/// The same, where all is encrypted.
pub(crate) fn set_up_sentinel_tls(folder: &Path) -> Result<Setup> {
    watched(folder, Network::Tls)
}

fn watched(folder: &Path, network: Network) -> Result<Setup> {
    let names = ["master", "replica", "sentinel1", "sentinel2"];
    let mut addresses = Vec::new();
    for name in names {
        addresses.push((name, free_address()?));
    }
    let mut ports = Vec::new();
    for (_, address) in &addresses {
        ports.push(port(address)?.to_owned());
    }
    let mut files = Vec::new();
    for (index, (name, address)) in addresses.iter().enumerate() {
        let mut text = common(folder, name, address, network)?;
        let mode = match index {
            0 => {
                text += &data(name);
                ""
            }
            1 => {
                text += &data(name);
                writeln!(text, "replicaof 127.0.0.1 {}", ports[0])?;
                ""
            }
            _ => {
                text += &watching(index, &ports);
                "--sentinel"
            }
        };
        let file = folder.join(format!("{name}.conf"));
        write(&file, &text)?;
        files.push((file, mode));
    }
    Ok(Setup::new(all(&files)?, &addresses))
}

/// What one of the two sentinels knows.
fn watching(index: usize, ports: &[String]) -> String {
    let other = 5 - index;
    format!(
        "sentinel myid {}
sentinel monitor mymaster 127.0.0.1 {} 1
sentinel down-after-milliseconds mymaster 3000
sentinel failover-timeout mymaster 5000
sentinel known-replica mymaster 127.0.0.1 {}
sentinel known-sentinel mymaster 127.0.0.1 {} {}
",
        id(index),
        ports[0],
        ports[1],
        ports[other],
        id(other),
    )
}

/// What every process is told.
fn common(folder: &Path, name: &str, address: &str, network: Network) -> Result<String> {
    Ok(format!(
        "bind 127.0.0.1
dir {}
logfile {name}.log
{}",
        folder.display(),
        network.settings(port(address)?),
    ))
}

/// What is spoken with clients and between the processes.
#[derive(Clone, Copy, Debug)]
enum Network {
    Plain,
    Tls,
}

impl Network {
    fn settings(self, port: &str) -> String {
        match self {
            Self::Plain => format!("port {port}\n"),
            // On the bus of a cluster, who connects shows a certificate, too.
            Self::Tls => format!(
                "port 0
tls-port {port}
tls-cluster yes
tls-replication yes
{}{}",
                certificates(),
                certificate_of_client()
            ),
        }
    }
}

/// What those are told that have data: it is gone with the process. A replica is of use once
/// its master has sent it something, be it a ping.
fn data(name: &str) -> String {
    format!(
        "dbfilename {name}.rdb
save \"\"
repl-diskless-sync-delay 0
repl-ping-replica-period 1
"
    )
}

/// By which name a node or a sentinel is known to the others: 40 digits.
fn id(index: usize) -> String {
    format!("{:040x}", index + 1)
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| file.display().to_string())
}

/// A shell that runs all of them, and ends them when it is told to end.
fn all(files: &[(impl AsRef<Path>, &str)]) -> Result<Command> {
    let server = programs::command("redis-server")?;
    let script = "server=$1; shift
trap 'kill -9 $all 2>/dev/null; exit 0' TERM INT
while [ $# -gt 0 ]; do
  \"$server\" \"$1\" $2 & all=\"$all $!\"; shift 2
done
wait";
    let mut command = Command::new("sh");
    command.args(["-c", script, "redis"]);
    command.arg(server.get_program());
    for (file, mode) in files {
        command.arg(file.as_ref()).arg(mode);
    }
    Ok(command)
}
