use std::time::Duration;

use examples_in_memory::retry::Retry;
use net::memory::MemoryNet;
use net::prelude::*;
use net::{Result, net_test};
use tokio::time::Instant;

const RETRY: Retry = Retry {
    attempts: 4,
    patience: Duration::from_secs(5),
    first_wait: Duration::from_secs(1),
};

/// Starts a server that echoes every request.
async fn serve(net: &MemoryNet) -> Result<()> {
    let listener = net.on("server").listen("tcp", ":80").await?;
    net::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            if stream.read_to_end(&mut request).await.is_ok() {
                let _ = stream.write_all(&request).await;
            }
        }
    });
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn a_good_answer_is_asked_for_once(net: MemoryNet) -> Result<()> {
    serve(&net).await?;
    let dials = net
        .rule()
        .to_port(80)
        .matching(is_syn)
        .latency(Duration::ZERO);
    assert_eq!(RETRY.ask(&net, "10.0.0.2:80", b"hello").await?, b"hello");
    assert_eq!(dials.hits(), 1);
    Ok(())
}

fn is_syn(packet: &net::memory::Packet) -> bool {
    packet.kind() == net::memory::PacketKind::Syn
}

#[net_test(backend = memory, start_paused)]
async fn a_server_that_comes_up_late_is_reached(net: MemoryNet) -> Result<()> {
    serve(&net).await?;
    let refused = net.rule().to("server").refuse();
    let start = Instant::now();
    let ask = RETRY.ask(&net, "10.0.0.2:80", b"hello");
    let recover = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        drop(refused);
    };
    let (answer, ()) = tokio::join!(ask, recover);
    assert_eq!(answer?, b"hello");
    assert_eq!(
        start.elapsed(),
        Duration::from_secs(3),
        "waits of 1 s and 2 s"
    );
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn an_answer_that_breaks_off_is_asked_for_again(net: MemoryNet) -> Result<()> {
    serve(&net).await?;
    let broken = net.rule().from("server").reset_after(3);
    let ask = RETRY.ask(&net, "10.0.0.2:80", b"hello");
    let repair = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(broken.hits(), 1);
        drop(broken);
    };
    let (answer, ()) = tokio::join!(ask, repair);
    assert_eq!(answer?, b"hello", "and not what came before it broke");
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn a_server_that_never_answers_is_given_up(net: MemoryNet) -> Result<()> {
    serve(&net).await?;
    let _stall = net.rule().from("server").stall();
    let start = Instant::now();
    let error = RETRY.ask(&net, "10.0.0.2:80", b"hello").await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    let (attempts, waits) = (4 * 5, 1 + 2 + 4);
    assert_eq!(start.elapsed(), Duration::from_secs(attempts + waits));
    Ok(())
}
