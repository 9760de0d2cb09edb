//! `poll_oneoff`.

use std::time::{Duration, Instant};

use crate::abi::{self, Subscription};
use crate::case::{Checked, cases, must_be};
use crate::errno::Errno;
use crate::socket::{DATAGRAM, STREAM, Socket, V4, after, when_readable};

cases! { poll:
    /// INVAL, not a wait for ever. Source: WASI preview 1; wasi-go `wasitest`.
    waiting_for_nothing_is_refused;
    /// An event with BADF. Source: wasi-go `wasitest`.
    an_unknown_descriptor_is_an_event_with_an_error;
    /// And not less. Source: WASI preview 1, `subscription_clock`.
    a_clock_waits_its_time;
    /// Source: wasi-go `wasitest`.
    a_clock_of_no_time_is_an_event_at_once;
    /// A point of the monotonic clock in the past. Source: WASI preview 1, `subclockflags`.
    a_time_in_the_past_is_an_event_at_once;
    /// Source: POSIX `poll`.
    a_listener_is_ready_when_a_connection_waits;
    /// Source: POSIX `poll`.
    a_stream_is_ready_when_data_is_there;
    /// Source: POSIX `poll`.
    a_stream_is_ready_when_it_has_ended;
    /// Source: POSIX `poll`; wasi-go `wasitest`.
    a_datagram_socket_is_ready_to_send_and_not_to_receive;
    /// Polls without a wait see data that comes. Source: wasmtime `p2_tcp_busy_poll`.
    polling_without_a_wait_does_not_starve_a_socket;
    /// Each that is ready has its event. Source: WASI preview 1, `poll_oneoff`.
    all_that_is_ready_is_said_at_once;
}

fn waiting_for_nothing_is_refused() -> Checked {
    let polled = abi::poll(&[]).map(|events| events.len());
    must_be!(polled, Err(Errno::INVAL));
    Ok(())
}

fn an_unknown_descriptor_is_an_event_with_an_error() -> Checked {
    let unknown = when_readable(12_345);
    let events = abi::poll(&[unknown, after(1_000)])?;
    let own = events
        .iter()
        .find(|event| event.user_data == unknown.user_data);
    must_be!(own.map(|event| Errno(event.error)), Some(Errno::BADF));
    Ok(())
}

fn a_clock_waits_its_time() -> Checked {
    for _ in 0..20 {
        let start = Instant::now();
        must_be!(abi::poll(&[after(3)])?.len(), 1);
        let early = Duration::from_millis(3).saturating_sub(start.elapsed());
        must_be!(early, Duration::ZERO);
    }
    Ok(())
}

fn a_clock_of_no_time_is_an_event_at_once() -> Checked {
    let events = abi::poll(&[after(0)])?;
    must_be!(events.len(), 1);
    Ok(())
}

fn a_time_in_the_past_is_an_event_at_once() -> Checked {
    let past = Subscription {
        timeout: 1,
        flags: 1,
        ..after(0)
    };
    must_be!(abi::poll(&[past])?.len(), 1);
    Ok(())
}

fn a_listener_is_ready_when_a_connection_waits() -> Checked {
    let (listener, port) = Socket::listening(V4)?;
    must_be!(listener.is_readable(), Ok(false));
    let dialed = Socket::open(V4, STREAM)?;
    dialed.connect_to(port)?;
    must_be!(listener.is_readable(), Ok(true));
    Ok(())
}

fn a_stream_is_ready_when_data_is_there() -> Checked {
    let (dialed, accepted) = Socket::pair(V4)?;
    must_be!(dialed.is_readable(), Ok(false));
    must_be!(dialed.is_writable(), Ok(true));
    accepted.write(b"x")?;
    must_be!(dialed.is_readable(), Ok(true));
    Ok(())
}

fn a_stream_is_ready_when_it_has_ended() -> Checked {
    let (dialed, accepted) = Socket::pair(V4)?;
    drop(accepted);
    must_be!(dialed.is_readable(), Ok(true));
    Ok(())
}

fn a_datagram_socket_is_ready_to_send_and_not_to_receive() -> Checked {
    let (socket, _) = Socket::bound(V4, DATAGRAM)?;
    must_be!(socket.is_writable(), Ok(true));
    must_be!(socket.is_readable(), Ok(false));
    Ok(())
}

fn polling_without_a_wait_does_not_starve_a_socket() -> Checked {
    let (dialed, accepted) = Socket::pair(V4)?;
    accepted.write(b"x")?;
    for _ in 0..100_000 {
        let events = abi::poll(&[when_readable(dialed.fd), after(0)])?;
        if events.iter().any(|event| event.kind == 1) {
            return Ok(());
        }
    }
    must_be!("starved", "ready");
    Ok(())
}

fn all_that_is_ready_is_said_at_once() -> Checked {
    let (one, one_peer) = Socket::pair(V4)?;
    let (other, other_peer) = Socket::pair(V4)?;
    one_peer.write(b"x")?;
    other_peer.write(b"x")?;
    one.wait_to_read()?;
    other.wait_to_read()?;
    let events = abi::poll(&[when_readable(one.fd), when_readable(other.fd), after(1_000)])?;
    must_be!(events.len(), 2);
    Ok(())
}
