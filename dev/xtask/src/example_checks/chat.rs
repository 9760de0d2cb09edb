//! The chat over TCP, with two peers.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use anyhow::{Result, ensure};

use super::Place;
use super::slow_request::{address, connect};

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let server = place.serve("chat", &["127.0.0.1:0"])?;
    let mut ann = Peer::enter(address(&server)?, "Ann")?;
    let mut bob = Peer::enter(address(&server)?, "Bob")?;
    ann.expect("* Bob joined\n")?;
    bob.0.get_mut().write_all(b"hello\n")?;
    ann.expect("Bob: hello\n")?;
    // This one has not said its name.
    let mut third = Peer(BufReader::new(connect(address(&server)?)?));
    third.expect("* your name?\n")?;
    if place.is_native() {
        server.ask_to_end()?;
        for peer in [&mut ann, &mut third] {
            peer.expect("* goodbye: the server ends\n")?;
        }
        let status = server.wait()?;
        ensure!(status.success(), "asked to end, it ended with {status}");
        return Ok(());
    }
    place.end(server)
}

struct Peer(BufReader<TcpStream>);

impl Peer {
    fn enter(address: &str, name: &str) -> Result<Self> {
        let mut peer = Peer(BufReader::new(connect(address)?));
        peer.expect("* your name?\n")?;
        peer.0.get_mut().write_all(format!("{name}\n").as_bytes())?;
        peer.expect(&format!("* {name} joined\n"))?;
        Ok(peer)
    }

    /// Reads the next line.
    fn expect(&mut self, expected: &str) -> Result<()> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        ensure!(line == expected, "it says {line:?}, not {expected:?}");
        Ok(())
    }
}
