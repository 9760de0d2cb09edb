//! Peers that disappear, or do not read: each affects its own connection only.

use std::io::{ErrorKind, IoSlice};
use std::time::Duration;

use anyhow::ensure;
use net_traits::{Listener, OptionName, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::{Capability, Fixture};
use crate::subject::{
    Checked, Fails, QUIET, SOON, Subject, echo, ensure_gone, ensure_kind, pattern, round_trip,
};

cases! {
    $ __reset reset:
    /// Closing with unread data resets the connection; the error is reported once.
    /// Source: RFC 2525 §2.17; turmoil `drop_with_unread_bytes_sends_rst`.
    a_peer_that_drops_unread_data_resets_the_connection;
    /// With `SO_LINGER` of zero, closing resets the connection.
    /// Source: POSIX `SO_LINGER`; mio `connection_reset_by_peer`.
    a_close_without_linger_resets_the_connection;
    /// Half a second is more than zero: what was written arrives, then the end.
    /// Source: POSIX `SO_LINGER`, in whole seconds; `SocketOption::Linger`.
    a_close_with_less_than_a_second_of_linger_sends_everything;
    /// A reset wakes a pending read.
    /// Source: RFC 9293 §3.10.7.4; turmoil `inbound_rst_wakes_parked_read`.
    a_read_that_waits_is_woken_by_a_reset;
    /// A reset wakes a pending write.
    /// Source: RFC 9293 §3.10.7.4.
    a_write_that_waits_is_woken_by_a_reset;
    /// Nor connections of the same listener.
    /// Source: RFC 9293 §3.5.3.
    a_reset_harms_no_other_connection;
    /// Each write returns an error, without a signal or a panic.
    /// Source: POSIX `MSG_NOSIGNAL`; mio `write_error`.
    writing_to_a_peer_that_is_gone_is_an_error_and_no_more;
    /// The server continues with its other connections.
    /// Source: RFC 9293 §3.8.6.
    a_peer_that_never_reads_harms_only_itself;
    /// Nothing hangs or panics after a reset.
    /// Source: tokio tcp_shutdown `after_tcp_reset`.
    a_connection_that_was_reset_can_be_shut_down_and_dropped;
}

async fn a_peer_that_drops_unread_data_resets_the_connection<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    on.needs(Capability::Resets)?;
    let (dialed, mut accepted) = on.pair().await?;
    drop_with_unread_data(dialed, &mut accepted).await?;
    let error = accepted.read(&mut [0; 8]).await.fails("a reset")?;
    ensure_kind(&error, ErrorKind::ConnectionReset)?;
    // Reported once; then the stream is at its end.
    ensure_eq!(accepted.read(&mut [0; 8]).await?, 0);
    Ok(())
}

async fn a_close_without_linger_resets_the_connection<F: Fixture>(on: &Subject<F>) -> Checked {
    let (dialed, mut accepted) = on.pair().await?;
    let set = dialed.set_linger(Some(Duration::ZERO));
    if !on.supports(OptionName::Linger) {
        on.ensure_unsupported(&set.fails("no linger")?, OptionName::Linger)?;
        return Ok(());
    }
    set?;
    drop(dialed);
    let error = accepted.read(&mut [0; 8]).await.fails("a reset")?;
    ensure_kind(&error, ErrorKind::ConnectionReset)?;
    Ok(())
}

async fn a_close_with_less_than_a_second_of_linger_sends_everything<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    on.needs_option(OptionName::Linger)?;
    let (mut dialed, mut accepted) = on.pair().await?;
    dialed.set_linger(Some(Duration::from_millis(500)))?;
    let sent = pattern(100_000);
    let write = async {
        dialed.write_all(&sent).await?;
        drop(dialed);
        Ok(())
    };
    let mut received = Vec::new();
    tokio::try_join!(write, accepted.read_to_end(&mut received))?;
    ensure!(received == sent);
    Ok(())
}

