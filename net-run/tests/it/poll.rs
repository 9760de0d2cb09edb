//! `poll_oneoff`.

mod waiting;

use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use net_run::Policy;

use crate::guest_sockets::{DATAGRAM, STREAM, V4, errno, result, words};
use crate::remote_guest::{FREE, RemoteGuest};

const SUBSCRIPTIONS: u32 = FREE + 0x4000;
const EVENTS: u32 = FREE + 0x1_0000;
const COUNT: u32 = FREE + 0x1_7ff8;

const MILLISECOND: u64 = 1_000_000;
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;

/// What the guest waits for.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Read(u32),
    Write(u32),
    /// A clock, nanoseconds, and whether they are absolute.
    Clock(u32, u64, bool),
    /// A tag that does not exist.
    Tag(u8),
}

use Wanted::{Clock, Read, Tag, Write as Writable};

/// A time from now on.
fn after(millis: u64) -> Wanted {
    Clock(MONOTONIC, millis * MILLISECOND, false)
}

/// What came true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Event {
    /// Which of the subscriptions.
    index: u64,
    errno: u16,
    tag: u8,
    nbytes: u64,
    hangup: bool,
}

impl Event {
    fn read(index: u64) -> Self {
        Event {
            index,
            errno: 0,
            tag: 1,
            nbytes: 1,
            hangup: false,
        }
    }

    fn write(index: u64) -> Self {
        Event {
            tag: 2,
            ..Event::read(index)
        }
    }

    fn clock(index: u64) -> Self {
        Event {
            tag: 0,
            nbytes: 0,
            ..Event::read(index)
        }
    }

    fn failed(index: u64, tag: u8, errno: u16) -> Self {
        Event {
            index,
            errno,
            tag,
            nbytes: 0,
            hangup: false,
        }
    }
}

fn subscription(index: usize, wanted: Wanted) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[..8].copy_from_slice(&(index as u64).to_le_bytes());
    let (tag, number) = match wanted {
        Clock(clock, _, _) => (0, clock),
        Read(fd) => (1, fd),
        Writable(fd) => (2, fd),
        Tag(tag) => (tag, 0),
    };
    bytes[8] = tag;
    bytes[16..20].copy_from_slice(&number.to_le_bytes());
    if let Clock(_, nanos, absolute) = wanted {
        bytes[24..32].copy_from_slice(&nanos.to_le_bytes());
        bytes[40] = absolute.into();
    }
    bytes
}

fn event(bytes: &[u8]) -> Event {
    let u64_at = |at: usize| u64::from_le_bytes(*bytes[at..].first_chunk().unwrap());
    Event {
        index: u64_at(0),
        errno: u16::from_le_bytes([bytes[8], bytes[9]]),
        tag: bytes[10],
        nbytes: u64_at(16),
        hangup: bytes[24] == 1,
    }
}

impl RemoteGuest {
    fn put_subscriptions(&mut self, wanted: &[Wanted]) -> [u32; 4] {
        let list = wanted.iter().enumerate();
        let bytes: Vec<u8> = list
            .flat_map(|(index, wanted)| subscription(index, *wanted))
            .collect();
        self.write(SUBSCRIPTIONS, &bytes);
        self.write(COUNT, &words(&[u32::MAX]));
        [
            SUBSCRIPTIONS,
            EVENTS,
            u32::try_from(wanted.len()).unwrap(),
            COUNT,
        ]
    }

    fn poll(&mut self, wanted: &[Wanted]) -> Result<Vec<Event>, u16> {
        let args = self.put_subscriptions(wanted);
        result(self.call("poll_oneoff/4", &args))?;
        Ok(self.events(EVENTS))
    }

    fn events(&mut self, at: u32) -> Vec<Event> {
        let count = self.u32(COUNT) as usize;
        self.read(at, count * 32).chunks(32).map(event).collect()
    }

    /// Waits until something can be received or accepted.
    pub(crate) fn wait_for_read(&mut self, fd: u32) {
        let events = self.poll(&[Read(fd), after(20_000)]).unwrap();
        assert_eq!((events[0].tag, events[0].errno), (1, 0));
    }

