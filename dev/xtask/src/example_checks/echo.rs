//! The echo over TCP, which echoes to its end what it was asked to.

use std::io::{Read, Write};

use anyhow::{Result, ensure};

use super::Place;
use super::slow_request::{address, connect};

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let server = place.serve("echo", &["127.0.0.1:0"])?;
    let mut stream = connect(address(&server)?)?;
    let mut said = [0; 5];
    stream.write_all(b"hello")?;
    stream.read_exact(&mut said)?;
    ensure!(&said == b"hello", "it echoes {said:?}");
    if !place.is_native() {
        return place.end(server);
    }
    server.ask_to_end()?;
    stream.write_all(b"again")?;
    stream.read_exact(&mut said)?;
    ensure!(&said == b"again", "it echoes {said:?}");
    drop(stream);
    let status = server.wait()?;
    ensure!(status.success(), "asked to end, it ended with {status}");
    Ok(())
}
