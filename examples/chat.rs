//! A chat over TCP: every line that a peer writes is sent to all peers.
//!
//! ```text
//! cargo run --release --example chat                      # native
//! cargo xtask run wasmedge chat                           # the same source on WasmEdge
//! cargo xtask run wasi-go chat                            # and on wasi-go
//! nc 127.0.0.1 3000                                       # in several terminals
//! ```
//!
//! Arguments are `[--idle SECONDS] [ADDRESS]`: a peer that writes nothing for
//! that time is disconnected. On Ctrl-C or SIGTERM the chat says goodbye to all.

use std::fmt;
use std::io;
use std::pin::pin;
use std::process::exit;
use std::sync::Arc;
use std::time::Duration;

use net::prelude::*;
use net::{Endpoint, Listener, Stream};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// The longest line, including its line break.
const LINE_LIMIT: u64 = 1024;
/// The number of lines that are kept for a slow peer.
const BACKLOG: usize = 256;
/// The time limit for the last message to a peer.
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);
/// The time limit for all connections after the server was asked to end.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);
/// The pauses after failed accepts; descriptors may be free again after them.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The lines for all peers. A slow peer misses lines; it never delays others.
type Room = broadcast::Sender<Arc<str>>;

#[net::net_main]
async fn main() -> net::Result<()> {
    let (address, idle) = arguments();
    let listener = net::listen("tcp", &address).await?;
    println!("listening on {}", listener.local_addr()?);
    serve(listener, idle).await
}

fn arguments() -> (String, Duration) {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (seconds, address) = match arguments[..] {
        [] => ("300", "127.0.0.1:3000"),
        ["--idle", seconds] => (seconds, "127.0.0.1:3000"),
        ["--idle", seconds, address] => (seconds, address),
        [address] => ("300", address),
        _ => usage(),
    };
    let seconds = seconds.parse().unwrap_or_else(|_| usage());
    (address.to_owned(), Duration::from_secs(seconds))
}

fn usage() -> ! {
    eprintln!("usage: chat [--idle SECONDS] [ADDRESS]");
    exit(2)
}

/// Serves every peer until the program is asked to end.
async fn serve(listener: impl Listener, idle: Duration) -> net::Result<()> {
    let room = Room::new(BACKLOG);
    // Each connection holds a receiver, so that it is known when all have ended.
    let server_ends = watch::Sender::new(false);
    let mut stop = pin!(net::shutdown());
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted?,
            () = &mut stop => break,
        };
        let (room, server_ends) = (room.clone(), server_ends.subscribe());
        net::spawn(welcome(stream, peer, room, idle, server_ends));
    }
    // From here on, new connections are refused.
    drop(listener);
    server_ends.send_replace(true);
    let _ = net::time::timeout(DRAIN_LIMIT, server_ends.closed()).await;
    Ok(())
}

/// Accepts the next connection. While descriptors are lacking, it says so once and
/// tries again.
async fn accept<L: Listener>(listener: &L) -> net::Result<(L::Stream, Endpoint)> {
    let mut pause = FIRST_PAUSE;
    loop {
        match listener.accept().await {
            Err(error) if error.is_transient() => {
                if pause == FIRST_PAUSE {
                    eprintln!("{error}");
                }
                net::time::sleep(pause).await;
                pause = LONGEST_PAUSE.min(2 * pause);
            }
            accepted => return accepted,
        }
    }
}

/// Serves one peer, from its name to the end of its connection.
async fn welcome(
    stream: impl Stream,
    peer: Endpoint,
    room: Room,
    idle: Duration,
    mut server_ends: watch::Receiver<bool>,
) {
    let (read, mut write) = stream.into_split();
    let lines = Lines::new(read, idle);
    let end = tokio::select! {
        end = chat(lines, &mut write, &peer, &room) => end,
        _ = server_ends.wait_for(|&is_so| is_so) => End::Shutdown,
    };
    println!("{peer}: {end}");
    // The peer may be gone or may not be reading.
    let goodbye = format!("* goodbye: {end}\n");
    let _ = net::time::timeout(GOODBYE_LIMIT, write.write_all(goodbye.as_bytes())).await;
}

/// Passes lines between a peer and the room.
async fn chat<R, W>(mut lines: Lines<R>, write: &mut W, peer: &Endpoint, room: &Room) -> End
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let name = match name(&mut lines, write).await {
        Ok(name) => name,
        Err(end) => return end,
    };
    println!("{peer}: {name}");
    let receiver = room.subscribe();
    say(room, format_args!("* {name} joined"));
    // When one ends, the other is cancelled.
    let end = tokio::select! {
        end = hear(&mut lines, room, &name) => end,
        end = tell(write, receiver) => end,
    };
    say(room, format_args!("* {name} left: {end}"));
    end
}

/// Asks for the peer's name.
async fn name<R, W>(lines: &mut Lines<R>, write: &mut W) -> Result<String, End>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    write.write_all(b"* your name?\n").await?;
    loop {
        let name = lines.next().await?;
        if !name.is_empty() {
            return Ok(name);
        }
    }
}

/// Forwards a peer's lines to the room.
async fn hear<R: AsyncRead + Unpin>(lines: &mut Lines<R>, room: &Room, name: &str) -> End {
    loop {
        match lines.next().await {
            Ok(line) => say(room, format_args!("{name}: {line}")),
            Err(end) => return end,
        }
    }
}

/// Forwards the room's lines to a peer.
async fn tell<W>(write: &mut W, mut room: broadcast::Receiver<Arc<str>>) -> End
where
    W: AsyncWrite + Unpin,
{
    loop {
        let line = match room.recv().await {
            Ok(line) => line,
            Err(RecvError::Lagged(missed)) => format!("* you missed {missed} lines\n").into(),
            Err(RecvError::Closed) => return End::Closed,
        };
        if let Err(error) = write.write_all(line.as_bytes()).await {
            return error.into();
        }
    }
}

fn say(room: &Room, line: fmt::Arguments<'_>) {
    // It only fails if there is no receiver.
    let _ = room.send(format!("{line}\n").into());
}

/// Reads what a peer writes, line by line.
struct Lines<R> {
    read: BufReader<R>,
    idle: Duration,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(read: R, idle: Duration) -> Self {
        Lines {
            read: BufReader::new(read),
            idle,
        }
    }

    /// Reads the next line, without its line break and other control characters.
    async fn next(&mut self) -> Result<String, End> {
        let mut line = Vec::new();
        let mut limited = (&mut self.read).take(LINE_LIMIT);
        let reading = limited.read_until(b'\n', &mut line);
        match net::time::timeout(self.idle, reading).await {
            Err(_) => return Err(End::Idle),
            Ok(result) => result?,
        };
        if line.is_empty() {
            return Err(End::Closed);
        }
        if line.len() as u64 == LINE_LIMIT && !line.ends_with(b"\n") {
            return Err(End::TooLong);
        }
        let line = String::from_utf8_lossy(&line);
        Ok(line.chars().filter(|c| !c.is_control()).collect())
    }
}

/// The reason why a connection ends.
enum End {
    Closed,
    Idle,
    TooLong,
    Shutdown,
    Failed(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        End::Failed(error)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Closed => f.write_str("end of input"),
            End::Idle => f.write_str("idle for too long"),
            End::TooLong => write!(f, "a line of more than {LINE_LIMIT} bytes"),
            End::Shutdown => f.write_str("the server ends"),
            End::Failed(error) => error.fmt(f),
        }
    }
}
