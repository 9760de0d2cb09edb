//! Unix sockets.

use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use net_run::Policy;

use super::LONG;
use crate::folder::Folder;
use crate::guest_sockets::{ADDRESS, At, DATAGRAM, OUT, STREAM, UNIX, errno};
use crate::remote_guest::RemoteGuest;

fn guest(folder: &Folder) -> RemoteGuest {
    let rule = format!("{}/", folder.path().display());
    RemoteGuest::new(Policy::deny_all().allow_unix(rule.parse().unwrap()))
}

fn at(folder: &Folder, name: &str) -> At {
    At::from(&*folder.join(name))
}

#[test]
fn a_listener_has_the_name_that_it_was_given() {
    let folder = Folder::new();
    let real = folder.folder("real");
    symlink(&real, folder.join("link")).unwrap();
    let mut guest = guest(&folder);
    let listener = guest.open(UNIX, STREAM).unwrap();
    let given = at(&folder, "link/../link/s");
    guest.bind(listener, given.clone()).unwrap();
    guest.listen(listener).unwrap();
    assert_eq!(guest.local(listener), Ok(given));
    let mut client = UnixStream::connect(real.join("s")).unwrap();
    let accepted = guest.accept(listener).unwrap();
    assert_eq!(guest.peer(accepted), Ok(At::Unix(String::new())));
    guest.send(accepted, b"hello").unwrap();
    let mut heard = [0; 5];
    client.read_exact(&mut heard).unwrap();
    client.write_all(&heard).unwrap();
    assert_eq!(guest.recv(accepted, 8), Ok(b"hello".to_vec()));
}

#[test]
fn a_client_sees_the_name_of_its_peer() {
    let folder = Folder::new();
    let _listener = UnixListener::bind(folder.join("s")).unwrap();
    let mut guest = guest(&folder);
    let fd = guest.open(UNIX, STREAM).unwrap();
    guest.connect(fd, at(&folder, "s")).unwrap();
    assert_eq!(guest.peer(fd), Ok(at(&folder, "s")));
    assert_eq!(guest.local(fd), Ok(At::Unix(String::new())));
    // The first typing has no place for a path.
    guest.clear_address();
    let args = [fd, ADDRESS, OUT, OUT + 4];
    assert_eq!(
        guest.call("sock_getpeeraddr/4", &args),
        errno::NOTSUP.into()
    );
}

#[test]
fn datagrams_come_with_the_name_of_their_sender() {
    let folder = Folder::new();
    let mut guest = guest(&folder);
    let fd = guest.open(UNIX, DATAGRAM).unwrap();
    guest.bind(fd, at(&folder, "guest")).unwrap();
    let named = UnixDatagram::bind(folder.join("named")).unwrap();
    named.send_to(b"hello", folder.join("guest")).unwrap();
    let received = guest.recv_from(fd, 64).unwrap();
    assert_eq!(received.bytes, b"hello");
    assert_eq!(received.from, Some(at(&folder, "named")));
    let unnamed = UnixDatagram::unbound().unwrap();
    unnamed.send_to(b"hush", folder.join("guest")).unwrap();
    let received = guest.recv_from(fd, 64).unwrap();
    assert_eq!(received.bytes, b"hush");
    assert!(
        matches!(received.from, None | Some(At::Unix(_))),
        "{received:?}"
    );
    guest.send_to(fd, b"answer", at(&folder, "named")).unwrap();
    let mut heard = [0; 6];
    let (len, from) = named.recv_from(&mut heard).unwrap();
    assert_eq!((len, &heard), (6, b"answer"));
    assert_eq!(from.as_pathname(), Some(&*folder.join("guest")));
}

#[test]
fn abstract_names_begin_with_an_at_sign() {
    let name = format!("@net-run-names-{}", std::process::id());
    let mut guest = RemoteGuest::new(Policy::deny_all().allow_unix(name.parse().unwrap()));
    let listener = guest.open(UNIX, STREAM).unwrap();
    guest.bind(listener, &*name).unwrap();
    guest.listen(listener).unwrap();
    assert_eq!(guest.local(listener), Ok(At::Unix(name.clone())));
    let client = guest.open(UNIX, STREAM).unwrap();
    guest.connect(client, &*name).unwrap();
    assert_eq!(guest.peer(client), Ok(At::Unix(name)));
    let accepted = guest.accept(listener).unwrap();
    guest.send(client, b"hello").unwrap();
    assert_eq!(guest.recv(accepted, 8), Ok(b"hello".to_vec()));
}

#[test]
fn a_socket_without_a_name_is_not_bound() {
    let mut guest = RemoteGuest::new(Policy::allow_all());
    let fd = guest.open(UNIX, STREAM).unwrap();
    assert_eq!(guest.bind(fd, At::Unix(String::new())), Err(errno::INVAL));
    assert_eq!(
        guest.connect(fd, At::Unix(String::new())),
        Err(errno::INVAL)
    );
    assert_eq!(guest.listen(fd), Err(errno::INVAL));
}

/// Fills the queue of a guest's listener; gives the waiting connections.
fn fill(guest: &mut RemoteGuest, folder: &Folder) -> (u32, Vec<u32>) {
    let listener = guest.open(UNIX, STREAM).unwrap();
    guest.bind(listener, at(folder, "s")).unwrap();
    guest.listen(listener).unwrap();
    let mut waiting = Vec::new();
    for _ in 0..100 {
        let fd = guest.open_nonblocking(UNIX, STREAM);
        match guest.connect(fd, at(folder, "s")) {
            Ok(()) => waiting.push(fd),
            Err(errno) => {
                assert_eq!(errno, errno::AGAIN);
                return (listener, waiting);
            }
        }
    }
    panic!("the queue is never full");
}

#[test]
fn a_blocking_connect_to_a_listener_with_a_full_queue_does_not_pretend_to_be_connected() {
    let folder = Folder::new();
    let mut guest = guest(&folder);
    let (listener, _waiting) = fill(&mut guest, &folder);
    let fd = guest.open(UNIX, STREAM).unwrap();
    let mut other = self::guest(&folder);
    let others = other.open(UNIX, STREAM).unwrap();
    let port = other.put_address(&at(&folder, "s"));
    other.begin("sock_connect/3", &[others, ADDRESS, port]);
    assert!(other.is_blocked(), "the queue is full");
    guest.accept(listener).unwrap();
    assert_eq!(other.finish(LONG), Ok(0));
    assert_eq!(other.peer(others), Ok(at(&folder, "s")));
    guest.close(fd).unwrap();
}
