//! Unix sockets: where there are none, errors that say why.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use net::prelude::*;
use net::target::{Listener, Stream};
use net::{Endpoint, Net, Result, UnixAddress};

use crate::support::{SOON, assert_mentions, host, is_guest, pattern, printed, run};

/// Whether the host, and the way these tests were built, have Unix sockets.
fn available() -> bool {
    let missing = match &*host() {
        "native" => !cfg!(unix),
        "WasmEdge" => !cfg!(feature = "wasmedge-unix"),
        _ => return true,
    };
    !missing
}

/// A name in the file system that nobody has. Guests have the host's paths for
/// sockets, but cannot remove them.
#[derive(Debug)]
struct Path(String);

impl Path {
    fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let time = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |time| time.as_micros());
        let folder = if is_guest() {
            PathBuf::from("/tmp")
        } else {
            std::env::temp_dir()
        };
        let path = folder.join(format!("net-tests-{time}-{count}-{name}"));
        Path(path.to_str().expect("a path of UTF-8").to_owned())
    }

    fn endpoint(&self) -> Endpoint {
        UnixAddress::Path(self.0.clone().into()).into()
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn pair(listener: &Listener, path: &Path) -> Result<(Stream, Stream)> {
    let (dialed, (accepted, _)) = tokio::try_join!(net::dial("unix", &path.0), listener.accept())?;
    Ok((dialed, accepted))
}

#[test]
fn where_there_are_no_unix_sockets_each_operation_says_why() {
    if available() {
        return;
    }
    run(async {
        let path = Path::new("none");
        let errors = [
            ("dial unix", net::dial("unix", &path.0).await.err()),
            ("listen unix", net::listen("unix", &path.0).await.err()),
            (
                "dial unixgram",
                net::dial_packet("unixgram", &path.0).await.err(),
            ),
            (
                "listen for packets unixgram",
                net::listen_packet("unixgram", &path.0).await.err(),
            ),
        ];
        for (what, error) in errors {
            let error = error.expect("no Unix sockets");
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert_mentions(&error, &[what, &path.0, &host()]);
            if host() == "WasmEdge" {
                assert_mentions(&error, &["wasmedge-unix"]);
            }
        }
    });
}

#[test]
fn a_connection_on_a_path_carries_bytes_both_ways() -> Result<()> {
    if !available() {
        return Ok(());
    }
    run(async {
        let path = Path::new("stream");
        let listener = net::listen("unix", &path.0).await?;
        assert_eq!(listener.local_addr()?, path.endpoint());
        let (dialed, accepted) = pair(&listener, &path).await?;
        assert_eq!(dialed.peer_addr()?, path.endpoint());
        assert_eq!(accepted.local_addr()?, path.endpoint());
        let echo = net::spawn(crate::support::echo(accepted));
        let (mut read, mut write) = dialed.into_split();
        let sent = pattern(1 << 20);
        let copy = sent.clone();
        let writer = net::spawn(async move { write.write_all(&copy).await });
        let mut received = Vec::new();
        read.read_to_end(&mut received).await?;
        writer.await??;
        echo.await??;
        assert!(received == sent);
        Ok(())
    })
}

#[test]
fn a_peer_without_a_name_is_unnamed() -> Result<()> {
    if !available() {
        return Ok(());
    }
    run(async {
        let path = Path::new("unnamed");
        let listener = net::listen("unix", &path.0).await?;
        let (dialed, accepted) = tokio::join!(net::dial("unix", &path.0), listener.accept());
        let (dialed, (accepted, peer)) = (dialed?, accepted?);
        let unnamed = Endpoint::from(UnixAddress::Unnamed);
        assert_eq!(peer, unnamed);
        assert_eq!(accepted.peer_addr()?, unnamed);
        assert_eq!(dialed.local_addr()?, unnamed);
        Ok(())
    })
}

#[test]
fn a_shorter_path_after_a_longer_one_is_that_path() -> Result<()> {
    if !available() {
        return Ok(());
    }
    run(async {
        let paths = ["a-name-that-is-longer", "short", "x"].map(Path::new);
        let mut listeners = Vec::new();
        for path in &paths {
            let listener = net::listen("unix", &path.0).await?;
            assert_eq!(listener.local_addr()?, path.endpoint());
            if !is_guest() {
                assert!(std::fs::exists(&path.0)?);
            }
            listeners.push(listener);
        }
        for (path, listener) in paths.iter().zip(&listeners) {
            let (mut dialed, mut accepted) = pair(listener, path).await?;
            dialed.write_u8(1).await?;
            assert_eq!(accepted.read_u8().await?, 1);
        }
        Ok(())
    })
}

#[test]
fn datagrams_travel_between_paths() -> Result<()> {
    if !available() {
        return Ok(());
    }
    run(async {
        let (one, other) = (Path::new("gram-one"), Path::new("gram-two"));
        let server = net::listen_packet("unixgram", &one.0).await?;
        let client = net::listen_packet("unixgram", &other.0).await?;
        assert_eq!(server.local_addr()?, one.endpoint());
        client.send_to(b"question", &one.endpoint()).await?;
        let mut buf = [0; 100];
        let packet = server.recv_from(&mut buf).await?;
        assert_eq!(&buf[..packet.len], b"question");
        assert_eq!(packet.from, other.endpoint());
        server.send_to(b"answer", &packet.from).await?;
        let packet = client.recv_from(&mut buf[..3]).await?;
        assert_eq!((&buf[..packet.len], packet.truncated), (&b"ans"[..], true));
        Ok(())
    })
}

#[test]
fn a_datagram_without_a_sender_is_received_or_an_error() -> Result<()> {
    if !available() {
        return Ok(());
    }
    run(async {
        let path = Path::new("gram-unnamed");
        let server = net::listen_packet("unixgram", &path.0).await?;
        let client = net::dial_packet("unixgram", &path.0).await?;
        assert_eq!(client.peer_addr()?, path.endpoint());
        client.send(b"hello").await?;
        let mut buf = [0; 100];
        match net::time::timeout(SOON, server.recv_from(&mut buf)).await? {
            Ok(packet) => {
                assert_eq!(&buf[..packet.len], b"hello");
                assert_eq!(packet.from, UnixAddress::Unnamed.into());
            }
            // wasi-go has lost it.
            Err(error) => assert_eq!(host(), "wasi-go", "{error}"),
        }
        Ok(())
    })
}

#[test]
fn half_of_a_unix_connection_closes_alone() -> Result<()> {
    if !available() {
        return Ok(());
    }
    run(async {
        let path = Path::new("half");
        let listener = net::listen("unix", &path.0).await?;
        let (mut dialed, mut accepted) = pair(&listener, &path).await?;
        dialed.write_all(b"over").await?;
        dialed.shutdown().await?;
        let mut text = String::new();
        accepted.read_to_string(&mut text).await?;
        assert_eq!(text, "over");
        accepted.write_u8(1).await?;
        assert_eq!(dialed.read_u8().await?, 1);
        let error = dialed.write_u8(1).await.expect_err("shut down");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
        Ok(())
    })
}

#[test]
fn a_path_that_cannot_be_had_is_named() -> Result<()> {
    if !available() {
        return Ok(());
    }
    run(async {
        let path = Path::new("taken");
        let error = net::dial("unix", &path.0).await.expect_err("no such path");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert_mentions(&error, &["dial unix", &path.0]);
        let listener = net::listen("unix", &path.0).await?;
        let error = net::listen("unix", &path.0).await.expect_err("in use");
        assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}");
        assert_mentions(&error, &["listen unix", &path.0]);
        drop(listener);
        let error = net::dial("unix", &path.0).await.expect_err("nobody there");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
        let folder = format!("{}-no-folder/socket", path.0);
        let error = net::listen("unix", &folder).await.expect_err("no folder");
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert_mentions(&error, &["listen unix", &folder]);
        Ok(())
    })
}

