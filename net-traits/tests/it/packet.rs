//! Sending and receiving datagrams, which is written once over the attempts
//! and the readiness that an implementor supplies.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use net_traits::{
    Datagram, Endpoint, Error, Operation, OptionName, PacketConn, Received, Result, SocketOption,
};

use crate::fake::{Log, at};

/// What the next attempt, or the next wait for readiness, answers.
#[derive(Debug)]
enum Step {
    WouldBlock,
    Ready,
    Done(usize),
    Fails(ErrorKind),
}

/// A socket that follows a script.
#[derive(Debug, Default)]
struct Scripted {
    script: Mutex<VecDeque<Step>>,
    log: Log,
}

impl Scripted {
    fn new(script: impl IntoIterator<Item = Step>) -> Self {
        Scripted {
            script: Mutex::new(script.into_iter().collect()),
            log: Log::default(),
        }
    }

    fn next(&self, call: impl Into<String>) -> Step {
        self.log.add(call);
        self.script.lock().unwrap().pop_front().expect("a step")
    }

    fn attempt(&self, call: String) -> io::Result<usize> {
        match self.next(call) {
            Step::WouldBlock => Err(ErrorKind::WouldBlock.into()),
            Step::Done(len) => Ok(len),
            Step::Fails(kind) => Err(kind.into()),
            Step::Ready => panic!("the script has no attempt here"),
        }
    }

    fn wait(&self, call: &str) -> Poll<io::Result<()>> {
        match self.next(call) {
            Step::Ready => Poll::Ready(Ok(())),
            Step::Fails(kind) => Poll::Ready(Err(kind.into())),
            Step::WouldBlock => Poll::Pending,
            Step::Done(_) => panic!("the script has no wait here"),
        }
    }
}

impl PacketConn for Scripted {
    fn try_recv_from(&self, _buf: &mut [u8]) -> io::Result<Received> {
        let len = self.attempt("try_recv_from".into())?;
        Ok(Received::new(len, at("192.0.2.1:9")).truncated(true))
    }

    fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize> {
        let len = datagram.payload.len();
        let target = datagram.target;
        let target = target.map_or_else(|| "the peer".to_owned(), ToString::to_string);
        self.attempt(format!("try_send {len} to {target}"))
    }

    fn poll_recv_ready(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wait("poll_recv_ready")
    }

    fn poll_send_ready(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wait("poll_send_ready")
    }

    fn local_addr(&self) -> Result<Endpoint> {
        Ok(at("127.0.0.1:1"))
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        Err(Error::new(Operation::Address, ErrorKind::NotConnected))
    }

    fn set_option(&self, _option: SocketOption) -> Result<()> {
        Ok(())
    }

    fn option(&self, _name: OptionName) -> Result<SocketOption> {
        Ok(SocketOption::Broadcast(true))
    }
}

#[tokio::test]
async fn a_datagram_that_is_there_is_received_at_once() {
    let socket = Scripted::new([Step::Ready, Step::Done(3)]);
    let received = socket.recv_from(&mut [0; 3]).await.unwrap();
    assert_eq!(received.len, 3);
    assert_eq!(received.from, at("192.0.2.1:9"));
    assert!(received.truncated);
    assert_eq!(socket.log.take(), ["poll_recv_ready", "try_recv_from"]);
}

#[tokio::test]
async fn wrong_hints_of_readiness_are_waited_out() {
    let socket = Scripted::new([
        Step::Ready,
        Step::WouldBlock,
        Step::Ready,
        Step::WouldBlock,
        Step::Ready,
        Step::Done(0),
    ]);
    assert_eq!(socket.recv_from(&mut []).await.unwrap().len, 0);
    assert_eq!(
        socket.log.take(),
        [
            "poll_recv_ready",
            "try_recv_from",
            "poll_recv_ready",
            "try_recv_from",
            "poll_recv_ready",
            "try_recv_from"
        ]
    );
}

#[tokio::test]
async fn an_attempt_that_a_signal_interrupted_is_made_again() {
    let socket = Scripted::new([
        Step::Ready,
        Step::Fails(ErrorKind::Interrupted),
        Step::Ready,
        Step::Done(1),
    ]);
    assert_eq!(socket.recv_from(&mut [0; 1]).await.unwrap().len, 1);
}

#[tokio::test]
async fn a_send_waits_for_room_and_tries_the_same_again() {
    let socket = Scripted::new([Step::Ready, Step::WouldBlock, Step::Ready, Step::Done(2)]);
    let target = at("192.0.2.1:9");
    assert_eq!(socket.send_to(b"ab", &target).await.unwrap(), 2);
    assert_eq!(
        socket.log.take(),
        [
            "poll_send_ready",
            "try_send 2 to 192.0.2.1:9",
            "poll_send_ready",
            "try_send 2 to 192.0.2.1:9"
        ]
    );
}

#[tokio::test]
async fn a_send_without_target_goes_to_the_peer() {
    let socket = Scripted::new([Step::Ready, Step::Done(0)]);
    assert_eq!(socket.send(b"").await.unwrap(), 0);
    assert_eq!(
        socket.log.take(),
        ["poll_send_ready", "try_send 0 to the peer"]
    );
}

#[tokio::test]
async fn a_failed_receive_says_that_it_was_one() {
    let socket = Scripted::new([Step::Ready, Step::Fails(ErrorKind::ConnectionRefused)]);
    let error = socket.recv_from(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.operation(), Operation::Receive);
    assert_eq!(error.to_string(), "receive: connection refused");
}

