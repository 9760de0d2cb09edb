//! hyper's server, with peers that say nothing and without descriptors.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::slow_request::{self, address, connect};
use super::{Place, find, peer};
use crate::guest_command::limited;
use crate::running_server::RunningServer;

/// More than the server allows for a head.
const LIMIT: Duration = Duration::from_secs(40);
/// So few descriptors that a crowd takes them all.
const FEW: u32 = 40;
const CROWD: usize = 80;

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let server = place.serve("http_server", &["127.0.0.1:0"])?;
    let silent = connect(address(&server)?)?;
    let mut half = connect(address(&server)?)?;
    half.write_all(b"PRI * HTTP/2.0\r\n")?;
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let url = format!("{}/echo", server.url());
        let said = peer("curl", &["--silent", version, "--data", "hello", &url])?;
        ensure!(said == "hello", "it answers {said:?}");
    }
    for (what, stream) in [("nothing", silent), ("half a preface", half)] {
        let own = stream.local_addr()?;
        wait_until_closed(stream).with_context(|| format!("a peer that sends {what}"))?;
        wait_until_printed(&server, &format!("{own}: "))?;
    }
    ensure!(
        !server
            .stderr()
            .lines()
            .any(|line| line.ends_with("connection error")),
        "an error is printed without its cause"
    );
    slow_request::end_during_one(place, server, ("/echo", "text/plain"), "good bye", "bye")?;
    if place.is_native() {
        survives_a_crowd(place)?;
    }
    Ok(())
}

/// Without descriptors it says so, not again and again, and serves when there are some.
fn survives_a_crowd(place: &Place<'_>) -> Result<()> {
    let program = find(place.programs, "http_server")?;
    let mut command = limited(program, FEW);
    command.arg("127.0.0.1:0");
    let server = RunningServer::start(command)?;
    let crowd = (0..CROWD).map(|_| connect(address(&server)?));
    let crowd: Vec<_> = crowd.collect::<Result<_>>()?;
    wait_until_printed(&server, "os error 24")?;
    // With a message for each try, there would be many by then.
    thread::sleep(Duration::from_secs(2));
    let stderr = server.stderr();
    let lines = stderr.lines().filter(|line| line.contains("os error 24"));
    let count = lines.count();
    ensure!(count < 5, "it says {count} times: {stderr}");
    drop(crowd);
    let said = peer("curl", &["--silent", server.url()])?;
    ensure!(said == "Hello, World!\n", "it answers {said:?}");
    place.end(server)
}

fn wait_until_closed(mut stream: TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(LIMIT))?;
    match stream.read(&mut [0; 1024]) {
        Ok(0) => Ok(()),
        Ok(_) => wait_until_closed(stream),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(()),
        Err(error) => Err(error).context("it is not closed"),
    }
}

fn wait_until_printed(server: &RunningServer, text: &str) -> Result<()> {
    let start = Instant::now();
    while !server.stderr().contains(text) {
        if start.elapsed() > LIMIT {
            bail!("it never printed {text:?}");
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
