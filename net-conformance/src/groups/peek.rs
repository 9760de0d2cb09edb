//! Reading ahead.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::time::Duration;

use anyhow::bail;
use net_traits::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadBuf};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::Fixture;
use crate::subject::{Checked, Skipped, Subject};

cases! {
    $ __peek peek:
    /// Bytes that were peeked are read again.
    /// Source: tokio `TcpStream::poll_peek`; `man 2 recv`, `MSG_PEEK`.
    peeked_bytes_are_read_again;
    /// A peek waits for data, and an end that was peeked is still read.
    /// Source: tokio `TcpStream::poll_peek`.
    a_peek_waits_for_data_and_sees_the_end;
}

async fn peek<S: Stream>(stream: &mut S, buf: &mut [u8]) -> io::Result<usize> {
    let mut buf = ReadBuf::new(buf);
    poll_fn(|cx| Pin::new(&mut *stream).poll_peek(cx, &mut buf)).await?;
    Ok(buf.filled().len())
}

/// Not every stream can peek, but it must say so.
fn skip_if_unsupported(peeked: io::Result<usize>) -> anyhow::Result<usize> {
    match peeked {
        Err(error) if error.kind() == ErrorKind::Unsupported => bail!(Skipped(error.to_string())),
        peeked => Ok(peeked?),
    }
}

async fn peeked_bytes_are_read_again<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut near, mut far) = on.pair().await?;
    far.write_all(b"hello").await?;
    let mut buf = [0; 3];
    let mut peeked = 0;
    // Of five bytes, fewer may have arrived at first.
    while peeked < 3 {
        peeked = skip_if_unsupported(peek(&mut near, &mut buf).await)?;
    }
    ensure_eq!(&buf, b"hel");
    let mut all = [0; 5];
    near.read_exact(&mut all).await?;
    ensure_eq!(&all, b"hello");
    Ok(())
}

async fn a_peek_waits_for_data_and_sees_the_end<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut near, mut far) = on.pair().await?;
    let mut buf = [0; 8];
    let brief = Duration::from_millis(20);
    if let Ok(early) = on.timeout(brief, peek(&mut near, &mut buf)).await {
        let early = skip_if_unsupported(early)?;
        bail!("a peek of {early} bytes before any was sent");
    }
    far.write_all(b"x").await?;
    ensure_eq!(peek(&mut near, &mut buf).await?, 1);
    near.read_u8().await?;
    far.shutdown().await?;
    ensure_eq!(peek(&mut near, &mut buf).await?, 0);
    ensure_eq!(near.read(&mut buf).await?, 0);
    Ok(())
}
