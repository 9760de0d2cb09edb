//! Connections: bytes arrive, in order, whatever the size of buffers.

use std::io::IoSlice;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use anyhow::ensure;
use net_traits::{Listener, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::Fixture;
use crate::subject::{Checked, QUIET, Subject, echo, ensure_parses_back, pattern, round_trip};

cases! {
    $ __conn conn:
    /// A stream delivers its bytes in order, and then ends.
    /// Source: Go `nettest` BasicIO; RFC 9293 §3.4.
    a_mebibyte_in_small_chunks_arrives_in_order;
    /// Each end reads what the other wrote last.
    /// Source: Go `nettest` PingPong.
    two_ends_answer_each_other_a_thousand_times;
    /// A stream can be split, and each half used in its own task.
    /// Source: Go `nettest` RacyRead, RacyWrite; tokio `into_split`.
    halves_of_a_connection_work_in_two_tasks;
    /// Neither direction waits for the other.
    /// Source: RFC 9293 §3.1, full duplex.
    both_directions_flow_at_once;
    /// Flow control blocks the writer and loses nothing.
    /// Source: RFC 9293 §3.8.6.
    a_slow_reader_loses_nothing_of_16_mebibytes;
    /// A pending write is woken when there is space in the buffer.
    /// Source: tokio `AsyncWrite::poll_write`; turmoil `write_backpressure`.
    a_pending_write_goes_on_when_the_peer_reads;
    /// Data, and the end of the stream, may arrive before the connection is accepted.
    /// Source: POSIX `listen`; mio `connect_then_close`.
    what_was_sent_before_the_accept_arrives;
    /// Closing delivers what was written before.
    /// Source: RFC 9293 §3.6; wasmtime `shutdown_should_not_lose_data`.
    dropping_a_connection_does_not_lose_what_was_written;
    /// Buffers are written in order; empty ones are skipped.
    /// Source: POSIX `writev`.
    a_vectored_write_arrives_in_order;
    /// More buffers than `IOV_MAX` are not an error.
    /// Source: std `write_vectored`, which may write a part.
    a_vectored_write_of_more_slices_than_a_host_takes_writes_the_first;
    /// Data that does not fit into a buffer is returned by the next read.
    /// Source: POSIX `read`.
    reads_of_one_byte_get_every_byte;
    /// A read into an empty buffer consumes nothing and does not mean the end of the stream.
    /// Source: std `Read::read`.
    a_read_into_no_room_takes_nothing;
    /// An empty write does not end the stream.
    /// Source: std `Write::write`.
    an_empty_write_sends_nothing;
    /// The local address of one end is the peer address of the other.
    /// Source: Go `nettest` ConcurrentMethods (LocalAddr, RemoteAddr); POSIX `getpeername`.
    both_ends_agree_on_their_addresses;
    /// An address in a log can be typed in again.
    /// Source: the contract of `Endpoint`.
    the_addresses_of_a_connection_can_be_printed_and_parsed;
    /// IPv6 works as IPv4 does.
    /// Source: RFC 8200.
    a_connection_over_ipv6_carries_bytes;
}

async fn a_mebibyte_in_small_chunks_arrives_in_order<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let sent = pattern(1 << 20);
    let copy = sent.clone();
    let writer = tokio::spawn(async move {
        for chunk in copy.chunks(1 << 10) {
            dialed.write_all(chunk).await?;
        }
        dialed.shutdown().await
    });
    let mut received = Vec::new();
    accepted.read_to_end(&mut received).await?;
    writer.await??;
    ensure!(received == sent);
    Ok(())
}

async fn two_ends_answer_each_other_a_thousand_times<F: Fixture>(on: &Subject<F>) -> Checked {
    async fn count<S: Stream>(mut stream: S) -> std::io::Result<u64> {
        let mut last = 0;
        while last < 1_000 {
            match stream.read_u64_le().await {
                Ok(value) => last = value,
                // The other end was first.
                Err(_) => break,
            }
            if stream.write_u64_le(last + 1).await.is_err() {
                break;
            }
        }
        Ok(last)
    }
    let (mut dialed, accepted) = on.pair().await?;
    dialed.write_u64_le(1).await?;
    let one = tokio::spawn(count(dialed));
    let other = tokio::spawn(count(accepted));
    let (one, other) = (one.await??, other.await??);
    ensure!(one.max(other) >= 1_000, "{one} and {other}");
    Ok(())
}