async fn a_read_that_waits_is_woken_by_a_reset<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Resets)?;
    let (dialed, accepted) = on.pair().await?;
    let (mut read, mut write) = accepted.into_split();
    let reader = tokio::spawn(async move { read.read(&mut [0; 8]).await });
    write.write_all(b"unread").await?;
    on.sleep(QUIET).await;
    ensure!(!reader.is_finished());
    drop(dialed);
    let error = reader.await?.fails("a reset")?;
    ensure_kind(&error, ErrorKind::ConnectionReset)?;
    Ok(())
}

async fn a_write_that_waits_is_woken_by_a_reset<F: Fixture>(on: &Subject<F>) -> Checked {
    let (dialed, mut accepted) = on.pair().await?;
    on.fill(&mut accepted).await?;
    let writer = tokio::spawn(async move { accepted.write_all(&[0; 1_000]).await });
    on.sleep(QUIET).await;
    ensure!(!writer.is_finished());
    drop(dialed);
    let error = writer.await?.fails("a reset")?;
    ensure_gone(&error)?;
    Ok(())
}

async fn a_reset_harms_no_other_connection<F: Fixture>(on: &Subject<F>) -> Checked {
    on.needs(Capability::Resets)?;
    let (listener, address) = on.listen().await?;
    let mut others = Vec::new();
    for _ in 0..5 {
        others.push(on.pair_on(&listener, &address).await?);
    }
    for _ in 0..5 {
        let (dialed, mut accepted) = on.pair_on(&listener, &address).await?;
        drop_with_unread_data(dialed, &mut accepted).await?;
        accepted.read(&mut [0]).await.fails("a reset")?;
        for (dialed, accepted) in &mut others {
            round_trip(dialed, accepted).await?;
        }
    }
    Ok(())
}

async fn writing_to_a_peer_that_is_gone_is_an_error_and_no_more<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    async fn write_until_it_fails<F: Fixture>(on: &Subject<F>, vectored: bool) -> Checked {
        let (dialed, mut accepted) = on.pair().await?;
        drop(dialed);
        let error = loop {
            let written = if vectored {
                accepted
                    .write_vectored(&[IoSlice::new(b"to"), IoSlice::new(b"nobody")])
                    .await
            } else {
                accepted.write(b"to nobody").await
            };
            match written {
                Ok(_) => on.sleep(Duration::from_millis(1)).await,
                Err(error) => break error,
            }
        };
        ensure_gone(&error)?;
        accepted.write(b"again").await.fails("still gone")?;
        accepted.shutdown().await?;
        Ok(())
    }
    for vectored in [false, true] {
        on.timeout(SOON, write_until_it_fails(on, vectored))
            .await??;
    }
    Ok(())
}

async fn a_peer_that_never_reads_harms_only_itself<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    let server = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(echo(stream));
        }
        #[allow(unreachable_code)]
        anyhow::Ok(())
    });
    let mut greedy = on.net.dial("tcp", &address).await?;
    on.fill(&mut greedy).await?;
    let _silent = on.net.dial("tcp", &address).await?;
    for _ in 0..5 {
        let mut stream = on.net.dial("tcp", &address).await?;
        for byte in 0..100 {
            stream.write_u8(byte).await?;
            ensure_eq!(stream.read_u8().await?, byte);
        }
    }
    server.abort();
    Ok(())
}

async fn a_connection_that_was_reset_can_be_shut_down_and_dropped<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    on.needs(Capability::Resets)?;
    let (dialed, mut accepted) = on.pair().await?;
    drop_with_unread_data(dialed, &mut accepted).await?;
    on.sleep(QUIET).await;
    // Natively this may report the reset; it must not panic or hang.
    let _ = accepted.shutdown().await;
    let (_read, write) = accepted.into_split();
    drop(write);
    Ok(())
}

/// Closes a connection with unread data, which resets it. The other end has sent
/// nothing before.
async fn drop_with_unread_data<S: Stream>(mut end: S, other: &mut S) -> Checked {
    other.write_all(b"unread").await?;
    end.read_u8().await?;
    drop(end);
    Ok(())
}