#[test]
fn a_path_that_cannot_be_is_refused() {
    run(async {
        let long = format!("/tmp/{}", "x".repeat(200));
        for path in ["", "/tmp/a\0b", &long] {
            let error = net::listen("unix", path).await.expect_err("no path");
            assert_mentions(&error, &["listen unix", &printed(path)]);
            net::dial("unix", path).await.expect_err("no path");
            net::listen_packet("unixgram", path)
                .await
                .expect_err("no path");
            if available() {
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            }
        }
    });
}

#[test]
fn an_abstract_name_works_or_the_error_names_the_host() -> Result<()> {
    run(async {
        let path = Path::new("abstract");
        let name = path.0.replace('/', "-");
        let name = format!("@{}", name.trim_start_matches('-'));
        let works = match &*host() {
            "native" => cfg!(target_os = "linux"),
            other => other != "WasmEdge",
        };
        let listener = match net::listen("unix", &name).await {
            Ok(listener) => listener,
            Err(error) => {
                assert!(!works, "{error}");
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
                assert_mentions(&error, &["listen unix", &name, &host()]);
                return Ok(());
            }
        };
        assert!(works);
        assert_eq!(listener.local_addr()?.to_string(), name);
        let (dialed, (mut accepted, _)) =
            tokio::try_join!(net::dial("unix", &name), listener.accept())?;
        let mut dialed = dialed;
        dialed.write_u8(1).await?;
        assert_eq!(accepted.read_u8().await?, 1);
        Ok(())
    })
}

#[test]
fn a_full_queue_of_a_unix_listener_does_not_hang_a_dial() -> Result<()> {
    if !available() {
        return Ok(());
    }
    run(async {
        let path = Path::new("full");
        let server = Net::default().with_option(net::SocketOption::Backlog(1));
        let _listener = server.listen("unix", &path.0).await?;
        let dialer = Net::default().with_timeout(Duration::from_secs(2));
        let mut waiting = Vec::new();
        let error = loop {
            match dialer.dial("unix", &path.0).await {
                Ok(stream) => waiting.push(stream),
                Err(error) => break error,
            }
            assert!(waiting.len() < 100, "the queue has no end");
        };
        assert_mentions(&error, &["dial unix", &path.0]);
        Ok(())
    })
}
