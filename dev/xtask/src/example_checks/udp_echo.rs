//! The echo over UDP.

use std::net::UdpSocket;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::Place;
use super::slow_request::address;

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let server = place.serve("udp_echo", &["127.0.0.1:0"])?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    socket.send_to(b"hello", address(&server)?)?;
    let mut said = [0; 16];
    let len = socket.recv(&mut said).context("no echo")?;
    ensure!(&said[..len] == b"hello", "it echoes {said:?}");
    place.end(server)
}