    /// Waits until something can be sent, or the connection is made.
    pub(crate) fn wait_for_write(&mut self, fd: u32) {
        let events = self.poll(&[Writable(fd), after(20_000)]).unwrap();
        assert_eq!((events[0].tag, events[0].errno), (2, 0));
    }
}

fn guest() -> RemoteGuest {
    RemoteGuest::new(Policy::loopback())
}

/// A connection between the guest and this test.
fn pair(guest: &mut RemoteGuest) -> (u32, TcpStream) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let fd = guest.connected(server.local_addr().unwrap());
    (fd, server.accept().unwrap().0)
}

/// A socket for datagrams, which waits for none, and one that sends to it.
fn datagrams(guest: &mut RemoteGuest) -> (u32, UdpSocket) {
    let fd = guest.open_nonblocking(V4, DATAGRAM);
    guest.bind(fd, "127.0.0.1:0").unwrap();
    let other = UdpSocket::bind("127.0.0.1:0").unwrap();
    other.connect(guest.ip(fd)).unwrap();
    (fd, other)
}

#[test]
fn no_subscriptions_are_invalid() {
    assert_eq!(guest().poll(&[]), Err(errno::INVAL));
}

#[test]
fn arrays_out_of_memory_are_a_fault() {
    let mut guest = guest();
    guest.put_subscriptions(&[after(0)]);
    for args in [
        [SUBSCRIPTIONS, EVENTS, 1, u32::MAX],
        [SUBSCRIPTIONS, u32::MAX, 1, COUNT],
        [u32::MAX, EVENTS, 1, COUNT],
        [SUBSCRIPTIONS, EVENTS, u32::MAX, COUNT],
        [SUBSCRIPTIONS, EVENTS, 1 << 28, COUNT],
    ] {
        assert_eq!(
            guest.call("poll_oneoff/4", &args),
            errno::FAULT.into(),
            "{args:?}"
        );
    }
}

#[test]
fn a_connected_socket_without_data_is_writable_only() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    assert_eq!(
        guest.poll(&[Read(fd), Writable(fd)]),
        Ok(vec![Event::write(1)])
    );
    peer.write_all(b"data").unwrap();
    guest.wait_for_read(fd);
    let both = vec![Event::read(0), Event::write(1)];
    assert_eq!(guest.poll(&[Read(fd), Writable(fd)]), Ok(both));
}

#[test]
fn a_drained_socket_is_never_reported() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    for _ in 0..20 {
        peer.write_all(b"data").unwrap();
        guest.wait_for_read(fd);
        guest.recv(fd, 64).unwrap();
        assert_eq!(guest.poll(&[Read(fd), after(5)]), Ok(vec![Event::clock(1)]));
    }
}

#[test]
fn a_half_closed_peer_is_a_read_event() {
    let mut guest = guest();
    let (fd, peer) = pair(&mut guest);
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(
        guest.poll(&[Read(fd), after(20_000)]),
        Ok(vec![Event::read(0)])
    );
}

#[test]
fn a_reset_connection_and_one_that_never_was_hang_up() {
    let mut guest = guest();
    let (fd, peer) = pair(&mut guest);
    guest.shutdown(fd, 3).unwrap();
    drop(peer);
    let fresh = guest.open(V4, STREAM).unwrap();
    for fd in [fd, fresh] {
        let events = guest.poll(&[Read(fd), after(20_000)]).unwrap();
        assert_eq!(
            events,
            [Event {
                hangup: true,
                ..Event::read(0)
            }]
        );
    }
}

