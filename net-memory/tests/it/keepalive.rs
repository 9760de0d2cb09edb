//! Keep-alive, on the paused clock.

use std::io::ErrorKind;
use std::time::Duration;

use net_traits::{KeepAlive, Listener as _, Result, Stream as _};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout};

use crate::support::{exchange, pair};

const HOUR: Duration = Duration::from_secs(3600);

fn times() -> KeepAlive {
    let seconds = Duration::from_secs;
    KeepAlive::new()
        .idle(seconds(60))
        .interval(seconds(10))
        .count(3)
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_gone_without_a_word_is_found_out() -> Result<()> {
    let pair = pair();
    let listener = pair.server.listen("tcp", ":80").await?;
    let mut dialed = pair.client.dial("tcp", "10.0.0.2:80").await?;
    let (_accepted, _) = listener.accept().await?;
    dialed.set_keepalive(Some(times()))?;
    let start = Instant::now();
    let _cut = pair.network.rule().cut();
    let error = dialed.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let waited = start.elapsed().as_secs();
    // After a minute of silence three probes, and the last has its time too.
    assert_eq!(waited, 60 + 3 * 10);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_that_is_there_is_left_in_peace() -> Result<()> {
    let pair = pair();
    let net = pair.client.clone().with_keepalive(times());
    let listener = pair.server.listen("tcp", ":80").await?;
    let mut dialed = net.dial("tcp", "10.0.0.2:80").await?;
    let (mut accepted, _) = listener.accept().await?;
    assert!(timeout(HOUR, dialed.read_u8()).await.is_err());
    let cut = pair.network.rule().cut();
    tokio::time::sleep(Duration::from_secs(25)).await;
    drop(cut);
    exchange(&mut dialed, &mut accepted, b"still there").await
}

#[tokio::test(start_paused = true)]
async fn without_it_silence_is_no_sign() -> Result<()> {
    let pair = pair();
    let listener = pair.server.listen("tcp", ":80").await?;
    let mut dialed = pair.client.dial("tcp", "10.0.0.2:80").await?;
    let (_accepted, _) = listener.accept().await?;
    dialed.set_keepalive(Some(times()))?;
    dialed.set_keepalive(None)?;
    let _cut = pair.network.rule().cut();
    assert!(timeout(HOUR, dialed.read_u8()).await.is_err());
    Ok(())
}
