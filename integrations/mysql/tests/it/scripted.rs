//! A scripted server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use net::Network;
use net::prelude::*;
use net_mysql::prelude::*;
use net_mysql::{Conn, Opts, Result, Row};

/// A generous timeout for what takes no time on an idle machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

const PROTOCOL_41: u32 = 1 << 9;
const COMPRESS: u32 = 1 << 5;
const TRANSACTIONS: u32 = 1 << 13;
const SECURE_CONNECTION: u32 = 1 << 15;
const MULTI_STATEMENTS: u32 = 1 << 16;
const MULTI_RESULTS: u32 = 1 << 17;
const PLUGIN_AUTH: u32 = 1 << 19;
const DEPRECATE_EOF: u32 = 1 << 24;

/// The capabilities of most servers.
pub(crate) const CAPABILITIES: u32 = PROTOCOL_41
    | COMPRESS
    | TRANSACTIONS
    | SECURE_CONNECTION
    | MULTI_STATEMENTS
    | MULTI_RESULTS
    | PLUGIN_AUTH
    | DEPRECATE_EOF;

pub(crate) const OK: &[u8] = &[0, 0, 0, 2, 0, 0, 0];
/// The end of rows, with and without another result.
pub(crate) const END: &[u8] = &[0xfe, 0, 0, 2, 0, 0, 0];

pub(crate) const SCRAMBLE: &[u8; 20] = b"abcdefghijklmnopqrst";

/// The server's end of a connection.
pub(crate) struct Peer<S> {
    stream: S,
    sequence: u8,
    /// The number of bytes that it sends before it fails, and the fault.
    fault: Option<(Arc<AtomicUsize>, Fault)>,
}

/// How a server fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It closes the connection.
    Close,
    /// It sends nothing more, but continues to read.
    Stall,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// Sends a packet that is shorter than 16 MiB.
    pub(crate) async fn send(&mut self, payload: &[u8]) {
        let mut packet = header(payload.len(), self.sequence).to_vec();
        packet.extend_from_slice(payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.send_raw(&packet).await;
    }

    /// Sends a packet byte by byte, yielding in between.
    pub(crate) async fn send_slowly(&mut self, payload: &[u8]) {
        let header = header(payload.len(), self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        for byte in header.iter().chain(payload) {
            self.send_raw(&[*byte]).await;
            tokio::task::yield_now().await;
        }
    }

    /// Fails after the given number of bytes, which are counted down.
    pub(crate) fn fail_after(&mut self, bytes: &Arc<AtomicUsize>, fault: Fault) {
        self.fault = Some((Arc::clone(bytes), fault));
    }

    /// Sends bytes. Ignores that the client may be gone.
    pub(crate) async fn send_raw(&mut self, mut bytes: &[u8]) {
        if let Some((left, _)) = &self.fault {
            bytes = &bytes[..bytes.len().min(left.load(Ordering::Relaxed))];
            left.fetch_sub(bytes.len(), Ordering::Relaxed);
        }
        let _ = self.stream.write_all(bytes).await;
        let _ = self.stream.flush().await;
    }

    /// Reads a packet; `None` at the end of the connection.
    pub(crate) async fn receive(&mut self) -> Option<Vec<u8>> {
        if let Some((left, fault)) = &self.fault
            && left.load(Ordering::Relaxed) == 0
        {
            while *fault == Fault::Stall && self.stream.read_u8().await.is_ok() {}
            return None;
        }
        let mut header = [0; 4];
        self.stream.read_exact(&mut header).await.ok()?;
        let [a, b, c, sequence] = header;
        let mut payload = vec![0; usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16];
        self.stream.read_exact(&mut payload).await.ok()?;
        self.sequence = sequence.wrapping_add(1);
        Some(payload)
    }

    /// Sends a greeting, accepts any login, and reads the first command.
    pub(crate) async fn log_in(&mut self) -> Option<Vec<u8>> {
        self.send(&greeting(CAPABILITIES, "mysql_native_password"))
            .await;
        self.receive().await?;
        self.send(OK).await;
        self.receive().await
    }
}

pub(crate) fn header(length: usize, sequence: u8) -> [u8; 4] {
    let [a, b, c, ..] = length.to_le_bytes();
    [a, b, c, sequence]
}

/// Encodes a greeting of protocol version 10.
pub(crate) fn greeting(capabilities: u32, plugin: &str) -> Vec<u8> {
    let (first, second) = SCRAMBLE.split_at(8);
    let flags = capabilities.to_le_bytes();
    let mut packet = vec![10];
    packet.extend_from_slice(b"8.0.0-scripted\0");
    packet.extend_from_slice(&7_u32.to_le_bytes());
    packet.extend_from_slice(first);
    packet.push(0);
    packet.extend_from_slice(&flags[..2]);
    packet.extend_from_slice(&[45, 2, 0]);
    packet.extend_from_slice(&flags[2..]);
    packet.push(21);
    packet.extend_from_slice(&[0; 10]);
    packet.extend_from_slice(second);
    packet.push(0);
    packet.extend_from_slice(plugin.as_bytes());
    packet.push(0);
    packet
}

/// Encodes a text with its length.
pub(crate) fn text(text: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(text.len()).expect("a short text")];
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// Encodes a column definition.
pub(crate) fn column(name: &str, kind: u8) -> Vec<u8> {
    let mut packet = text("def");
    for name in ["", "", "", name, name] {
        packet.extend_from_slice(&text(name));
    }
    packet.extend_from_slice(&[0x0c, 45, 0, 0xff, 0, 0, 0, kind, 0, 0, 0, 0, 0]);
    packet
}

/// Runs a client against a server that runs a script on each of its connections, one by one, until
/// the client is done.
pub(crate) async fn against<N: Network, T>(
    net: &N,
    script: impl AsyncFn(Peer<N::Stream>),
    client: impl AsyncFnOnce(Opts) -> Result<T>,
) -> Result<T> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let opts = Opts::new(listener.local_addr()?.to_string());
    let serving = async {
        while let Ok((stream, _)) = listener.accept().await {
            script(Peer {
                stream,
                sequence: 0,
                fault: None,
            })
            .await;
        }
    };
    tokio::select! {
        done = net::time::timeout(SOON, client(opts)) => done.map_err(net::Error::from)?,
        () = serving => panic!("the listener has failed"),
    }
}

/// Returns the result of a `SELECT` that the server replies to with these packets.
pub(crate) async fn answered<N: Network>(net: &N, packets: &[Vec<u8>]) -> Result<Vec<Row>> {
    let script = async |mut peer: Peer<N::Stream>| {
        if peer.log_in().await.is_some() {
            for packet in packets {
                peer.send(packet).await;
            }
            // Until the client is done.
            peer.receive().await;
        }
    };
    against(net, script, async |opts| {
        let mut conn = Conn::connect(net, opts).await?;
        let rows = conn.query("SELECT").await;
        if rows.as_ref().is_err_and(|error| error.server().is_none()) {
            let after = conn.ping().await.unwrap_err();
            assert_eq!(after.kind(), std::io::ErrorKind::NotConnected, "{after}");
        }
        rows
    })
    .await
}
