//! The same seed, the same run.

use std::time::Duration;

use net_traits::{PacketConn as _, Result};
use tokio::time::timeout;

use crate::support::{exchange, pair_with_seed};

/// The trace of a run with all that is left to chance.
fn trace(seed: u64) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async { run(seed).await.unwrap() })
}

async fn run(seed: u64) -> Result<String> {
    let pair = pair_with_seed(seed);
    pair.network.set_trace_limit(usize::MAX);
    let rule = || pair.network.rule();
    let _late = rule().latency(Duration::from_millis(1)..Duration::from_millis(50));
    let _loss = rule().loss(0.2);
    let _mixed = rule().udp().reorder(0.3, Duration::from_millis(30));
    let (mut client, mut server) = pair.connect().await?;
    let receiver = pair.server.listen_packet("udp", ":53").await?;
    let sender = pair.client.dial_packet("udp", "server:53").await?;
    for number in 0..10 {
        exchange(&mut client, &mut server, b"question").await?;
        sender.send(&[number]).await?;
        let _ = timeout(Duration::from_millis(20), receiver.recv_from(&mut [0])).await;
        exchange(&mut server, &mut client, b"answer").await?;
    }
    Ok(pair.network.trace().to_string())
}

#[test]
fn the_same_seed_gives_the_same_trace_a_thousand_times() {
    let first = trace(7);
    assert!(first.contains("lost") && first.contains("takes"), "{first}");
    for _ in 0..1_000 {
        assert!(trace(7) == first);
    }
    assert_ne!(trace(8), first);
}

#[tokio::test(start_paused = true)]
async fn a_trace_reads_as_a_list_of_packets() -> Result<()> {
    let pair = pair_with_seed(3);
    let _late = pair
        .network
        .rule()
        .from("client")
        .latency(Duration::from_millis(30));
    let (mut client, mut server) = pair.connect().await?;
    exchange(&mut client, &mut server, b"hello").await?;
    assert_eq!(
        pair.network.trace().to_string(),
        "seed 3, 5 packets\n\
         \x20  0.000000 client > names server lookup query\n\
         \x20  0.000000 client 10.0.0.1:49152 > server 10.0.0.2:80 tcp syn, takes 30ms\n\
         \x20  0.030000 server 10.0.0.2:80 > client 10.0.0.1:49152 tcp syn-ack\n\
         \x20  0.030000 client 10.0.0.1:49152 > server 10.0.0.2:80 tcp ack, takes 30ms\n\
         \x20  0.060000 client 10.0.0.1:49152 > server 10.0.0.2:80 tcp data 5 B, takes 30ms\n"
    );
    pair.network.set_trace_limit(1);
    assert_eq!(
        (
            pair.network.trace().events().len(),
            pair.network.trace().forgotten()
        ),
        (1, 4)
    );
    Ok(())
}
