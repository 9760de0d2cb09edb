//! Programs of others for tests: a launcher that natively running tests and guests ask for them.
//!
//! A client program that is not on `PATH` needs a line in `programs.rs`, which says where it comes
//! from. A server needs a file of its own beside this one, with a function that writes its
//! configuration into an empty folder and says how it is started and where it listens, and a line
//! in `servers.rs`. The other side is the crate `net-peers`.

mod connection;
mod go;
mod grpcio;
mod mariadb;
mod memcached;
mod microsocks;
mod mysql;
mod mysql_data;
mod nginx;
mod openssl;
mod postgres;
mod process;
mod programs;
mod python;
mod redis;
mod redis_groups;
mod servers;
mod tinyproxy;
mod ttrpc;
mod websockets;

pub(crate) use process::Running;
pub(crate) use programs::command;

use std::net::{SocketAddr, TcpListener};
use std::thread;

use anyhow::{Context, Result};
use net_peers::protocol::VARIABLE;

pub(crate) const AFTER_HELP: &str = "\
Tests find it by the variable that it prints:
  export $(cargo xtask peers | head -1)  in another terminal, as long as this one runs";

/// Starts programs for whoever connects, until this process ends.
#[derive(Debug)]
pub(crate) struct Launcher {
    address: SocketAddr,
}

impl Launcher {
    /// Listens on loopback, with everything installed that takes long.
    pub(crate) fn start() -> Result<Self> {
        programs::install_slow();
        let listener = TcpListener::bind("127.0.0.1:0").context("a port for the launcher")?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || connection::serve(&stream));
            }
        });
        Ok(Launcher { address })
    }

    /// The variable that tells tests of it, and its value.
    pub(crate) fn variable(&self) -> (&'static str, String) {
        (VARIABLE, self.address.to_string())
    }
}

/// Starts a server by its name, for as long as the value lives.
pub(crate) fn start(server: &str) -> Result<Running> {
    Running::start(servers::set_up(server)?)
}

/// `peers`: a launcher by itself, for tests that are run by hand.
pub(crate) fn run() -> Result<()> {
    let (name, value) = Launcher::start()?.variable();
    println!("{name}={value}");
    loop {
        thread::park();
    }
}
