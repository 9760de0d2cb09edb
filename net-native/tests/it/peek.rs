//! Reading without removing.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use net_native::Stream;
use net_traits::Stream as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;

use crate::pair;

async fn peek(stream: &mut Stream, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut buf = ReadBuf::new(&mut bytes);
    poll_fn(|cx| Pin::new(&mut *stream).poll_peek(cx, &mut buf))
        .await
        .unwrap();
    buf.filled().to_vec()
}

async fn ensure_peeks((mut dialed, mut accepted): (Stream, Stream)) {
    let soon = timeout(Duration::from_millis(100), peek(&mut accepted, 1)).await;
    soon.expect_err("there is nothing to peek at");
    dialed.write_all(b"hello").await.unwrap();
    assert_eq!(peek(&mut accepted, 2).await, b"he");
    assert_eq!(peek(&mut accepted, 9).await, b"hello");
    let mut read = [0; 5];
    accepted.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"hello");
    dialed.shutdown().await.unwrap();
    assert_eq!(peek(&mut accepted, 9).await, b"");
}

#[tokio::test]
async fn a_tcp_stream_returns_peeked_bytes_again() {
    ensure_peeks(pair::tcp().await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_stream_returns_peeked_bytes_again() {
    let (one, other) = tokio::net::UnixStream::pair().unwrap();
    ensure_peeks((one.into(), other.into())).await;
}
