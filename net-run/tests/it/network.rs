//! Networks that are plugged under a guest.

mod in_memory;
mod wrapped;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use net_run::network::{Family, Lookup, Network, OsNetwork, Socket, SocketKind};
use net_run::{Errno, Exit, Policy, Stop};

use crate::guest_sockets::{STREAM, V4, errno};
use crate::remote_guest::RemoteGuest;

use self::in_memory::MemoryNetwork;
use self::wrapped::Limited;

#[test]
fn a_network_that_wraps_the_machines_own_disturbs_it() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = server.local_addr().unwrap();
    let network = Limited::new(OsNetwork::new(), 10);
    let mut guest = RemoteGuest::with(Policy::loopback(), |guest| guest.network(network));
    let fd = guest.connected(at);
    let (_peer, from) = server.accept().unwrap();
    assert_eq!(guest.ip(fd), from);
    assert_eq!(guest.send(fd, b"01234567"), Ok(8));
    assert_eq!(guest.send(fd, b"89"), Ok(2));
    assert_eq!(guest.send(fd, b"x"), Err(errno::CONNRESET));
    assert_eq!(guest.recv(fd, 1), Err(errno::CONNRESET));
    // Another socket has its own bytes.
    let fd = guest.connected(at);
    assert_eq!(guest.send(fd, b"0123"), Ok(4));
}

#[test]
fn the_policy_is_checked_before_the_network() {
    let network = MemoryNetwork::default();
    let used = network.clone();
    let mut guest = RemoteGuest::with(Policy::deny_all(), |guest| guest.network(used));
    let fd = guest.open(V4, STREAM).unwrap();
    assert_eq!(guest.connect(fd, "10.0.0.1:80"), Err(errno::ACCES));
    assert!(network.connected().is_none());
}

fn in_memory() -> (RemoteGuest, MemoryNetwork, u32) {
    let network = MemoryNetwork::default();
    let used = network.clone();
    let mut guest = RemoteGuest::with(Policy::allow_all(), |guest| guest.network(used));
    let fd = guest.open(V4, STREAM).unwrap();
    guest.connect(fd, "10.0.0.1:80").unwrap();
    (guest, network, fd)
}

#[test]
fn a_network_in_memory_carries_data() {
    let (mut guest, network, fd) = in_memory();
    let far = network.connected().expect("a connection");
    assert_eq!(guest.send(fd, b"hello"), Ok(5));
    assert_eq!(far.take(), b"hello");
    far.put(b"answer");
    assert_eq!(guest.recv(fd, 64), Ok(b"answer".to_vec()));
    guest.set_nonblocking(fd, true).unwrap();
    assert_eq!(guest.recv(fd, 64), Err(errno::AGAIN));
    far.end();
    assert_eq!(guest.recv(fd, 64), Ok(Vec::new()));
}

#[test]
fn a_waker_from_another_thread_ends_a_poll() {
    let (mut guest, network, fd) = in_memory();
    let far = network.connected().expect("a connection");
    for _ in 0..20 {
        let writer = far.clone();
        let later = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            writer.put(b"data");
        });
        guest.wait_for_read(fd);
        assert_eq!(guest.recv(fd, 64), Ok(b"data".to_vec()));
        later.join().unwrap();
    }
    guest.wait_for_write(fd);
}

#[test]
fn a_waker_from_another_thread_ends_a_blocking_recv() {
    let (mut guest, network, fd) = in_memory();
    let far = network.connected().expect("a connection");
    let later = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        far.put(b"data");
    });
    assert_eq!(guest.recv(fd, 64), Ok(b"data".to_vec()));
    later.join().unwrap();
}

#[test]
fn a_timeout_and_a_stop_end_a_blocking_recv_of_a_network_that_is_asked() {
    let (mut guest, _network, fd) = in_memory();
    let mut timeout = [0; 16];
    timeout[8..].copy_from_slice(&50_000_i64.to_le_bytes());
    guest.set_option_bytes(fd, 0, 11, &timeout).unwrap();
    assert_eq!(guest.recv(fd, 64), Err(errno::AGAIN));
    guest.set_option_bytes(fd, 0, 11, &[0; 16]).unwrap();
    let stop = guest.stop_handle();
    let later = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        stop.stop();
    });
    let (iovs, out) = (crate::guest_sockets::IOVS, crate::guest_sockets::OUT);
    guest.begin("sock_recv/6", &[fd, iovs, 1, 0, out, out + 4]);
    assert_eq!(guest.ended().unwrap(), Exit::Stopped(Stop::Asked));
    later.join().unwrap();
}

/// A network that does not work as it should.
struct Broken;

impl Network for Broken {
    fn open(&mut self, _: Family, _: SocketKind) -> Result<Box<dyn Socket>, Errno> {
        panic!("the network is broken");
    }

    fn lookup(&mut self, name: &str) -> Lookup {
        assert_ne!(name, "first.example", "the network is broken");
        let hangs = name == "hangs.example";
        Box::new(move || {
            if hangs {
                thread::sleep(Duration::from_secs(30));
            }
            panic!("the lookup is broken");
        })
    }
}

fn broken() -> RemoteGuest {
    RemoteGuest::with(Policy::allow_all(), |guest| guest.network(Broken))
}

#[test]
fn a_panic_of_the_network_reaches_whoever_waits_for_the_guest() {
    let mut guest = broken();
    guest.begin("sock_open/3", &[V4, STREAM, crate::guest_sockets::OUT]);
    let waiting = catch_unwind(AssertUnwindSafe(|| guest.ended()));
    let panic = waiting.expect_err("the panic goes on");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the network is broken"));
}

#[test]
fn a_panic_of_a_lookup_is_a_failed_lookup() {
    let mut guest = broken();
    assert_eq!(guest.lookup("second.example"), Err(Errno::AIFAIL.code()));
    assert_eq!(guest.end(), Exit::Code(0));
}

#[test]
fn a_lookup_that_hangs_does_not_keep_a_guest_from_being_stopped() {
    let mut guest = broken();
    let stop = guest.stop_handle();
    let later = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        stop.stop();
    });
    let waiting = catch_unwind(AssertUnwindSafe(|| guest.lookup("hangs.example")));
    assert!(waiting.is_err(), "the guest has ended");
    later.join().unwrap();
}
