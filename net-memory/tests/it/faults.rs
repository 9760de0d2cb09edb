//! Rules.

use std::io::ErrorKind;
use std::time::Duration;

use net_memory::{Fate, Latency, PacketKind};
use net_traits::{Listener as _, PacketConn as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use crate::support::{exchange, pair};

const MS: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn latency_is_paid_per_direction_until_the_rule_ends() -> Result<()> {
    let pair = pair();
    let slow = pair.network.rule().latency(30 * MS);
    let start = Instant::now();
    let (mut client, mut server) = pair.connect().await?;
    assert_eq!(start.elapsed(), 90 * MS, "three packets of a handshake");
    let start = Instant::now();
    exchange(&mut client, &mut server, b"x").await?;
    assert_eq!(start.elapsed(), 30 * MS);
    assert_eq!(slow.hits(), 4);
    drop(slow);
    let start = Instant::now();
    exchange(&mut client, &mut server, b"x").await?;
    assert_eq!(start.elapsed(), Duration::ZERO);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn latency_has_a_distribution() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let mut mean = async |latency: Latency| -> Result<Duration> {
        let _slow = pair.network.rule().latency(latency);
        let start = Instant::now();
        for _ in 0..1_000 {
            exchange(&mut client, &mut server, b"x").await?;
        }
        Ok(start.elapsed() / 1_000)
    };
    let uniform = mean(Latency::from(10 * MS..30 * MS)).await?;
    assert!((18 * MS..22 * MS).contains(&uniform), "{uniform:?}");
    let exponential = mean(Latency::exponential(20 * MS)).await?;
    assert!((17 * MS..23 * MS).contains(&exponential), "{exponential:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_bandwidth_is_kept_to() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let _narrow = pair.network.rule().from("client").bandwidth(100_000);
    let start = Instant::now();
    exchange(&mut client, &mut server, &vec![0; 200_000]).await?;
    // tokio's timers round up to milliseconds.
    assert!((2_000 * MS..2_005 * MS).contains(&start.elapsed()));
    let start = Instant::now();
    exchange(&mut server, &mut client, &vec![0; 200_000]).await?;
    assert_eq!(start.elapsed(), Duration::ZERO);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_partition_loses_is_sent_again_after_it_heals() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let cut = pair.network.partition(&["client"], &["server"]);
    client.write_all(b"hello").await?;
    let mut buf = [0; 5];
    let read = server.read_exact(&mut buf);
    timeout(Duration::from_secs(60), read).await.unwrap_err();
    drop(cut);
    server.read_exact(&mut buf).await?;
    assert_eq!(&buf, b"hello");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_lasts_ends_dials_and_connections_by_time() -> Result<()> {
    let pair = pair();
    let (mut client, _server) = pair.connect().await?;
    let _listener = pair.listen().await?;
    let _cut = pair.network.partition(&["client"], &["server"]);
    let start = Instant::now();
    let error = pair.client.dial("tcp", "10.0.0.2:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), Duration::from_secs(127));
    client.write_all(b"hello").await?;
    let error = client.read(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(start.elapsed() > Duration::from_secs(15 * 60));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stall_holds_and_then_lets_go_in_order() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let stall = pair.network.rule().from("client").stall();
    client.write_all(b"first ").await?;
    client.write_all(b"second").await?;
    let mut buf = [0; 12];
    timeout(Duration::from_secs(3600), server.read(&mut buf))
        .await
        .unwrap_err();
    drop(stall);
    server.read_exact(&mut buf).await?;
    assert_eq!(&buf, b"first second");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_rule_is_one_to_the_dialer() -> Result<()> {
    let pair = pair();
    let _listener = pair.listen().await?;
    let refuse = pair.network.rule().to("server").to_port(80).refuse();
    let error = pair.client.dial("tcp", "10.0.0.2:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    drop(refuse);
    pair.client.dial("tcp", "10.0.0.2:80").await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_reset_after_so_many_bytes() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let _reset = pair.network.rule().from("client").reset_after(10);
    client.write_all(b"seven b").await?;
    client.write_all(b"seven b").await?;
    let mut got = Vec::new();
    let error = server.read_to_end(&mut got).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(got, b"seven bsev");
    let error = client.write(b"x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_nth_packet_is_lost_and_sent_again() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let _lose = pair.network.rule().tcp().lose_nth(2);
    let start = Instant::now();
    for _ in 0..3 {
        exchange(&mut client, &mut server, b"x").await?;
    }
    assert_eq!(start.elapsed(), 200 * MS);
    let lost = pair.network.trace();
    let lost: Vec<_> = lost
        .events()
        .iter()
        .filter(|e| e.fate == Fate::Lost)
        .collect();
    assert_eq!(lost.len(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_predicate_selects_packets() -> Result<()> {
    let pair = pair();
    let (mut client, mut server) = pair.connect().await?;
    let rule = pair.network.rule();
    let big = rule
        .matching(|packet| packet.kind() == PacketKind::Data && packet.len() > 100)
        .latency(50 * MS);
    let start = Instant::now();
    exchange(&mut client, &mut server, &[0; 100]).await?;
    assert_eq!(start.elapsed(), Duration::ZERO);
    exchange(&mut client, &mut server, &[0; 101]).await?;
    assert_eq!(start.elapsed(), 50 * MS);
    assert_eq!(big.hits(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "predicate uses the network")]
async fn a_predicate_that_uses_the_network_panics_and_does_not_hang() {
    let pair = pair();
    let network = pair.network.clone();
    let rule = pair.network.rule();
    rule.matching(move |_| network.seed() == 0).cut().keep();
    let _ = pair.connect().await;
}

#[test]
#[should_panic(expected = "no host \"sever\"; it has [\"client\", \"server\"]")]
fn a_rule_for_a_host_that_is_not_there_panics() {
    pair().network.rule().to("sever").cut().keep();
}

#[tokio::test(start_paused = true)]
async fn reordered_datagrams_are_passed_by_later_ones() -> Result<()> {
    let pair = pair();
    let receiver = pair.server.listen_packet("udp", ":53").await?;
    let sender = pair.client.dial_packet("udp", "server:53").await?;
    let _mixed = pair.network.rule().udp().reorder(0.5, 10 * MS);
    let mut order = Vec::new();
    for number in 0..100 {
        sender.send(&[number]).await?;
        tokio::time::sleep(MS).await;
    }
    let mut buf = [0; 1];
    while let Ok(packet) = timeout(50 * MS, receiver.recv_from(&mut buf)).await {
        packet?;
        order.push(buf[0]);
    }
    assert!(!order.is_sorted());
    order.sort_unstable();
    assert!(order.into_iter().eq(0..100));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_dial_leaves_nothing_behind() -> Result<()> {
    let pair = pair();
    let listener = pair.listen().await?;
    let slow = pair.network.rule().latency(10 * MS);
    for after in [5, 15, 19] {
        let dial = pair.client.dial("tcp", "10.0.0.2:80");
        timeout(after * MS, dial).await.unwrap_err();
    }
    tokio::time::sleep(100 * MS).await;
    drop(slow);
    // What the server may see is a connection that was given up.
    while let Ok(accepted) = timeout(MS, listener.accept()).await {
        let (mut stream, _) = accepted?;
        assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
    }
    let (dialed, (accepted, _)) =
        tokio::try_join!(pair.client.dial("tcp", "10.0.0.2:80"), listener.accept())?;
    drop((dialed, accepted));
    Ok(())
}
