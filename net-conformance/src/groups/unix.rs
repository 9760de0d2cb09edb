//! Unix sockets.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use net_traits::{Endpoint, Listener, PacketConn, SocketOption, Stream, UnixAddress};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::{Capability, Fixture, StreamOf};
use crate::subject::{
    Checked, Fails, ListenerOf, SOON, Subject, echo, ensure_kind, ensure_mentions,
    ensure_parses_back, pattern, round_trip,
};

cases! {
    $ __unix unix:
    /// A path is reported as the address.
    /// Source: POSIX `sys/un.h`; Go TestUnixConnLocalAndRemoteNames.
    a_connection_on_a_path_carries_bytes_both_ways;
    /// A client that is not bound has no path.
    /// Source: Linux `unix(7)`.
    a_peer_without_a_name_is_unnamed;
    /// Nothing of an earlier path remains.
    /// Source: Linux `unix(7)`, the length of an address.
    a_shorter_path_after_a_longer_one_is_that_path;
    /// Datagrams have the path of their sender, and are truncated like those of UDP.
    /// Source: Linux `unix(7)`.
    datagrams_travel_between_paths;
    /// A sender without a path is unnamed.
    /// Source: Linux `unix(7)`.
    a_datagram_without_a_sender_is_received;
    /// One direction ends, as with TCP.
    /// Source: POSIX `shutdown`.
    half_of_a_unix_connection_closes_alone;
    /// A missing path and one in use each have their kind of error.
    /// Source: POSIX `bind`, `connect`.
    a_path_that_cannot_be_had_is_named;
    /// The path of a closed listener is removed or refuses connections, and a path in a
    /// missing directory is not found.
    /// Source: Go `UnixListener.SetUnlinkOnClose`; Linux `unix(7)`; POSIX `bind`, ENOENT.
    a_path_is_a_file;
    /// A path that is too long, empty or contains a NUL fails with `InvalidInput`, and is not truncated.
    /// Source: POSIX `sys/un.h`; std `SocketAddr::from_pathname`.
    a_path_that_cannot_be_is_refused;
    /// `@name` is in Linux's abstract namespace.
    /// Source: Linux `unix(7)`; Go, names that begin with `@`.
    an_abstract_name_is_an_address;
    /// A dial waits until its timeout, or fails at once.
    /// Source: Linux `unix(7)`, EAGAIN of `connect`.
    a_full_queue_of_a_unix_listener_does_not_hang_a_dial;
    /// A path in a log can be typed in again.
    /// Source: the contract of `Endpoint`.
    a_path_can_be_printed_and_parsed;
    /// So can a name of any bytes.
    /// Source: Linux `unix(7)`; the contract of `Endpoint`.
    an_abstract_name_can_be_printed_and_parsed;
}

async fn a_connection_on_a_path_carries_bytes_both_ways<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    let path = Path::new(on, "stream");
    let listener = on.net.listen("unix", &path.0).await?;
    ensure_eq!(listener.local_addr()?, path.endpoint());
    let (dialed, accepted) = pair(on, &listener, &path).await?;
    ensure_eq!(dialed.peer_addr()?, path.endpoint());
    ensure_eq!(accepted.local_addr()?, path.endpoint());
    let echo = tokio::spawn(echo(accepted));
    let (mut read, mut write) = dialed.into_split();
    let sent = pattern(1 << 20);
    let copy = sent.clone();
    let writer = tokio::spawn(async move { write.write_all(&copy).await });
    let mut received = Vec::new();
    read.read_to_end(&mut received).await?;
    writer.await??;
    echo.await??;
    ensure!(received == sent);
    Ok(())
}

async fn a_peer_without_a_name_is_unnamed<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    let path = Path::new(on, "unnamed");
    let listener = on.net.listen("unix", &path.0).await?;
    let (dialed, accepted) = tokio::join!(on.net.dial("unix", &path.0), listener.accept());
    let (dialed, (accepted, peer)) = (dialed?, accepted?);
    let unnamed = Endpoint::from(UnixAddress::unnamed());
    ensure_eq!(peer, unnamed);
    ensure_eq!(accepted.peer_addr()?, unnamed);
    ensure_eq!(dialed.local_addr()?, unnamed);
    Ok(())
}

