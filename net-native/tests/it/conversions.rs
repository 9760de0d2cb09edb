//! To and from the sockets of std and tokio.

use std::future::poll_fn;
use std::io::Write;

use net_native::{Listener, Native, PacketConn, Stream};
use net_traits::{Backend, Datagram, Listener as _, PacketConn as _, SocketOptions, Stream as _};
use tokio::io::AsyncReadExt;

use crate::pair::{self, endpoint};

#[tokio::test]
async fn a_blocking_stream_of_std_becomes_one_that_does_not_block() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (accepted, address) = listener.accept().unwrap();
    let mut stream = Stream::try_from(accepted).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), address.into());
    // It would hang if the read blocked the only thread.
    let mut buf = [0; 5];
    let (read, ()) = tokio::join!(stream.read_exact(&mut buf), async {
        tokio::task::yield_now().await;
        peer.write_all(b"hello").unwrap();
    });
    read.unwrap();
    assert_eq!(&buf, b"hello");
}

#[tokio::test]
async fn a_stream_becomes_one_of_tokio_and_back() {
    let (dialed, mut accepted) = pair::tcp().await;
    let address = dialed.local_addr().unwrap();
    let stream = tokio::net::TcpStream::try_from(dialed).unwrap();
    assert_eq!(address, stream.local_addr().unwrap().into());
    let stream = Stream::from(stream);
    assert_eq!(stream.local_addr().unwrap(), address);
    drop(stream);
    assert_eq!(accepted.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_listener_becomes_one_of_tokio_and_back() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listener = Listener::try_from(listener).unwrap();
    let listener = tokio::net::TcpListener::try_from(listener).unwrap();
    let listener = Listener::from(listener);
    let address = listener.local_addr().unwrap();
    let options = SocketOptions::new();
    let dialed = Native::new().connect(&address, None, &options).await;
    let (_, peer) = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
    assert_eq!(peer, dialed.unwrap().local_addr().unwrap());
}

#[tokio::test]
async fn a_datagram_socket_becomes_one_of_tokio_and_back() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let socket = PacketConn::try_from(socket).unwrap();
    let address = socket.local_addr().unwrap();
    let mut buf = [0; 8];
    // It has waited, and its waits have it too.
    let waited = tokio::time::timeout(
        std::time::Duration::from_millis(50),
        socket.recv_from(&mut buf),
    );
    assert!(waited.await.is_err());
    let socket = tokio::net::UdpSocket::try_from(socket).unwrap();
    let socket = PacketConn::from(socket);
    let sender = Native::new()
        .packet(Some(&endpoint("127.0.0.1:0")), None, &SocketOptions::new())
        .await
        .unwrap();
    let datagram = Datagram::new(b"hello").to(&address);
    sender.send_datagram(datagram).await.unwrap();
    let received = socket.recv_from(&mut buf).await.unwrap();
    assert_eq!(&buf[..received.len], b"hello");
    assert_eq!(received.from, sender.local_addr().unwrap());
}

#[cfg(unix)]
#[tokio::test]
async fn a_socket_of_another_kind_is_given_back() {
    let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let stream = Stream::try_from(one).unwrap();
    let stream = tokio::net::TcpStream::try_from(stream).unwrap_err();
    stream.peer_cred().unwrap();
    tokio::net::UnixStream::try_from(stream).unwrap();

    let (one, _other) = std::os::unix::net::UnixDatagram::pair().unwrap();
    let socket = PacketConn::try_from(one).unwrap();
    let socket = tokio::net::UdpSocket::try_from(socket).unwrap_err();
    tokio::net::UnixDatagram::try_from(socket).unwrap();

    let (stream, _peer) = pair::tcp().await;
    let stream = tokio::net::UnixStream::try_from(stream).unwrap_err();
    stream.peer_addr().unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn sockets_tell_their_descriptors() {
    use std::os::fd::{AsFd, AsRawFd};

    let (stream, _peer) = pair::tcp().await;
    let number = stream.as_raw_fd();
    assert_eq!(stream.as_fd().as_raw_fd(), number);
    let stream = tokio::net::TcpStream::try_from(stream).unwrap();
    assert_eq!(stream.as_raw_fd(), number);
}
