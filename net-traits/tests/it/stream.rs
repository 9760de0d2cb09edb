//! Streams, and what is left of them in a box.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use net_traits::{
    BoxStream, Endpoint, Error, KeepAlive, Operation, OptionName, Result, SocketOption, Stream,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::fake::{Pipe, at, pipe};

/// Sends a word there and back.
async fn round_trip(
    near: &mut (impl Stream + ?Sized),
    far: &mut (impl AsyncRead + AsyncWrite + Unpin),
) {
    near.write_all(b"ping").await.unwrap();
    let mut buf = [0; 4];
    far.read_exact(&mut buf).await.unwrap();
    assert_eq!(&buf, b"ping");
    far.write_all(b"pong").await.unwrap();
    near.read_exact(&mut buf).await.unwrap();
    assert_eq!(&buf, b"pong");
}

#[test]
fn the_convenient_setters_set_their_options() {
    let (stream, _far) = pipe();
    stream.set_nodelay(true).unwrap();
    stream.set_keepalive(Some(KeepAlive::new())).unwrap();
    stream.set_keepalive(None).unwrap();
    stream.set_linger(Some(Duration::ZERO)).unwrap();
    let expected = [
        SocketOption::NoDelay(true),
        SocketOption::KeepAlive(Some(KeepAlive::new())),
        SocketOption::KeepAlive(None),
        SocketOption::Linger(Some(Duration::ZERO)),
    ];
    assert_eq!(
        stream.log.take(),
        expected.map(|option| format!("set {option:?}"))
    );
}

#[tokio::test]
async fn a_boxed_stream_carries_bytes_both_ways() {
    let (stream, mut far) = pipe();
    let mut stream = BoxStream::new(stream);
    round_trip(&mut stream, &mut far).await;
}