#[test]
fn a_descriptor_that_is_none_is_answered_at_once() {
    let mut guest = guest();
    let closed = guest.open(V4, STREAM).unwrap();
    guest.close(closed).unwrap();
    for fd in [closed, 77, u32::MAX] {
        let began = Instant::now();
        let events = guest.poll(&[after(20_000), Read(fd)]).unwrap();
        assert_eq!(events, [Event::failed(1, 1, errno::BADF)]);
        assert_eq!(
            guest.poll(&[Writable(fd)]),
            Ok(vec![Event::failed(0, 2, errno::BADF)])
        );
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_tag_or_a_clock_that_does_not_exist_is_answered_at_once() {
    let mut guest = guest();
    let events = guest.poll(&[after(20_000), Tag(3), Tag(255)]).unwrap();
    let failed = [
        Event::failed(1, 2, errno::INVAL),
        Event::failed(2, 2, errno::INVAL),
    ];
    assert_eq!(events, failed);
    for clock in [2, 3, 4, u32::MAX] {
        let events = guest
            .poll(&[after(20_000), Clock(clock, 0, false)])
            .unwrap();
        assert_eq!(events, [Event::failed(1, 0, errno::NOTSUP)]);
    }
}

#[test]
fn duplicates_are_each_told() {
    let mut guest = guest();
    let (fd, other) = datagrams(&mut guest);
    other.send(b"data").unwrap();
    let mut events = guest
        .poll(&[Read(fd), Read(fd), Writable(fd), Read(fd)])
        .unwrap();
    events.sort_by_key(|event| event.index);
    let expected = [
        Event::read(0),
        Event::read(1),
        Event::write(2),
        Event::read(3),
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_number_that_was_closed_and_opened_again_is_the_new_socket() {
    let mut guest = guest();
    for _ in 0..20 {
        let (fd, other) = datagrams(&mut guest);
        other.send(b"data").unwrap();
        assert_eq!(
            guest.poll(&[Read(fd), after(20_000)]),
            Ok(vec![Event::read(0)])
        );
        guest.close(fd).unwrap();
        let again = guest.open(V4, DATAGRAM).unwrap();
        assert_eq!(again, fd, "numbers are used again");
        assert_eq!(
            guest.poll(&[Read(again), after(5)]),
            Ok(vec![Event::clock(1)])
        );
        guest.close(again).unwrap();
    }
}

#[test]
fn one_ready_socket_of_200_is_found() {
    let mut guest = guest();
    let sockets: Vec<_> = (0..200).map(|_| datagrams(&mut guest)).collect();
    let wanted: Vec<_> = sockets.iter().map(|(fd, _)| Read(*fd)).collect();
    for index in [0, 1, 77, 199, 77] {
        sockets[index].1.send(b"data").unwrap();
        assert_eq!(guest.poll(&wanted), Ok(vec![Event::read(index as u64)]));
        guest.recv(sockets[index].0, 64).unwrap();
    }
    for (_, other) in &sockets {
        other.send(b"data").unwrap();
    }
    assert_eq!(guest.poll(&wanted).unwrap().len(), 200);
}

#[test]
fn the_two_arrays_may_overlap() {
    let mut guest = guest();
    let (fd, other) = datagrams(&mut guest);
    other.send(b"data").unwrap();
    let wanted = [Read(fd), Writable(fd), Read(77), Read(fd)];
    let expected = guest.poll(&wanted).unwrap();
    for events_at in [SUBSCRIPTIONS, SUBSCRIPTIONS + 8, SUBSCRIPTIONS + 64] {
        let [subscriptions, _, count, happened] = guest.put_subscriptions(&wanted);
        let args = [subscriptions, events_at, count, happened];
        assert_eq!(guest.call("poll_oneoff/4", &args), 0);
        assert_eq!(guest.events(events_at), expected);
    }
}

#[test]
fn both_names_are_the_same_call() {
    let mut guest = guest();
    let (fd, _peer) = pair(&mut guest);
    let args = guest.put_subscriptions(&[Writable(fd)]);
    assert_eq!(guest.call("epoll_oneoff/4", &args), 0);
    assert_eq!(guest.events(EVENTS), [Event::write(0)]);
}

#[test]
fn standard_streams_of_the_embedder_are_always_ready() {
    let mut guest = guest();
    let events = guest
        .poll(&[Read(0), Writable(1), Writable(2), after(20_000)])
        .unwrap();
    assert_eq!(events, [Event::read(0), Event::write(1), Event::write(2)]);
}