async fn a_shorter_path_after_a_longer_one_is_that_path<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    let paths = ["a-name-that-is-longer", "short", "x"].map(|name| Path::new(on, name));
    let mut listeners = Vec::new();
    for path in &paths {
        let listener = on.net.listen("unix", &path.0).await?;
        ensure_eq!(listener.local_addr()?, path.endpoint());
        listeners.push(listener);
    }
    for (path, listener) in paths.iter().zip(&listeners) {
        let (mut dialed, mut accepted) = pair(on, listener, path).await?;
        dialed.write_u8(1).await?;
        ensure_eq!(accepted.read_u8().await?, 1);
    }
    Ok(())
}

async fn datagrams_travel_between_paths<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    let (one, other) = (Path::new(on, "gram-one"), Path::new(on, "gram-two"));
    let server = on.net.listen_packet("unixgram", &one.0).await?;
    let client = on.net.listen_packet("unixgram", &other.0).await?;
    ensure_eq!(server.local_addr()?, one.endpoint());
    client.send_to(b"question", &one.endpoint()).await?;
    let mut buf = [0; 100];
    let packet = server.recv_from(&mut buf).await?;
    ensure_eq!(&buf[..packet.len], b"question");
    ensure_eq!(packet.from, other.endpoint());
    server.send_to(b"answer", &packet.from).await?;
    let packet = client.recv_from(&mut buf[..3]).await?;
    ensure_eq!((&buf[..packet.len], packet.truncated), (&b"ans"[..], true));
    Ok(())
}

async fn a_datagram_without_a_sender_is_received<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    let path = Path::new(on, "gram-unnamed");
    let server = on.net.listen_packet("unixgram", &path.0).await?;
    let client = on.net.dial_packet("unixgram", &path.0).await?;
    ensure_eq!(client.peer_addr()?, path.endpoint());
    client.send(b"hello").await?;
    let mut buf = [0; 100];
    let packet = on.timeout(SOON, server.recv_from(&mut buf)).await??;
    ensure_eq!(&buf[..packet.len], b"hello");
    ensure_eq!(packet.from, UnixAddress::unnamed().into());
    Ok(())
}

async fn half_of_a_unix_connection_closes_alone<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    let path = Path::new(on, "half");
    let listener = on.net.listen("unix", &path.0).await?;
    let (mut dialed, mut accepted) = pair(on, &listener, &path).await?;
    dialed.write_all(b"over").await?;
    dialed.shutdown().await?;
    let mut text = String::new();
    accepted.read_to_string(&mut text).await?;
    ensure_eq!(text, "over");
    accepted.write_u8(1).await?;
    ensure_eq!(dialed.read_u8().await?, 1);
    let error = dialed.write_u8(1).await.fails("shut down")?;
    ensure_kind(&error, ErrorKind::BrokenPipe)?;
    Ok(())
}

async fn a_path_that_cannot_be_had_is_named<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    let path = Path::new(on, "taken");
    let error = on.net.dial("unix", &path.0).await.fails("no such path")?;
    ensure_kind(&error, ErrorKind::NotFound)?;
    ensure_mentions(&error, &["dial unix", &path.0])?;
    let _listener = on.net.listen("unix", &path.0).await?;
    let error = on.net.listen("unix", &path.0).await.fails("in use")?;
    ensure_kind(&error, ErrorKind::AddrInUse)?;
    ensure_mentions(&error, &["listen unix", &path.0])?;
    Ok(())
}

async fn a_path_is_a_file<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    on.needs(Capability::Files)?;
    let path = Path::new(on, "file");
    let listener = on.net.listen("unix", &path.0).await?;
    drop(listener);
    let error = on
        .net
        .dial("unix", &path.0)
        .await
        .fails("nobody is there")?;
    // Not every host can remove files.
    if error.kind() != ErrorKind::NotFound {
        ensure_kind(&error, ErrorKind::ConnectionRefused)?;
    }
    let folder = format!("{}-no-folder/socket", path.0);
    let error = on.net.listen("unix", &folder).await.fails("no folder")?;
    ensure_kind(&error, ErrorKind::NotFound)?;
    ensure_mentions(&error, &["listen unix", &folder])?;
    Ok(())
}

