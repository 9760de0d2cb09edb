//! A request that a server finishes although it was asked to end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::Place;
use crate::running_server::RunningServer;

/// The time limit for each step.
const LIMIT: Duration = Duration::from_secs(20);

/// Posts a body to a path, and ends the server while it waits for the second half. Natively
/// the response is complete, and new connections are refused.
pub(super) fn end_during_one(
    place: &Place<'_>,
    server: RunningServer,
    (path, content_type): (&str, &str),
    body: &str,
    expected: &str,
) -> Result<()> {
    if !place.is_native() {
        return place.end(server);
    }
    let address = address(&server)?.to_owned();
    let mut stream = connect(&address)?;
    // The server answers one way or another as soon as it reads the body.
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    let mut said = vec![0; 1024];
    let len = stream.read(&mut said).context("no answer to the head")?;
    said.truncate(len);
    let (first, second) = body.split_at(body.len() / 2);
    stream.write_all(first.as_bytes())?;

    server.ask_to_end()?;
    wait_until_refused(&address)?;
    stream.write_all(second.as_bytes())?;
    stream.read_to_end(&mut said)?;
    let said = String::from_utf8_lossy(&said);
    ensure!(
        said.contains(" 200 ") || said.contains(" 201 "),
        "{path} answers {said:?}"
    );
    ensure!(said.contains(expected), "{path} answers {said:?}");
    let status = server.wait()?;
    ensure!(status.success(), "asked to end, it ended with {status}");
    Ok(())
}

/// Where a server listens, without a scheme.
pub(super) fn address(server: &RunningServer) -> Result<&str> {
    let url = server.url();
    let address = url.split("://").last();
    address.with_context(|| format!("no address in {url}"))
}

/// Connects to a server; reading is limited in time.
pub(super) fn connect(address: &str) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LIMIT))?;
    Ok(stream)
}

fn wait_until_refused(address: &str) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if TcpStream::connect(address).is_err() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(10));
    }
    bail!("asked to end, it still accepts connections")
}