#[tokio::test]
async fn a_stream_that_is_boxed_twice_still_works() {
    let (stream, mut far) = pipe();
    let log = stream.log.clone();
    let mut stream = BoxStream::new(BoxStream::new(stream));
    round_trip(&mut stream, &mut far).await;
    assert_eq!(stream.local_addr().unwrap(), at("127.0.0.1:1"));
    log.take();
    stream.set_nodelay(true).unwrap();
    assert_eq!(log.take(), ["set NoDelay(true)"]);
    let (_read, mut write) = stream.into_split();
    write.shutdown().await.unwrap();
    assert_eq!(far.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_boxed_stream_reads_into_memory_that_is_not_initialised() {
    let (stream, mut far) = pipe();
    let mut stream = BoxStream::new(stream);
    far.write_all(b"abc").await.unwrap();

    let mut memory = [MaybeUninit::<u8>::uninit(); 8];
    let mut buf = ReadBuf::uninit(&mut memory);
    poll_fn(|cx| Pin::new(&mut stream).poll_read(cx, &mut buf))
        .await
        .unwrap();
    assert_eq!(buf.filled(), b"abc");
    assert_eq!(buf.initialized().len(), 3, "nothing was zeroed beforehand");
}

#[tokio::test]
async fn a_boxed_stream_writes_slices_in_one_call() {
    let (stream, mut far) = pipe();
    let log = stream.log.clone();
    let mut stream = BoxStream::new(stream);
    assert!(stream.is_write_vectored());

    let slices = [
        IoSlice::new(b"ab"),
        IoSlice::new(b"c"),
        IoSlice::new(b"def"),
    ];
    assert_eq!(stream.write_vectored(&slices).await.unwrap(), 6);
    assert_eq!(log.take(), ["write 3 slices"]);

    let mut buf = [0; 6];
    far.read_exact(&mut buf).await.unwrap();
    assert_eq!(&buf, b"abcdef");
}

#[tokio::test]
async fn a_boxed_stream_that_gathers_nothing_says_so() {
    let (stream, _far) = pipe();
    let stream = BoxStream::new(stream.without_vectored_writes());
    assert!(!stream.is_write_vectored());
    let (_read, write) = stream.into_split();
    assert!(!write.is_write_vectored());
}

#[tokio::test]
async fn flush_and_shutdown_reach_a_boxed_stream() {
    let (stream, mut far) = pipe();
    let log = stream.log.clone();
    let mut stream = BoxStream::new(stream);
    stream.write_all(b"last").await.unwrap();
    stream.flush().await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(log.take(), ["write 4", "flush", "shutdown"]);

    let mut rest = String::new();
    far.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "last");

    // The other way is still open.
    far.write_all(b"!").await.unwrap();
    assert_eq!(stream.read_u8().await.unwrap(), b'!');
}

#[tokio::test]
async fn dropping_a_boxed_stream_closes_it() {
    let (stream, mut far) = pipe();
    drop(BoxStream::new(stream));
    assert_eq!(far.read(&mut [0; 1]).await.unwrap(), 0);
    let error = far.write_all(b"x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn the_halves_of_a_boxed_stream_work_in_two_tasks() {
    let (stream, far) = pipe();
    let (mut read, mut write) = BoxStream::new(stream).into_split();
    let (mut far_read, mut far_write) = tokio::io::split(far);

    // More than the pipe holds, so that both directions must run at once.
    let sent = vec![7; 10_000];
    let expected = sent.clone();
    let writer = tokio::spawn(async move {
        write.write_all(&sent).await.unwrap();
        write.shutdown().await.unwrap();
    });
    let echo = tokio::spawn(async move {
        tokio::io::copy(&mut far_read, &mut far_write)
            .await
            .unwrap();
        far_write.shutdown().await.unwrap();
    });
    let mut received = Vec::new();
    read.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, expected);
    writer.await.unwrap();
    echo.await.unwrap();
}

#[tokio::test]
async fn the_write_half_of_a_boxed_stream_gathers() {
    let (stream, _far) = pipe();
    let log = stream.log.clone();
    let (_read, mut write) = BoxStream::new(stream).into_split();
    assert!(write.is_write_vectored());
    let slices = [IoSlice::new(b"ab"), IoSlice::new(b"c")];
    assert_eq!(write.write_vectored(&slices).await.unwrap(), 3);
    write.flush().await.unwrap();
    write.shutdown().await.unwrap();
    assert_eq!(log.take(), ["write 2 slices", "flush", "shutdown"]);
}

#[tokio::test]
async fn a_boxed_stream_closes_when_both_halves_are_dropped() {
    let (stream, mut far) = pipe();
    let (read, write) = BoxStream::new(stream).into_split();
    drop(read);
    far.write_all(b"unread").await.unwrap();
    drop(write);
    assert_eq!(far.read(&mut [0; 1]).await.unwrap(), 0);
    assert_eq!(
        far.write_all(b"x").await.unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
}

#[tokio::test]
async fn dropping_a_pending_read_of_a_boxed_stream_loses_no_byte() {
    let (stream, mut far) = pipe();
    let mut stream = BoxStream::new(stream);
    for byte in 0..10 {
        let mut buf = [0; 1];
        tokio::select! {
            biased;
            _ = stream.read(&mut buf) => panic!("there is nothing to read"),
            () = std::future::ready(()) => {}
        }
        far.write_u8(byte).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), byte);
    }
}

#[test]
fn a_boxed_stream_has_the_addresses_of_the_one_within() {
    let (stream, _far) = pipe();
    let stream = BoxStream::new(stream);
    assert_eq!(stream.local_addr().unwrap(), at("127.0.0.1:1"));
    assert_eq!(stream.peer_addr().unwrap(), at("127.0.0.1:2"));
}

#[test]
fn options_reach_the_stream_within() {
    let (stream, _far) = pipe();
    let log = stream.log.clone();
    let stream = BoxStream::new(stream);
    stream.set_option(SocketOption::RecvBuffer(9)).unwrap();
    stream.set_nodelay(false).unwrap();
    stream.set_keepalive(None).unwrap();
    stream.set_linger(None).unwrap();
    assert_eq!(
        log.take(),
        [
            "set RecvBuffer(9)",
            "set NoDelay(false)",
            "set KeepAlive(None)",
            "set Linger(None)"
        ]
    );
    assert_eq!(
        stream.option(OptionName::NoDelay).unwrap(),
        SocketOption::NoDelay(true)
    );
    assert_eq!(
        stream.option(OptionName::KeepAlive).unwrap(),
        SocketOption::KeepAlive(Some(KeepAlive::new().count(7)))
    );
}

