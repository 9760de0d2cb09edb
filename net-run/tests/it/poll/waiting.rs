//! How long a poll waits, and what that costs.

use std::fs;
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use net_run::{Guest, Policy};

use super::{
    Clock, Event, MILLISECOND, MONOTONIC, REALTIME, Read, Writable, after, datagrams, guest, pair,
};
use crate::guest_sockets::errno;
use crate::remote_guest::RemoteGuest;

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_clock_is_never_early_and_hardly_late() {
    let mut guest = guest();
    for micros in [0, 1, 500, 1000, 5300, 50_000] {
        let nanos = micros * 1000;
        let began = guest.clock(MONOTONIC).unwrap();
        assert_eq!(
            guest.poll(&[Clock(MONOTONIC, nanos, false)]),
            Ok(vec![Event::clock(0)])
        );
        let took = guest.clock(MONOTONIC).unwrap() - began;
        assert!(took >= nanos, "{took} of {nanos}");
        assert!(took < nanos + 5000 * MILLISECOND, "{took} of {nanos}");
    }
}

#[test]
fn an_absolute_time_is_on_its_clock() {
    let mut guest = guest();
    for clock in [REALTIME, MONOTONIC] {
        let now = guest.clock(clock).unwrap();
        let at = now + 30 * MILLISECOND;
        assert_eq!(
            guest.poll(&[Clock(clock, at, true)]),
            Ok(vec![Event::clock(0)])
        );
        let late = guest.clock(clock).unwrap();
        // The wall clock may be set meanwhile, if only by a little.
        assert!(late + MILLISECOND >= at, "{late} for {at}");
        // What is past is due at once.
        for past in [0, now] {
            let due = guest.poll(&[Clock(clock, past, true), after(20_000)]);
            assert_eq!(due, Ok(vec![Event::clock(0)]));
        }
    }
}

#[test]
fn of_several_clocks_all_that_are_due_are_told() {
    let mut guest = guest();
    let never = Clock(MONOTONIC, u64::MAX, false);
    let wanted = [
        after(20_000),
        after(5),
        never,
        after(0),
        Clock(MONOTONIC, u64::MAX, true),
    ];
    assert_eq!(guest.poll(&wanted), Ok(vec![Event::clock(3)]));
    let wanted = [after(20_000), after(5), never, after(5)];
    let events = guest.poll(&wanted).unwrap();
    assert!(events.contains(&Event::clock(1)), "{events:?}");
    assert!(!events.contains(&Event::clock(2)), "{events:?}");
}

#[test]
fn a_poll_waits_for_what_happens_later() {
    let mut guest = guest();
    let (listener, at) = guest.listener("127.0.0.1:0");
    let args = guest.put_subscriptions(&[Read(listener)]);
    guest.begin("poll_oneoff/4", &args);
    assert!(guest.is_blocked());
    let _client = TcpStream::connect(at).unwrap();
    assert_eq!(guest.finish(LONG), Ok(0));
    assert_eq!(guest.events(args[1]), [Event::read(0)]);
}

#[test]
fn a_full_socket_is_writable_when_its_peer_reads() {
    let mut guest = guest();
    let (fd, mut peer) = pair(&mut guest);
    guest.set_nonblocking(fd, true).unwrap();
    let block = vec![0; 1 << 18];
    while guest.send(fd, &block).is_ok() {}
    assert_eq!(
        guest.poll(&[Writable(fd), after(50)]),
        Ok(vec![Event::clock(1)])
    );
    let reader = thread::spawn(move || {
        peer.set_read_timeout(Some(Duration::from_millis(500)))
            .unwrap();
        while std::io::Read::read(&mut peer, &mut vec![0; 1 << 16]).is_ok_and(|len| len > 0) {}
    });
    assert_eq!(
        guest.poll(&[Writable(fd), after(20_000)]),
        Ok(vec![Event::write(0)])
    );
    guest.send(fd, b"more").unwrap();
    reader.join().unwrap();
}

/// The processor time that a thread of this process has used so far.
fn processor_time(thread: u64) -> Duration {
    let path = format!("/proc/self/task/{thread}/schedstat");
    let text = fs::read_to_string(path).expect("a thread");
    let nanos = text.split(' ').next().unwrap().parse().unwrap();
    Duration::from_nanos(nanos)
}

/// A guest, and the number of its thread in the system.
fn with_thread(policy: Policy) -> (RemoteGuest, u64) {
    let (sender, number) = mpsc::channel();
    // The host tells of a refused call on the guest's own thread.
    let tells = |guest: Guest| {
        guest.on_notice(move |_| {
            let link = fs::read_link("/proc/thread-self").unwrap();
            let name = link.file_name().unwrap().to_str().unwrap();
            sender.send(name.parse().unwrap()).unwrap();
        })
    };
    let mut guest = RemoteGuest::with(policy, tells);
    assert_eq!(guest.lookup("nowhere.example"), Err(errno::ACCES));
    (guest, number.recv().unwrap())
}

#[test]
fn what_is_ready_but_no_longer_waited_for_costs_nothing() {
    let (mut guest, thread) = with_thread(Policy::loopback());
    let (ready, other) = datagrams(&mut guest);
    let (idle, _other) = datagrams(&mut guest);
    // It is watched from now on, and then ready all the time.
    assert_eq!(
        guest.poll(&[Read(ready), Writable(ready)]),
        Ok(vec![Event::write(1)])
    );
    other.send(b"data").unwrap();
    guest.wait_for_read(ready);
    let before = processor_time(thread);
    let began = Instant::now();
    assert_eq!(
        guest.poll(&[Read(idle), after(300)]),
        Ok(vec![Event::clock(1)])
    );
    assert!(began.elapsed() >= Duration::from_millis(300));
    let used = processor_time(thread).saturating_sub(before);
    assert!(used < Duration::from_millis(60), "{used:?} of 300ms");
    // And it is found again.
    assert_eq!(
        guest.poll(&[Read(ready), Read(idle)]),
        Ok(vec![Event::read(0)])
    );
}

#[test]
fn a_poll_is_stopped_from_outside() {
    let mut guest = guest();
    let (listener, _) = guest.listener("127.0.0.1:0");
    let args = guest.put_subscriptions(&[Read(listener)]);
    guest.begin("poll_oneoff/4", &args);
    assert!(guest.is_blocked());
    guest.stop_handle().stop();
    let exit = guest.ended().unwrap();
    assert_eq!(exit, net_run::Exit::Stopped(net_run::Stop::Asked));
}
