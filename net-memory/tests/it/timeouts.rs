//! Connections whose peer cannot be heard, on the paused clock.

use std::io::ErrorKind;
use std::time::Duration;

use net_memory::{Latency, PacketKind};
use net_traits::{KeepAlive, Listener as _, Result, Stream as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use crate::support::{exchange, pair};

const SECOND: Duration = Duration::from_secs(1);
/// `tcp_syn_retries`: 1 + 2 + 4 + 8 + 16 + 32 + 64 seconds.
const CONNECT: Duration = Duration::from_secs(127);
/// `tcp_retries2`: 0.2 s, doubled up to 120 s, 16 times.
const UNACKNOWLEDGED: Duration = Duration::from_millis(924_600);
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_dial_times_out_if_only_the_answers_are_lost() -> Result<()> {
    let pair = pair();
    let _listener = pair.listen().await?;
    let _cut = pair.network.rule().from("server").cut();
    let start = Instant::now();
    let dial = timeout(HOUR, pair.client.dial("tcp", "10.0.0.2:80"));
    let error = dial.await.expect("the dial ends").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), CONNECT);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_dial_times_out_if_a_rule_holds_its_packets() -> Result<()> {
    for direction in ["client", "server"] {
        let pair = pair();
        let _listener = pair.listen().await?;
        let _stall = pair.network.rule().from(direction).stall();
        let start = Instant::now();
        let dial = timeout(HOUR, pair.client.dial("tcp", "10.0.0.2:80"));
        let error = dial.await.expect("the dial ends").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "from {direction}");
        assert_eq!(start.elapsed(), CONNECT);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_dial_is_sent_again_after_a_second() -> Result<()> {
    let pair = pair();
    let listener = pair.listen().await?;
    let _lose = pair.network.rule().from("server").tcp().lose_nth(1);
    let start = Instant::now();
    let mut dialed = pair.client.dial("tcp", "10.0.0.2:80").await?;
    assert_eq!(start.elapsed(), SECOND);
    let (mut accepted, _) = listener.accept().await?;
    exchange(&mut dialed, &mut accepted, b"hello").await
}

#[tokio::test(start_paused = true)]
async fn handshakes_that_time_out_leave_the_backlog() -> Result<()> {
    let pair = pair();
    let listener = pair
        .server
        .clone()
        .with_option(net_traits::SocketOption::Backlog(0))
        .listen("tcp", ":80")
        .await?;
    for lost in [PacketKind::SynAck, PacketKind::Ack, PacketKind::Reset] {
        let cut = pair
            .network
            .rule()
            .matching(move |packet| packet.kind() == lost || packet.kind() == PacketKind::Reset)
            .cut();
        let _late = pair.network.rule().tcp().latency(SECOND / 10);
        let dial = pair.client.dial("tcp", "10.0.0.2:80");
        let _ = timeout(SECOND / 20, dial).await;
        let dial = pair.client.dial("tcp", "10.0.0.2:80");
        let _ = timeout(SECOND / 4, dial).await;
        tokio::time::sleep(2 * CONNECT).await;
        drop(cut);
        while let Ok(accepted) = timeout(SECOND, listener.accept()).await {
            accepted?;
        }
        let dial = timeout(SECOND, pair.client.dial("tcp", "10.0.0.2:80"));
        dial.await.expect("the backlog has room")?;
        listener.accept().await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn data_that_is_never_acknowledged_times_out_and_arrives_once() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let cut = pair.network.rule().from("server").cut();
    let start = Instant::now();
    exchange(&mut client, &mut server, b"hello").await?;
    let read = timeout(HOUR, client.read_u8());
    let error = read.await.expect("the read ends").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), UNACKNOWLEDGED);
    drop(cut);
    drop(client);
    timeout(SECOND, server.read(&mut [0; 1])).await.unwrap_err();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn data_that_is_acknowledged_late_keeps_its_connection() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let cut = pair.network.rule().from("server").cut();
    exchange(&mut client, &mut server, b"hello").await?;
    client.shutdown().await?;
    assert_eq!(server.read(&mut [0; 1]).await?, 0);
    tokio::time::sleep(600 * SECOND).await;
    drop(cut);
    tokio::time::sleep(HOUR).await;
    exchange(&mut server, &mut client, b"still there").await?;
    assert_eq!(server.read(&mut [0; 1]).await?, 0);
    let trace = pair.network.trace();
    let again = trace
        .events()
        .iter()
        .filter(|event| event.packet.attempt() > 0 && event.packet.kind() == PacketKind::Data);
    // 13 times while nothing comes back, and once more after that.
    assert_eq!(again.count(), 14);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn data_that_a_rule_holds_times_out_and_goes_on_when_the_rule_ends() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let stall = pair.network.rule().from("client").stall();
    let start = Instant::now();
    client.write_all(b"hello").await?;
    let read = timeout(HOUR, client.read_u8());
    let error = read.await.expect("the read ends").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), UNACKNOWLEDGED);
    drop(stall);
    let mut buf = [0; 5];
    server.read_exact(&mut buf).await?;
    assert_eq!(&buf, b"hello");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_keep_alive_probe_ends_only_the_side_that_asks() -> Result<()> {
    let pair = pair();
    let listener = pair.listen().await?;
    let mut dialed = pair.client.dial("tcp", "10.0.0.2:80").await?;
    let (mut accepted, _) = listener.accept().await?;
    let times = KeepAlive::new().idle(60 * SECOND).interval(10 * SECOND);
    dialed.set_keepalive(Some(times.count(3)))?;
    let _cut = pair.network.rule().from("server").cut();
    let start = Instant::now();
    let error = dialed.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), 90 * SECOND);
    timeout(HOUR, accepted.read_u8())
        .await
        .expect_err("nothing ends the side that answers");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_lookup_times_out_if_a_rule_holds_it() -> Result<()> {
    let pair = pair();
    let _stall = pair.network.rule().lookups().stall();
    let start = Instant::now();
    let lookup = timeout(HOUR, pair.client.lookup("server"));
    let error = lookup.await.expect("the lookup ends").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), 15 * SECOND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn times_without_end_are_as_good_as_never() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let forever = KeepAlive::new().idle(Duration::MAX).interval(Duration::MAX);
    client.set_keepalive(Some(forever))?;
    for latency in [
        Latency::from(Duration::MAX),
        Latency::exponential(Duration::MAX),
    ] {
        let _slow = pair.network.rule().from("client").latency(latency.clone());
        let _slower = pair.network.rule().from("client").latency(latency);
        client.write_all(b"hello").await?;
        timeout(HOUR, server.read_u8()).await.unwrap_err();
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_lost_refusal_is_repeated_after_a_second() -> Result<()> {
    let pair = pair();
    let _lose = pair.network.rule().from("server").tcp().lose_nth(1);
    let start = Instant::now();
    let error = pair.client.dial("tcp", "10.0.0.2:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(start.elapsed(), SECOND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_lost_reset_in_answer_to_data_is_repeated() -> Result<()> {
    let pair = pair();
    let (mut client, server) = pair.connect().await?;
    drop(server);
    let _lose = pair.network.rule().from("server").tcp().lose_nth(1);
    client.write_all(b"hello").await?;
    tokio::time::sleep(SECOND).await;
    let error = client.write(b"hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn data_for_a_peer_that_has_closed_times_out_if_its_resets_are_lost() -> Result<()> {
    let pair = pair();
    let (mut client, server) = pair.connect().await?;
    drop(server);
    let _cut = pair.network.rule().from("server").cut();
    client.write_all(b"hello").await?;
    tokio::time::sleep(UNACKNOWLEDGED).await;
    let error = client.write(b"hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_end_that_a_rule_held_and_a_closed_peer_received_is_no_timeout() -> Result<()> {
    let pair = pair();
    let (mut client, server) = pair.connect().await?;
    let stall = pair.network.rule().from("client").stall();
    client.shutdown().await?;
    drop(server);
    drop(stall);
    tokio::time::sleep(HOUR).await;
    assert_eq!(client.read(&mut [0; 1]).await?, 0);
    Ok(())
}