#[test]
fn a_refused_option_says_the_same_through_a_box() {
    let (stream, _far) = pipe();
    let stream = BoxStream::new(stream.broken());
    let error = stream.set_nodelay(true).unwrap_err();
    assert_eq!(error.operation(), Operation::SetOption);
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "set option: the option nodelay is not supported by the test"
    );
    let error = stream.option(OptionName::Backlog).unwrap_err();
    assert_eq!(error.operation(), Operation::GetOption);
}

#[tokio::test]
async fn errors_come_out_of_a_box_as_they_are() {
    fn check(error: &io::Error) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(error.to_string(), "reset by the test");
    }
    let (stream, _far) = pipe();
    let mut stream = BoxStream::new(stream.broken());
    check(&stream.read(&mut [0; 1]).await.unwrap_err());
    check(&stream.write(b"x").await.unwrap_err());
    check(
        &stream
            .write_vectored(&[IoSlice::new(b"x")])
            .await
            .unwrap_err(),
    );
    check(&stream.flush().await.unwrap_err());
    check(&stream.shutdown().await.unwrap_err());
    for error in [
        stream.local_addr().unwrap_err(),
        stream.peer_addr().unwrap_err(),
    ] {
        assert_eq!(error.operation(), Operation::Address);
        assert_eq!(error.to_string(), "address: reset by the test");
    }

    let (mut read, mut write) = stream.into_split();
    check(&read.read(&mut [0; 1]).await.unwrap_err());
    check(&write.write(b"x").await.unwrap_err());
    let error = Error::from(write.flush().await.unwrap_err());
    assert_eq!(error.operation(), Operation::Transfer);
}

#[tokio::test]
async fn a_stream_that_cannot_peek_says_so() {
    let (mut stream, mut far) = pipe();
    far.write_all(b"x").await.unwrap();
    let mut memory = [0; 1];
    let mut buf = ReadBuf::new(&mut memory);
    let error = poll_fn(|cx| Pin::new(&mut stream).poll_peek(cx, &mut buf))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.to_string(), "this stream cannot peek");
    assert!(buf.filled().is_empty());
    assert_eq!(stream.read_u8().await.unwrap(), b'x', "nothing was taken");
}

/// It says in advance what it is going to read. Neither `Sync` nor `Debug`, as a
/// library's stream may be.
struct Peekable {
    inner: Pipe,
    next: Cell<&'static [u8]>,
}

impl AsyncRead for Peekable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Peekable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl Stream for Peekable {
    type ReadHalf = tokio::io::ReadHalf<Peekable>;
    type WriteHalf = tokio::io::WriteHalf<Peekable>;

    fn into_split(self) -> (Self::ReadHalf, Self::WriteHalf) {
        tokio::io::split(self)
    }

    fn local_addr(&self) -> Result<Endpoint> {
        self.inner.local_addr()
    }

    fn peer_addr(&self) -> Result<Endpoint> {
        self.inner.peer_addr()
    }

    fn set_option(&self, option: SocketOption) -> Result<()> {
        self.inner.set_option(option)
    }

    fn option(&self, name: OptionName) -> Result<SocketOption> {
        self.inner.option(name)
    }

    fn poll_peek(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        buf.put_slice(self.next.get());
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_boxed_stream_that_is_neither_sync_nor_debug_peeks_and_carries_bytes() {
    let (inner, mut far) = pipe();
    let next = Cell::new(&b"pong"[..]);
    let mut stream = BoxStream::new(BoxStream::new(Peekable { inner, next }));
    let mut memory = [0; 8];
    let mut buf = ReadBuf::new(&mut memory);
    poll_fn(|cx| Pin::new(&mut stream).poll_peek(cx, &mut buf))
        .await
        .unwrap();
    assert_eq!(buf.filled(), b"pong");
    round_trip(&mut stream, &mut far).await;
}

#[test]
fn a_boxed_stream_and_its_halves_print_their_own_names() {
    let (stream, _far) = pipe();
    let stream = BoxStream::new(stream);
    assert_eq!(format!("{stream:?}"), "BoxStream { .. }");
    let (read, write) = stream.into_split();
    assert_eq!(format!("{read:?}"), "BoxReadHalf { .. }");
    assert_eq!(format!("{write:?}"), "BoxWriteHalf { .. }");
}
