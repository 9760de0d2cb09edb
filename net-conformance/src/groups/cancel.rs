//! Cancel safety: dropping a future midway does no harm.
//!
//! In Go a deadline ends a call; here, dropping its future does.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use net_traits::{Listener, PacketConn};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::Fixture;
use crate::subject::{Checked, QUIET, SOON, Subject, pattern, round_trip};

cases! {
    $ __cancel cancel:
    /// A dropped read consumes no byte.
    /// Source: Go `nettest` RacyRead; tokio, cancel safety of `read`.
    dropping_a_pending_read_loses_no_byte;
    /// Timeouts are not sticky.
    /// Source: Go `nettest` PastTimeout, FutureTimeout.
    a_read_that_timed_out_many_times_still_gets_the_bytes;
    /// A dropped `write_all` has sent a prefix of its data, and the stream can still be used.
    /// Source: Go `nettest` RacyWrite, PresentTimeout.
    dropping_a_pending_write_has_sent_a_prefix;
    /// A write sends what it reports, and a dropped one sends nothing.
    /// Source: tokio, cancel safety of `write`.
    a_write_that_was_given_up_has_sent_just_what_was_reported;
    /// The next accept returns the connection.
    /// Source: tokio, cancel safety of `TcpListener::accept`.
    a_dropped_accept_loses_no_connection;
    /// Nor if the accept is dropped at every possible moment.
    /// Source: tokio, cancel safety of `TcpListener::accept`.
    an_accept_dropped_while_a_dial_is_under_way_loses_no_connection;
    /// Dropping the future of `connect` closes its socket.
    /// Source: turmoil `cancelled_connect_closes_socket`; the contract of `Backend`.
    a_dial_that_was_given_up_closes_its_connection;
    /// The next receive returns the datagram.
    /// Source: tokio, cancel safety of `UdpSocket::recv_from`.
    dropping_a_pending_receive_loses_no_datagram;
    /// Aborting a task that was woken does not lose the wake-up.
    /// Source: tokio `UdpSocket`, many tasks.
    a_task_that_gives_up_leaves_the_datagram_to_another;
    /// Aborting a task that was woken does not lose the wake-up.
    /// Source: tokio `TcpListener`; mio `accept_many`.
    an_accepting_task_that_gives_up_leaves_the_connection_to_another;
}

async fn dropping_a_pending_read_loses_no_byte<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let sent = pattern(50_000);
    let copy = sent.clone();
    let writer = tokio::spawn(async move {
        for chunk in copy.chunks(37) {
            dialed.write_all(chunk).await?;
            tokio::task::yield_now().await;
        }
        dialed.shutdown().await
    });
    let mut received = Vec::new();
    let mut given_up = 0;
    loop {
        let mut chunk = [0; 64];
        // Cancels at once, or after one or two more polls.
        let patience = async {
            for _ in 0..given_up % 3 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            count = accepted.read(&mut chunk) => {
                let count = count?;
                if count == 0 {
                    break;
                }
                received.extend_from_slice(&chunk[..count]);
            }
            () = patience => {
                given_up += 1;
                tokio::task::yield_now().await;
            }
        }
    }
    writer.await??;
    ensure!(given_up > 0);
    ensure_eq!(received, sent);
    Ok(())
}

async fn a_read_that_timed_out_many_times_still_gets_the_bytes<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    for round in 0..20 {
        let early = on
            .timeout(Duration::from_millis(1), accepted.read_u8())
            .await;
        ensure!(early.is_err());
        dialed.write_u8(round).await?;
        ensure_eq!(accepted.read_u8().await?, round);
    }
    Ok(())
}

async fn dropping_a_pending_write_has_sent_a_prefix<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let data = pattern(32 << 20);
    let all = on.timeout(QUIET, dialed.write_all(&data)).await;
    ensure!(all.is_err(), "so much does not fit into a connection");
    // Still in order, and usable.
    dialed.shutdown().await?;
    let mut received = Vec::new();
    accepted.read_to_end(&mut received).await?;
    ensure!(!received.is_empty());
    ensure!(received[..] == data[..received.len()]);
    accepted.write_u8(1).await?;
    ensure_eq!(dialed.read_u8().await?, 1);
    Ok(())
}

