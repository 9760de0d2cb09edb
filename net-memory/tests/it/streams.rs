//! TCP between hosts.

use std::io::ErrorKind;
use std::time::Duration;

use net_traits::{Listener as _, Result, SocketOption, Stream as _};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use crate::support::{exchange, pair};

#[tokio::test(start_paused = true)]
async fn a_connection_carries_bytes_both_ways() -> Result<()> {
    let (mut client, mut server) = pair().connect().await?;
    exchange(&mut client, &mut server, b"ping").await?;
    exchange(&mut server, &mut client, b"pong").await?;
    assert_eq!(client.local_addr()?, server.peer_addr()?);
    assert_eq!(client.peer_addr()?, server.local_addr()?);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn more_than_fits_waits_for_the_reader() -> Result<()> {
    let (mut client, mut server) = pair().connect().await?;
    let mut sent = 0;
    while let Ok(count) = timeout(Duration::from_millis(1), client.write(&[7; 10_000])).await {
        sent += count?;
    }
    assert_eq!(sent, 128 << 10);
    let mut read = vec![0; sent];
    server.read_exact(&mut read).await?;
    exchange(&mut client, &mut server, &vec![3; 1 << 20]).await
}

#[tokio::test(start_paused = true)]
async fn each_direction_ends_by_itself() -> Result<()> {
    let (mut client, mut server) = pair().connect().await?;
    client.write_all(b"question").await?;
    client.shutdown().await?;
    client.shutdown().await?;
    assert_eq!(
        client.write(b"more").await.unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    let mut question = String::new();
    server.read_to_string(&mut question).await?;
    server.write_all(b"answer").await?;
    drop(server);
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    assert_eq!((question.as_str(), answer.as_str()), ("question", "answer"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn dropping_the_writing_half_ends_the_stream_and_the_reading_half_goes_on() -> Result<()> {
    let (client, mut server) = pair().connect().await?;
    let (mut read, write) = client.into_split();
    drop(write);
    assert_eq!(server.read(&mut [0; 1]).await?, 0);
    server.write_all(b"x").await?;
    assert_eq!(read.read_u8().await?, b'x');
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_drop_with_unread_bytes_resets() -> Result<()> {
    let (mut client, server) = pair().connect().await?;
    client.write_all(b"unread").await?;
    drop(server);
    let error = client.read(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(client.read(&mut [0; 1]).await?, 0);
    assert_eq!(
        client.write(b"x").await.unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_reset_wakes_a_read_that_waits() -> Result<()> {
    let (mut client, server) = pair().connect().await?;
    server.set_linger(Some(Duration::ZERO))?;
    let reading = tokio::spawn(async move { client.read(&mut [0; 1]).await });
    tokio::task::yield_now().await;
    drop(server);
    let error = reading.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn writing_to_who_has_closed_is_a_reset_and_then_a_broken_pipe() -> Result<()> {
    let (mut client, server) = pair().connect().await?;
    drop(server);
    client.write_all(b"x").await?;
    let error = client.write(b"x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let error = client.write(b"x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn where_nobody_listens_a_dial_is_refused_and_where_nobody_is_unreachable() {
    let pair = pair();
    for (address, kind) in [
        ("server:81", ErrorKind::ConnectionRefused),
        ("127.0.0.1:80", ErrorKind::ConnectionRefused),
        ("10.9.9.9:80", ErrorKind::HostUnreachable),
        ("[fd99::1]:80", ErrorKind::HostUnreachable),
    ] {
        let error = pair.client.dial("tcp", address).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_backlog_makes_a_dial_wait_until_there_is_room() -> Result<()> {
    let pair = pair();
    let listener = pair
        .server
        .clone()
        .with_option(SocketOption::Backlog(1))
        .listen("tcp", ":80")
        .await?;
    let _first = pair.client.dial("tcp", "10.0.0.2:80").await?;
    let _second = pair.client.dial("tcp", "10.0.0.2:80").await?;
    let client = pair.client.clone();
    let third = tokio::spawn(async move { client.dial("tcp", "10.0.0.2:80").await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!third.is_finished());
    let start = Instant::now();
    listener.accept().await?;
    third.await.unwrap()?;
    assert_eq!(start.elapsed(), Duration::from_millis(500));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_dial_that_nobody_has_room_for_times_out() -> Result<()> {
    let pair = pair();
    let _listener = pair
        .server
        .clone()
        .with_option(SocketOption::Backlog(0))
        .listen("tcp", ":80")
        .await?;
    let _first = pair.client.dial("tcp", "10.0.0.2:80").await?;
    let start = Instant::now();
    let error = pair.client.dial("tcp", "10.0.0.2:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed(), Duration::from_secs(127));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_closed_listener_resets_who_was_not_accepted_and_refuses_who_comes() -> Result<()> {
    let pair = pair();
    let listener = pair.listen().await?;
    let mut waiting = pair.client.dial("tcp", "server:80").await?;
    drop(listener);
    let error = waiting.read(&mut [0; 1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let error = pair.client.dial("tcp", "server:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    pair.listen().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn loopback_is_each_host_s_own() -> Result<()> {
    let pair = pair();
    let _listener = pair.server.listen("tcp", "127.0.0.1:80").await?;
    pair.server.dial("tcp", "localhost:80").await?;
    let error = pair.client.dial("tcp", "localhost:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let error = pair.client.dial("tcp", "server:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_address_is_bound_once_and_only_by_its_host() -> Result<()> {
    let pair = pair();
    let listener = pair.server.listen("tcp", "0.0.0.0:80").await?;
    for address in ["10.0.0.2:80", "0.0.0.0:80", ":80"] {
        let error = pair.server.listen("tcp4", address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse, "{address}");
    }
    pair.server.listen("tcp6", "[::]:80").await?;
    let error = pair.server.listen("tcp", "10.0.0.1:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrNotAvailable);
    drop(listener);
    pair.server.listen("tcp", "10.0.0.2:80").await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_dial_comes_from_the_address_that_was_chosen_once_at_a_time() -> Result<()> {
    let pair = pair();
    let listener = pair.listen().await?;
    let local: std::net::SocketAddr = "10.0.0.1:4000".parse().unwrap();
    let client = pair.client.clone().with_local_addr(local);
    let dialed = client.dial("tcp", "server:80").await?;
    let (accepted, peer) = listener.accept().await?;
    assert_eq!(peer.to_string(), "10.0.0.1:4000");
    let error = client.dial("tcp", "server:80").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    drop((dialed, accepted));
    client.dial("tcp", "server:80").await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_task_that_always_finds_bytes_lets_others_run() -> Result<()> {
    let (mut client, mut server) = pair().connect().await?;
    let flood = tokio::spawn(async move {
        let mut buf = [0; 64];
        loop {
            client.write_all(&buf).await.unwrap();
            server.read_exact(&mut buf).await.unwrap();
        }
    });
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    flood.abort();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the sizes, the latency and the loss: the bytes arrive in order.
    #[test]
    fn bytes_arrive_in_order_through_any_faults(
        seed: u64,
        sizes in prop::collection::vec(1_usize..5_000, 1..30),
        loss in 0.0..0.2_f64,
        jitter in 0_u64..200,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let pair = crate::support::pair_with_seed(seed);
            let _loss = pair.network.rule().loss(loss);
            let _late = pair.network.rule()
                .latency(Duration::ZERO..Duration::from_millis(jitter));
            let (mut client, mut server) = pair.connect().await?;
            let sent: Vec<u8> = sizes.iter().enumerate()
                .flat_map(|(number, &size)| vec![u8::try_from(number).unwrap(); size]).collect();
            let mut got = Vec::new();
            let write = async {
                let mut rest = &sent[..];
                for size in &sizes {
                    client.write_all(&rest[..*size]).await?;
                    rest = &rest[*size..];
                }
                client.shutdown().await
            };
            tokio::try_join!(write, server.read_to_end(&mut got))?;
            assert!(got == sent);
            std::io::Result::Ok(())
        }).unwrap();
    }
}