async fn halves_of_a_connection_work_in_two_tasks<F: Fixture>(on: &Subject<F>) -> Checked {
    let (dialed, accepted) = on.pair().await?;
    let echo = tokio::spawn(echo(accepted));
    let (mut read, mut write) = dialed.into_split();
    let sent = pattern(1 << 20);
    let copy = sent.clone();
    let writer = tokio::spawn(async move {
        write.write_all(&copy).await?;
        write.shutdown().await
    });
    let reader = tokio::spawn(async move {
        let mut received = Vec::new();
        read.read_to_end(&mut received).await?;
        std::io::Result::Ok(received)
    });
    writer.await??;
    ensure!(reader.await?? == sent);
    echo.await??;
    Ok(())
}

async fn both_directions_flow_at_once<F: Fixture>(on: &Subject<F>) -> Checked {
    async fn both_ways<S: Stream>(stream: S, data: Vec<u8>) -> std::io::Result<Vec<u8>> {
        let (mut read, mut write) = stream.into_split();
        let sending = async {
            write.write_all(&data).await?;
            write.shutdown().await
        };
        let mut received = Vec::new();
        tokio::try_join!(sending, read.read_to_end(&mut received))?;
        Ok(received)
    }
    let (dialed, accepted) = on.pair().await?;
    let data = pattern(4 << 20);
    let one = tokio::spawn(both_ways(dialed, data.clone()));
    let other = tokio::spawn(both_ways(accepted, data.clone()));
    ensure!(one.await?? == data);
    ensure!(other.await?? == data);
    Ok(())
}

async fn a_slow_reader_loses_nothing_of_16_mebibytes<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let sent = pattern(16 << 20);
    let copy = sent.clone();
    let writer = tokio::spawn(async move {
        dialed.write_all(&copy).await?;
        dialed.shutdown().await
    });
    let mut chunk = vec![0; 100_000];
    let mut received = 0;
    loop {
        if received % 1_000_000 < chunk.len() {
            on.sleep(Duration::from_millis(5)).await;
        }
        let count = accepted.read(&mut chunk).await?;
        if count == 0 {
            break;
        }
        ensure!(chunk[..count] == sent[received..received + count]);
        received += count;
    }
    ensure_eq!(received, sent.len());
    writer.await??;
    Ok(())
}

async fn a_pending_write_goes_on_when_the_peer_reads<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let mut sent = on.fill(&mut dialed).await?;
    let writer = tokio::spawn(async move {
        dialed.write_all(&[0; 1_000]).await?;
        dialed.shutdown().await
    });
    on.sleep(QUIET).await;
    ensure!(!writer.is_finished());
    sent += 1_000;
    let mut received = Vec::new();
    accepted.read_to_end(&mut received).await?;
    ensure_eq!(received.len(), sent);
    writer.await??;
    Ok(())
}

async fn what_was_sent_before_the_accept_arrives<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    let mut dialed = on.net.dial("tcp", &address).await?;
    dialed.write_all(b"early").await?;
    drop(dialed);
    let (mut accepted, _) = listener.accept().await?;
    let mut text = String::new();
    accepted.read_to_string(&mut text).await?;
    ensure_eq!(text, "early");
    Ok(())
}

async fn dropping_a_connection_does_not_lose_what_was_written<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let sent = pattern(256 << 10);
    let (mut dialed, mut accepted) = on.pair().await?;
    let copy = sent.clone();
    let writer = tokio::spawn(async move {
        dialed.write_all(&copy).await?;
        std::io::Result::Ok(())
    });
    let mut received = Vec::new();
    accepted.read_to_end(&mut received).await?;
    writer.await??;
    ensure!(received == sent);
    Ok(())
}

