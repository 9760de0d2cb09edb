//! What the tests share.

use std::fmt::Display;
use std::future::Future;
use std::io;
use std::time::Duration;

use net::prelude::*;
use net::runtime::{Builder, Flavor};
use net::target::{Listener, PacketConn, Stream};
use net::{Endpoint, Net, Result};

/// A bound for what happens at once on a machine that has nothing else to do.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// So long nothing happens, where nothing is expected to.
pub(crate) const QUIET: Duration = Duration::from_millis(100);

/// Runs a test on one thread, as every target can. One that hangs fails.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    let test = Box::pin(test);
    Builder::new()
        .flavor(Flavor::CurrentThread)
        .block_on(async { net::time::timeout(Duration::from_secs(60), test).await })
        .expect("the test ends")
}

pub(crate) fn host() -> String {
    Net::default().host().to_owned()
}

pub(crate) fn is_guest() -> bool {
    host() != "native"
}

/// Whether the machine has the IPv6 loopback address; says so if it has not.
pub(crate) async fn has_ipv6() -> bool {
    match net::listen_packet("udp6", "[::1]:0").await {
        Ok(_) => true,
        Err(error) => {
            eprintln!("skipped, this machine has no ::1: {error}");
            false
        }
    }
}

pub(crate) async fn listen() -> Result<(Listener, String)> {
    let listener = net::listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    Ok((listener, address))
}

/// The two ends of a TCP connection: the one that dialed, the one accepted.
pub(crate) async fn pair() -> Result<(Stream, Stream)> {
    let (listener, address) = listen().await?;
    pair_on(&listener, &address).await
}

/// The two ends of a new connection to a listener that nobody else dials.
pub(crate) async fn pair_on(listener: &Listener, address: &str) -> Result<(Stream, Stream)> {
    let (dialed, (accepted, _)) = tokio::try_join!(net::dial("tcp", address), listener.accept())?;
    Ok((dialed, accepted))
}

/// One byte there and one back.
pub(crate) async fn round_trip(one: &mut Stream, other: &mut Stream) -> io::Result<()> {
    one.write_u8(7).await?;
    assert_eq!(other.read_u8().await?, 7);
    other.write_u8(8).await?;
    assert_eq!(one.read_u8().await?, 8);
    Ok(())
}

/// Sends back what comes, until the end.
pub(crate) async fn echo(stream: Stream) -> io::Result<()> {
    let (mut read, mut write) = stream.into_split();
    tokio::io::copy(&mut read, &mut write).await?;
    Ok(())
}

/// An address as messages have it: on one line.
pub(crate) fn printed(address: &str) -> String {
    address.replace('\0', "\\u{0}")
}

/// The error's message has each of the parts in it.
#[track_caller]
pub(crate) fn assert_mentions(error: &impl Display, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "no {part:?} in: {message}");
    }
}

/// A datagram socket and its address.
pub(crate) async fn socket() -> Result<(PacketConn, Endpoint)> {
    let socket = net::listen_packet("udp", "127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}
