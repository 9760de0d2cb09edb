//! Unix sockets: where there are none, errors that say why.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use net::prelude::*;
use net::{Endpoint, Result, UnixAddress};

use crate::support::{SOON, assert_mentions, host, is_guest, run};

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
        UnixAddress::path(self.0.clone()).into()
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
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
                assert_eq!(packet.from, UnixAddress::unnamed().into());
            }
            // wasi-go has lost it.
            Err(error) => assert_eq!(host(), "wasi-go", "{error}"),
        }
        Ok(())
    })
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