async fn a_vectored_write_arrives_in_order<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let parts = [
        IoSlice::new(b"one "),
        IoSlice::new(b""),
        IoSlice::new(b"two"),
    ];
    let written = dialed.write_vectored(&parts).await?;
    ensure!(written > 0, "nothing is written");
    drop(dialed);
    let mut text = String::new();
    accepted.read_to_string(&mut text).await?;
    ensure_eq!(text, &"one two"[..written]);
    Ok(())
}

async fn a_vectored_write_of_more_slices_than_a_host_takes_writes_the_first<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let data = pattern(5_000);
    let parts: Vec<_> = data.chunks(1).map(IoSlice::new).collect();
    let written = dialed.write_vectored(&parts).await?;
    ensure!((1..=data.len()).contains(&written), "{written}");
    drop(dialed);
    let mut received = Vec::new();
    accepted.read_to_end(&mut received).await?;
    ensure_eq!(received, data[..written]);
    Ok(())
}

async fn reads_of_one_byte_get_every_byte<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let sent = pattern(20_000);
    dialed.write_all(&sent).await?;
    drop(dialed);
    let mut received = Vec::new();
    let mut byte = [0];
    while accepted.read(&mut byte).await? == 1 {
        received.push(byte[0]);
    }
    ensure_eq!(received, sent);
    Ok(())
}

async fn a_read_into_no_room_takes_nothing<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    dialed.write_all(b"here").await?;
    let mut text = [0; 4];
    accepted.read_exact(&mut text[..1]).await?;
    ensure_eq!(accepted.read(&mut []).await?, 0);
    accepted.read_exact(&mut text[1..]).await?;
    ensure_eq!(&text, b"here");
    // Nor does it mean the end: more data may arrive.
    dialed.write_u8(1).await?;
    ensure_eq!(accepted.read_u8().await?, 1);
    Ok(())
}

async fn an_empty_write_sends_nothing<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    ensure_eq!(dialed.write(&[]).await?, 0);
    ensure_eq!(dialed.write_vectored(&[]).await?, 0);
    dialed.write_all(b"x").await?;
    ensure_eq!(accepted.read_u8().await?, b'x');
    Ok(())
}

async fn both_ends_agree_on_their_addresses<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    let (dialed, accepted) = tokio::join!(on.net.dial("tcp", &address), listener.accept());
    let (dialed, (accepted, peer)) = (dialed?, accepted?);
    ensure_eq!(dialed.peer_addr()?, listener.local_addr()?);
    ensure_eq!(accepted.local_addr()?, listener.local_addr()?);
    ensure_eq!(accepted.peer_addr()?, dialed.local_addr()?);
    ensure_eq!(peer, dialed.local_addr()?);
    Ok(())
}

async fn the_addresses_of_a_connection_can_be_printed_and_parsed<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let mut networks = vec!["127.0.0.1:0"];
    if on.has_ipv6().await {
        networks.push("[::1]:0");
    }
    for local in networks {
        let listener = on.net.listen("tcp", local).await?;
        let address = listener.local_addr()?;
        ensure_parses_back(&address)?;
        let (dialed, accepted) = on.pair_on(&listener, &address.to_string()).await?;
        for end in [dialed, accepted] {
            ensure_parses_back(&end.local_addr()?)?;
            ensure_parses_back(&end.peer_addr()?)?;
        }
    }
    Ok(())
}

async fn a_connection_over_ipv6_carries_bytes<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs_ipv6().await?;
    for network in ["tcp", "tcp6"] {
        let listener = on.net.listen(network, "[::1]:0").await?;
        let local = listener.local_addr()?;
        ensure_eq!(local.ip(), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        let (mut dialed, mut accepted) = on.pair_on(&listener, &local.to_string()).await?;
        ensure_eq!(accepted.peer_addr()?, dialed.local_addr()?);
        round_trip(&mut dialed, &mut accepted).await?;
    }
    Ok(())
}