async fn a_path_that_cannot_be_is_refused<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    let long = format!("/tmp/{}", "x".repeat(200));
    for path in ["", "/tmp/a\0b", &long] {
        let error = on.net.listen("unix", path).await.fails("no path")?;
        ensure_mentions(&error, &["listen unix", &path.replace('\0', "\\x00")])?;
        on.net.dial("unix", path).await.fails("no path")?;
        on.net
            .listen_packet("unixgram", path)
            .await
            .fails("no path")?;
        ensure_kind(&error, ErrorKind::InvalidInput)?;
    }
    Ok(())
}

async fn an_abstract_name_is_an_address<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    on.needs(Capability::AbstractNames)?;
    let path = Path::new(on, "abstract").0.replace('/', "-");
    let name = format!("@{}", path.trim_start_matches('-'));
    let listener = on.net.listen("unix", &name).await?;
    ensure_eq!(listener.local_addr()?.to_string(), name);
    let (mut dialed, (mut accepted, _)) =
        tokio::try_join!(on.net.dial("unix", &name), listener.accept())?;
    Ok(round_trip(&mut dialed, &mut accepted).await?)
}

async fn a_full_queue_of_a_unix_listener_does_not_hang_a_dial<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    on.needs(Capability::Unix)?;
    let path = Path::new(on, "full");
    let server = on.net.clone().with_option(SocketOption::Backlog(1));
    let _listener = server.listen("unix", &path.0).await?;
    let dialer = on.net.clone().with_timeout(Duration::from_secs(2));
    let mut waiting = Vec::new();
    let error = loop {
        match dialer.dial("unix", &path.0).await {
            Ok(stream) => waiting.push(stream),
            Err(error) => break error,
        }
        ensure!(waiting.len() < 100, "the queue has no end");
    };
    ensure_mentions(&error, &["dial unix", &path.0])?;
    Ok(())
}

async fn a_path_can_be_printed_and_parsed<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    let path = Path::new(on, "printed");
    let listener = on.net.listen("unix", &path.0).await?;
    ensure_parses_back(&listener.local_addr()?)?;
    let (dialed, accepted) = pair(on, &listener, &path).await?;
    ensure_parses_back(&dialed.peer_addr()?)?;
    ensure_parses_back(&accepted.local_addr()?)
}

async fn an_abstract_name_can_be_printed_and_parsed<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Unix)?;
    on.needs(Capability::AbstractNames)?;
    let path = Path::new(on, "bytes").0.replace('/', "-");
    // No host of guests has names with a NUL in them.
    let name = format!("@{path}-\\xff\\n");
    let listener = on.net.listen("unix", &name).await?;
    let address = listener.local_addr()?;
    ensure_parses_back(&address)?;
    let bytes = address.as_unix().and_then(UnixAddress::as_abstract_name);
    let bytes = bytes.context("it is not abstract")?;
    ensure!(bytes.ends_with(b"-\xff\\n"), "{address}");
    Ok(())
}

/// An unused path. Guests bind sockets to paths of the host, but cannot remove them.
#[derive(Debug)]
struct Path(String);

impl Path {
    fn new<F: Fixture>(on: &Subject<F>, name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let time = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |time| time.as_micros());
        let path = on
            .fixture
            .folder()
            .join(format!("net-conformance-{time}-{count}-{name}"));
        Path(path.to_string_lossy().into_owned())
    }

    fn endpoint(&self) -> Endpoint {
        UnixAddress::path(self.0.clone()).into()
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn pair<F: Fixture>(
    on: &Subject<F>,
    listener: &ListenerOf<F>,
    path: &Path,
) -> Result<(StreamOf<F>, StreamOf<F>)> {
    let (dialed, (accepted, _)) =
        tokio::try_join!(on.net.dial("unix", &path.0), listener.accept())?;
    Ok((dialed, accepted))
}
