//! Unix sockets and their files.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::{env, fs, process};

use net_native::{Listener, Native};
use net_traits::{Backend, Endpoint, Listener as _, SocketOptions, UnixAddress};
use tokio::net::{UnixListener, UnixStream};

use crate::pair;

/// A path that nothing has, for one test.
fn path(name: &str) -> PathBuf {
    let path = env::temp_dir().join(format!("net-native-{}-{name}", process::id()));
    let _ = fs::remove_file(&path);
    path
}

async fn listen(at: impl Into<Endpoint>) -> Listener {
    let listener = Native::new()
        .listen(&at.into(), &SocketOptions::new())
        .await;
    listener.unwrap()
}

#[tokio::test]
async fn dropping_a_listener_removes_its_path() {
    let path = path("drop");
    for _ in 0..2 {
        let listener = listen(UnixAddress::path(&path)).await;
        assert!(path.exists());
        drop(listener);
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn dropping_a_listener_leaves_the_socket_of_its_successor() {
    let path = path("successor");
    let first = listen(UnixAddress::path(&path)).await;
    fs::remove_file(&path).unwrap();
    let second = listen(UnixAddress::path(&path)).await;
    drop(first);
    UnixStream::connect(&path).await.unwrap();
    drop(second);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_path_that_is_gone_already_harms_no_drop() {
    let path = path("gone");
    let listener = listen(UnixAddress::path(&path)).await;
    fs::remove_file(&path).unwrap();
    drop(listener);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_path_in_use_is_an_error_and_stays() {
    let path = path("in-use");
    let _listener = listen(UnixAddress::path(&path)).await;
    let second = Native::new()
        .listen(&UnixAddress::path(&path).into(), &SocketOptions::new())
        .await;
    assert_eq!(second.unwrap_err().kind(), ErrorKind::AddrInUse);
    UnixStream::connect(&path).await.unwrap();
}

#[tokio::test]
async fn a_listener_that_was_made_elsewhere_keeps_its_path() {
    let path = path("elsewhere");
    let listener: Listener = UnixListener::bind(&path).unwrap().into();
    drop(listener);
    assert!(path.exists());
    fs::remove_file(&path).unwrap();

    let listener = listen(UnixAddress::path(&path)).await;
    let listener = UnixListener::try_from(listener).unwrap();
    drop(listener);
    assert!(path.exists());
    fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn the_peer_of_a_unix_stream_has_credentials() {
    let path = path("credentials");
    let at = UnixAddress::path(&path).into();
    let (dialed, accepted) = pair::connect(&at, &SocketOptions::new()).await;
    // What this process makes has its user.
    fs::write(path.with_extension("owner"), "").unwrap();
    let owner = fs::metadata(path.with_extension("owner")).unwrap();
    fs::remove_file(path.with_extension("owner")).unwrap();
    for stream in [dialed, accepted] {
        let cred = stream.peer_cred().unwrap();
        assert_eq!((cred.uid, cred.gid), (owner.uid(), owner.gid()));
        if let Some(pid) = cred.pid {
            assert_eq!(pid, process::id());
        }
    }
    let (stream, _peer) = pair::tcp().await;
    let error = stream.peer_cred().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn an_abstract_name_is_unsupported_where_there_is_none() {
    let at = UnixAddress::abstract_name(format!("net-native-{}", process::id())).into();
    let listener = Native::new().listen(&at, &SocketOptions::new()).await;
    if cfg!(target_os = "linux") {
        assert_eq!(listener.unwrap().local_addr().unwrap(), at);
    } else {
        assert_eq!(listener.unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