async fn a_write_that_was_given_up_has_sent_just_what_was_reported<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let mut reported = 0;
    let mut received = 0;
    let mut chunk = vec![0; 1 << 20];
    for _ in 0..3 {
        reported += on.fill(&mut dialed).await?;
        while received < reported {
            received += accepted.read(&mut chunk).await?;
        }
        ensure_eq!(received, reported);
    }
    drop(dialed);
    ensure_eq!(accepted.read(&mut chunk).await?, 0);
    Ok(())
}

async fn a_dropped_accept_loses_no_connection<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    for name in 0..100 {
        let early = on
            .timeout(Duration::from_micros(10), listener.accept())
            .await;
        ensure!(early.is_err());
        let mut dialed = on.net.dial("tcp", &address).await?;
        dialed.write_u8(name).await?;
        let (mut accepted, _) = listener.accept().await?;
        ensure_eq!(accepted.read_u8().await?, name);
    }
    Ok(())
}

async fn an_accept_dropped_while_a_dial_is_under_way_loses_no_connection<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (listener, address) = on.listen().await?;
    for name in 0..50 {
        let client = {
            let (on, address) = (on.clone(), address.clone());
            tokio::spawn(async move {
                let mut dialed = on.net.dial("tcp", &address).await?;
                dialed.write_u8(name).await?;
                anyhow::Ok(dialed)
            })
        };
        let mut accepted = loop {
            tokio::select! {
                biased;
                accepted = listener.accept() => break accepted?.0,
                () = tokio::task::yield_now() => {}
            }
        };
        ensure_eq!(accepted.read_u8().await?, name);
        client.await??;
    }
    Ok(())
}

async fn a_dial_that_was_given_up_closes_its_connection<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    for _ in 0..20 {
        tokio::select! {
            biased;
            dialed = on.net.dial("tcp", &address) => drop(dialed?),
            () = std::future::ready(()) => {}
        }
        let accepted = on.timeout(SOON, listener.accept()).await?;
        // If the close was seen before the accept, there is no connection.
        let Ok((mut accepted, _)) = accepted else {
            continue;
        };
        let end = on.timeout(SOON, accepted.read(&mut [0])).await?;
        ensure!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
    Ok(())
}

async fn dropping_a_pending_receive_loses_no_datagram<F: Fixture>(on: &Subject<F>) -> Checked {
    let (client, server, _) = on.packet_pair().await?;
    let mut buf = [0; 8];
    for name in 0..100 {
        let early = on
            .timeout(Duration::from_micros(10), server.recv_from(&mut buf))
            .await;
        ensure!(early.is_err());
        client.send(&[name]).await?;
        server.recv_from(&mut buf).await?;
        ensure_eq!(buf[0], name);
    }
    Ok(())
}

async fn a_task_that_gives_up_leaves_the_datagram_to_another<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (server, to) = on.packet_socket().await?;
    let server = Arc::new(server);
    let receive = || {
        let server = Arc::clone(&server);
        tokio::spawn(async move { server.recv_from(&mut [0; 8]).await })
    };
    let (first, second) = (receive(), receive());
    on.sleep(QUIET).await;
    first.abort();
    let (client, _) = on.packet_socket().await?;
    client.send_to(b"x", &to).await?;
    let packet = on.timeout(SOON, second).await???;
    ensure_eq!(packet.len, 1);
    Ok(())
}

async fn an_accepting_task_that_gives_up_leaves_the_connection_to_another<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (listener, address) = on.listen().await?;
    let listener = Arc::new(listener);
    let accept = || {
        let listener = Arc::clone(&listener);
        tokio::spawn(async move { listener.accept().await.map(|(stream, _)| stream) })
    };
    let (first, second) = (accept(), accept());
    on.sleep(QUIET).await;
    first.abort();
    let mut dialed = on.net.dial("tcp", &address).await?;
    let mut accepted = on.timeout(SOON, second).await???;
    round_trip(&mut dialed, &mut accepted).await?;
    Ok(())
}
