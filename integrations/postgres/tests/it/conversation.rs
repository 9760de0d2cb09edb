//! A conversation that covers all states of the protocol.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use futures_core::Stream;
use futures_sink::Sink;
use net_postgres::postgres::{CopyInSink, CopyOutStream, Error, GenericClient, SimpleQueryMessage};
use net_postgres::{Client, Result};

/// Simple and extended queries, COPY in both directions, a transaction. Each query asks for a
/// number of its own, from `first` on.
///
/// # Panics
///
/// Panics if a query receives the result of another.
pub(crate) async fn converse(client: &mut Client, first: i32) -> Result<()> {
    let answer = client.simple_query(&format!("SELECT {first}")).await?;
    let own = answer.iter().any(|message| match message {
        SimpleQueryMessage::Row(row) => row.try_get(0).ok().flatten() == Some(&*first.to_string()),
        _ => false,
    });
    assert!(own, "{answer:?}");
    select(&**client, first + 1).await?;
    let sink = client.copy_in("COPY t FROM STDIN").await?;
    let copied = send_all(sink, b"1\n2\n", 2).await?;
    assert_eq!(copied, 2);
    let stream = client.copy_out("COPY t TO STDOUT").await?;
    assert_eq!(receive_all(stream).await?, b"1\n2\n");
    let transaction = client.transaction().await?;
    select(&transaction, first + 2).await?;
    transaction.commit().await?;
    Ok(())
}

/// The same with a server that may reply with anything.
pub(crate) async fn converse_unchecked(client: &mut Client) -> Result<()> {
    for message in client.simple_query("SELECT 1").await? {
        if let SimpleQueryMessage::Row(row) = message {
            let _ = row.try_get(0);
        }
    }
    for row in client.query("SELECT 2", &[]).await? {
        let _ = row.try_get::<_, i32>(0);
    }
    let sink = client.copy_in("COPY t FROM STDIN").await?;
    send_all(sink, b"1\n2\n", 2).await?;
    receive_all(client.copy_out("COPY t TO STDOUT").await?).await?;
    let transaction = client.transaction().await?;
    transaction.execute("SELECT 3", &[]).await?;
    transaction.commit().await?;
    Ok(())
}

/// Asks for a number.
///
/// # Panics
///
/// Panics if the result is another number.
pub(crate) async fn select(client: &impl GenericClient, number: i32) -> Result<(), Error> {
    let row = client.query_one(&format!("SELECT {number}"), &[]).await?;
    assert_eq!(row.try_get::<_, i32>(0)?, number);
    Ok(())
}

/// Sends bytes in chunks of the given length.
pub(crate) async fn send_all(
    sink: CopyInSink<Bytes>,
    bytes: &[u8],
    size: usize,
) -> Result<u64, Error> {
    let mut sink = pin!(sink);
    for chunk in bytes.chunks(size) {
        poll_fn(|cx| sink.as_mut().poll_ready(cx)).await?;
        sink.as_mut().start_send(Bytes::copy_from_slice(chunk))?;
        poll_fn(|cx| sink.as_mut().poll_flush(cx)).await?;
    }
    sink.finish().await
}

pub(crate) async fn receive_all(stream: CopyOutStream) -> Result<Vec<u8>, Error> {
    let mut stream = pin!(stream);
    let mut all = Vec::new();
    while let Some(bytes) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        all.extend_from_slice(&bytes?);
    }
    Ok(all)
}

/// Polls a future at most the given number of times, yielding in between. Returns `None`, and
/// drops it, if it is not ready by then.
pub(crate) async fn polled<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..times {
        let once = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx)));
        if let Poll::Ready(output) = once.await {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}
