//! What a close does with data that was not sent.

use std::time::{Duration, Instant};

use net_native::{Native, Stream};
use net_traits::{Backend, Listener, OptionName, SocketOption, SocketOptions, Stream as _};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use crate::pair;

const LONG: Duration = Duration::from_secs(60);

/// Writes until the peer, which does not read, has no room for more.
async fn fill(stream: &mut (impl AsyncWrite + Unpin)) -> usize {
    let mut sent = 0;
    let chunk = vec![7; 64 << 10];
    while let Ok(written) = timeout(Duration::from_millis(300), stream.write(&chunk)).await {
        sent += written.unwrap();
    }
    sent
}

fn ensure_quick(close: impl FnOnce()) {
    let start = Instant::now();
    close();
    assert!(start.elapsed() < LONG / 4, "{:?}", start.elapsed());
}

async fn pair_that_lingers(time: Duration) -> (Stream, Stream) {
    let (dialed, accepted) = pair::tcp().await;
    dialed.set_linger(Some(time)).unwrap();
    (dialed, accepted)
}

#[tokio::test]
async fn a_linger_time_is_rounded_up_to_whole_seconds() {
    let (dialed, _accepted) = pair::tcp().await;
    for (set, read) in [
        (None, None),
        (Some(Duration::ZERO), Some(Duration::ZERO)),
        (Some(Duration::from_nanos(1)), Some(Duration::from_secs(1))),
        (
            Some(Duration::from_millis(1500)),
            Some(Duration::from_secs(2)),
        ),
        (Some(Duration::from_secs(3)), Some(Duration::from_secs(3))),
    ] {
        dialed.set_linger(set).unwrap();
        let option = dialed.option(OptionName::Linger).unwrap();
        assert_eq!(option, SocketOption::Linger(read), "{set:?}");
    }
}

#[tokio::test]
async fn the_longest_linger_time_is_no_panic() {
    let (dialed, _accepted) = pair::tcp().await;
    dialed.set_linger(Some(Duration::MAX)).unwrap();
}

#[tokio::test]
async fn half_a_second_of_linger_sends_all_that_was_written() {
    const LEN: usize = 100_000;
    let (mut dialed, mut accepted) = pair_that_lingers(Duration::from_millis(500)).await;
    dialed.write_all(&vec![1; LEN]).await.unwrap();
    drop(dialed);
    let mut received = Vec::new();
    accepted.read_to_end(&mut received).await.unwrap();
    assert_eq!(received.len(), LEN);
}

#[tokio::test]
async fn dropping_a_stream_that_lingers_does_not_block() {
    let (mut dialed, _accepted) = pair_that_lingers(LONG).await;
    fill(&mut dialed).await;
    ensure_quick(|| drop(dialed));
}

#[tokio::test]
async fn dropping_the_halves_of_a_stream_that_lingers_does_not_block() {
    for reader_first in [true, false] {
        let (dialed, _accepted) = pair_that_lingers(LONG).await;
        let (read, mut write) = dialed.into_split();
        fill(&mut write).await;
        ensure_quick(|| {
            if reader_first {
                drop(read);
                drop(write);
            } else {
                drop(write);
                drop(read);
            }
        });
    }
}

#[tokio::test]
async fn dropping_an_accepted_stream_does_not_block_if_its_listener_lingers() {
    let options = SocketOptions::new().with(SocketOption::Linger(Some(LONG)));
    let (_dialed, mut accepted) = pair::tcp_with(&options).await;
    let option = accepted.option(OptionName::Linger).unwrap();
    assert_eq!(option, SocketOption::Linger(Some(LONG)));
    fill(&mut accepted).await;
    ensure_quick(|| drop(accepted));
}

#[tokio::test]
async fn a_slow_peer_receives_all_within_the_linger_time() {
    let (mut dialed, mut accepted) = pair_that_lingers(LONG).await;
    let sent = fill(&mut dialed).await;
    drop(dialed);
    sleep(Duration::from_secs(1)).await;
    let mut received = Vec::new();
    accepted.read_to_end(&mut received).await.unwrap();
    assert_eq!(received.len(), sent);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_peer_does_not_take_within_the_linger_time_is_discarded() {
    let (mut dialed, mut accepted) = pair_that_lingers(Duration::from_millis(500)).await;
    fill(&mut dialed).await;
    drop(dialed);
    sleep(Duration::from_secs(5)).await;
    let error = accepted.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_dialed_stream_has_the_linger_time_that_was_asked_for() {
    let options = SocketOptions::new().with(SocketOption::Linger(Some(LONG)));
    let native = Native::new();
    let any = pair::endpoint("127.0.0.1:0");
    let listener = native.listen(&any, &SocketOptions::new()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let dialed = native.connect(&address, None, &options).await.unwrap();
    let option = dialed.option(OptionName::Linger).unwrap();
    assert_eq!(option, SocketOption::Linger(Some(LONG)));
}