#[tokio::test]
async fn a_failed_send_names_the_address() {
    let socket = Scripted::new([Step::Ready, Step::Fails(ErrorKind::HostUnreachable)]);
    let error = socket.send_to(b"ab", &at("192.0.2.1:9")).await.unwrap_err();
    assert_eq!(error.operation(), Operation::Send);
    assert_eq!(error.endpoint(), Some(&at("192.0.2.1:9")));
    assert_eq!(error.to_string(), "send 192.0.2.1:9: host unreachable");
}

#[tokio::test]
async fn a_failed_send_to_the_peer_names_no_address() {
    let socket = Scripted::new([Step::Ready, Step::Fails(ErrorKind::NotConnected)]);
    let error = socket.send(b"ab").await.unwrap_err();
    assert_eq!(error.to_string(), "send: not connected");
}

#[tokio::test]
async fn a_receive_whose_wait_fails_is_a_failed_receive() {
    let socket = Scripted::new([Step::Fails(ErrorKind::NotConnected)]);
    let error = socket.recv_from(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotConnected);
    assert_eq!(error.operation(), Operation::Receive);
}

#[tokio::test]
async fn a_send_whose_wait_fails_is_a_failed_send_and_names_the_address() {
    let socket = Scripted::new([Step::Fails(ErrorKind::NotConnected)]);
    let error = socket.send_to(b"ab", &at("192.0.2.1:9")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotConnected);
    assert_eq!(error.operation(), Operation::Send);
    assert_eq!(error.endpoint(), Some(&at("192.0.2.1:9")));
}

#[test]
fn the_poll_style_is_pending_until_there_is_a_datagram() {
    let mut cx = Context::from_waker(Waker::noop());
    let socket = Scripted::new([
        Step::Ready,
        Step::WouldBlock,
        Step::WouldBlock,
        Step::Ready,
        Step::Done(4),
    ]);
    assert!(socket.poll_recv_from(&mut cx, &mut [0; 4]).is_pending());
    let Poll::Ready(Ok(received)) = socket.poll_recv_from(&mut cx, &mut [0; 4]) else {
        panic!("a datagram is there");
    };
    assert_eq!(received.len, 4);
    assert_eq!(
        socket.log.take(),
        [
            "poll_recv_ready",
            "try_recv_from",
            "poll_recv_ready",
            "poll_recv_ready",
            "try_recv_from"
        ]
    );
}

#[test]
fn the_poll_style_sends_when_there_is_room() {
    let mut cx = Context::from_waker(Waker::noop());
    let socket = Scripted::new([
        Step::Ready,
        Step::WouldBlock,
        Step::WouldBlock,
        Step::Ready,
        Step::Done(1),
        Step::Ready,
        Step::Fails(ErrorKind::NotConnected),
    ]);
    let target = at("192.0.2.1:9");
    let datagram = Datagram::new(b"a").to(&target);
    assert!(socket.poll_send(&mut cx, &datagram).is_pending());
    assert!(matches!(
        socket.poll_send(&mut cx, &datagram),
        Poll::Ready(Ok(1))
    ));
    assert!(matches!(
        socket.poll_send(&mut cx, &Datagram::new(b"a")),
        Poll::Ready(Err(error)) if error.kind() == ErrorKind::NotConnected
    ));
    assert_eq!(
        socket.log.take(),
        [
            "poll_send_ready",
            "try_send 1 to 192.0.2.1:9",
            "poll_send_ready",
            "poll_send_ready",
            "try_send 1 to 192.0.2.1:9",
            "poll_send_ready",
            "try_send 1 to the peer"
        ]
    );
}

#[test]
fn a_received_datagram_is_whole_unless_said_otherwise() {
    let whole = Received::new(5, at("192.0.2.1:9"));
    assert!(!whole.truncated);
    assert!(whole.clone().truncated(true).truncated);
    assert_ne!(whole.clone().truncated(true), whole);
}

#[test]
fn the_futures_of_a_socket_may_move_between_threads() {
    fn is_send(_: &impl Send) {}
    let socket = Scripted::default();
    let target = at("192.0.2.1:9");
    let mut buf = [0; 1];
    is_send(&socket.recv_from(&mut buf));
    is_send(&socket.send_to(b"", &target));
    is_send(&socket.send(b""));
    is_send(&socket.send_datagram(Datagram::new(b"").to(&target)));
}

#[tokio::test]
async fn a_datagram_is_sent_with_all_that_was_said_about_it() {
    let socket = Scripted::new([Step::Ready, Step::Done(2), Step::Ready, Step::Done(2)]);
    let target = at("192.0.2.1:9");
    let datagram = Datagram::new(b"ab");
    assert_eq!(datagram.payload, b"ab");
    assert_eq!(datagram.target, None);
    assert_eq!(datagram.to(&target).target, Some(&target));
    socket.send_datagram(datagram).await.unwrap();
    socket.send_datagram(datagram.to(&target)).await.unwrap();
    assert_eq!(
        socket.log.take(),
        [
            "poll_send_ready",
            "try_send 2 to the peer",
            "poll_send_ready",
            "try_send 2 to 192.0.2.1:9"
        ]
    );
}

#[tokio::test]
async fn a_dropped_receive_has_taken_no_datagram() {
    let socket = Scripted::new([Step::Ready, Step::WouldBlock, Step::WouldBlock]);
    let mut buf = [0; 4];
    tokio::select! {
        biased;
        _ = socket.recv_from(&mut buf) => panic!("there is no datagram"),
        () = std::future::ready(()) => {}
    }
    let more = [Step::Ready, Step::Done(4)];
    *socket.script.lock().unwrap() = more.into();
    assert_eq!(socket.recv_from(&mut buf).await.unwrap().len, 4);
}
