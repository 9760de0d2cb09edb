//! Datagram sockets by reference, in boxes, and in several tasks.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::task::{Context, Poll};

use net_traits::{
    BoxPacketConn, Datagram, Endpoint, Error, Operation, OptionName, PacketConn, Received, Result,
    SocketOption,
};

use crate::fake::{Mailbox, Switch, at};

fn pair() -> (Mailbox, Mailbox) {
    let switch = Switch::default();
    let (one, other) = (at("127.0.0.1:1"), at("127.0.0.1:2"));
    let connected = switch.socket(one).connected(other.clone());
    (connected, switch.socket(other))
}

/// As a library takes it: all that a socket does.
async fn library(socket: impl PacketConn, peer: &Mailbox) {
    assert_eq!(socket.local_addr().unwrap(), at("127.0.0.1:1"));
    assert_eq!(socket.peer_addr().unwrap(), at("127.0.0.1:2"));
    let error = socket
        .set_option(SocketOption::Broadcast(true))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        socket.option(OptionName::Broadcast).unwrap(),
        SocketOption::Broadcast(true)
    );

    let mut buf = [0; 3];
    assert_eq!(socket.send(b"one").await.unwrap(), 3);
    let target = at("127.0.0.1:2");
    assert_eq!(socket.send_to(b"four", &target).await.unwrap(), 4);
    let datagram = Datagram::new(b"").to(&target);
    assert_eq!(socket.send_datagram(datagram).await.unwrap(), 0);
    for (len, truncated) in [(3, false), (3, true), (0, false)] {
        let received = peer.recv_from(&mut buf).await.unwrap();
        assert_eq!((received.len, received.truncated), (len, truncated));
        assert_eq!(received.from, at("127.0.0.1:1"));
    }
    assert_eq!(&buf, b"fou");

    peer.send_to(b"yes", &at("127.0.0.1:1")).await.unwrap();
    assert_eq!(socket.recv_from(&mut buf).await.unwrap().len, 3);
    assert_eq!(&buf, b"yes");
    let nobody = at("127.0.0.1:3");
    let error = socket.send_to(b"x", &nobody).await.unwrap_err();
    assert_eq!(error.to_string(), "send 127.0.0.1:3: connection refused");
    assert!(matches!(
        socket.try_recv_from(&mut buf),
        Err(error) if error.kind() == ErrorKind::WouldBlock
    ));
}

#[tokio::test]
async fn a_socket_is_one_by_reference_in_a_box_and_shared() {
    let (socket, peer) = pair();
    library(&socket, &peer).await;
    library(&&socket, &peer).await;
    let object: &dyn PacketConn = &socket;
    library(object, &peer).await;
    let boxed: BoxPacketConn = Box::new(socket);
    library(&boxed, &peer).await;
    library(&*boxed, &peer).await;
    let shared: Arc<dyn PacketConn> = boxed.into();
    library(Arc::clone(&shared), &peer).await;
    library(Arc::new(shared), &peer).await;
}

#[tokio::test]
async fn a_boxed_socket_serves_a_task() {
    let (socket, peer) = pair();
    let peer: BoxPacketConn = Box::new(peer);
    let echo = tokio::spawn(async move {
        let mut buf = [0; 16];
        let packet = peer.recv_from(&mut buf).await?;
        peer.send_to(&buf[..packet.len], &packet.from).await
    });
    socket.send(b"ping").await.unwrap();
    assert_eq!(echo.await.unwrap().unwrap(), 4);
    let mut buf = [0; 16];
    let received = socket.recv_from(&mut buf).await.unwrap();
    assert_eq!(&buf[..received.len], b"ping");
    assert_eq!(received.from, at("127.0.0.1:2"));
}

#[tokio::test]
async fn each_of_several_tasks_receives_a_datagram_of_its_own() {
    let (socket, peer) = pair();
    let peer: Arc<dyn PacketConn> = Arc::new(peer);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let peer = Arc::clone(&peer);
            tokio::spawn(async move {
                let mut buf = [0; 1];
                peer.recv_from(&mut buf).await.unwrap();
                buf[0]
            })
        })
        .collect();
    // All of them wait before the first datagram comes.
    tokio::task::yield_now().await;
    for byte in 0..8 {
        socket.send(&[byte]).await.unwrap();
    }
    let mut received = Vec::new();
    for task in tasks {
        received.push(task.await.unwrap());
    }
    received.sort_unstable();
    assert_eq!(received, [0, 1, 2, 3, 4, 5, 6, 7]);
}

/// A wrapper that has transfers of its own.
#[derive(Debug)]
struct Refusing(Mailbox);

impl PacketConn for Refusing {
    fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<Received> {
        self.0.try_recv_from(buf)
    }

    fn try_send(&self, datagram: &Datagram<'_>) -> io::Result<usize> {
        self.0.try_send(datagram)
    }

    fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_recv_ready(cx)
    }

    fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_send_ready(cx)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.0.local_addr()
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.0.peer_addr()
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        self.0.set_option(option)
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        self.0.option(name)
    }

    fn poll_recv_from(&self, _cx: &mut Context<'_>, _buf: &mut [u8]) -> Poll<io::Result<Received>> {
        Poll::Ready(Err(ErrorKind::PermissionDenied.into()))
    }

    fn poll_send(&self, _cx: &mut Context<'_>, _: &Datagram<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(ErrorKind::PermissionDenied.into()))
    }
}

#[tokio::test]
async fn transfers_that_a_socket_has_of_its_own_are_used_through_a_box() {
    async fn check(socket: &(impl PacketConn + ?Sized)) {
        let denied = |error: &Error| error.kind() == ErrorKind::PermissionDenied;
        let error = socket.send(b"x").await.unwrap_err();
        assert!(denied(&error) && error.operation() == Operation::Send);
        let error = socket.recv_from(&mut [0; 1]).await.unwrap_err();
        assert!(denied(&error) && error.operation() == Operation::Receive);
    }
    let (socket, _peer) = pair();
    let socket = Refusing(socket);
    check(&socket).await;
    check(&&socket).await;
    let boxed: BoxPacketConn = Box::new(socket);
    check(&boxed).await;
    check(&*boxed).await;
    check(&Arc::new(boxed)).await;
}
