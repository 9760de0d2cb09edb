//! `#[net_test]`: what runs, on what, and what a failure says.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use net::memory::MemoryNet;
use net::prelude::*;
use net::{Dialer, Net, Network, Result, net_test};
use tokio::time::Instant;

use crate::support;

#[net_test]
async fn a_test_needs_no_argument() {
    tokio::task::yield_now().await;
}

#[net_test]
async fn a_test_takes_the_network_of_the_target(net: Net) -> Result<()> {
    assert_eq!(net.host(), support::host());
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    net.dial("tcp", &listener.local_addr()?.to_string()).await?;
    Ok(())
}

/// A library's function, which knows no backend.
async fn ask(dialer: &impl Dialer, address: &str) -> Result<String> {
    let mut stream = dialer.dial("tcp", address).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[net_test(backends(native, memory))]
async fn one_body_is_a_test_for_each_backend(net: impl Network) -> Result<()> {
    let listener = net.listen("tcp", "127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let answer = async {
        let (mut stream, _) = listener.accept().await?;
        stream.write_all(b"hello").await?;
        Result::Ok(())
    };
    let (question, ()) = tokio::try_join!(ask(&net, &address), answer)?;
    assert_eq!(question, "hello");
    Ok(())
}

#[net_test(backends(native, memory))]
#[should_panic(expected = "on purpose")]
async fn a_test_for_each_backend_may_panic(_: impl Dialer) {
    panic!("on purpose");
}

#[net_test(backend = memory, start_paused)]
async fn a_paused_clock_jumps(net: MemoryNet) -> Result<()> {
    let server = net.on("server");
    let _listener = server.listen("tcp", ":80").await?;
    let _slow = net.rule().from("server").latency(Duration::from_secs(60));
    let start = Instant::now();
    let patient = net.clone().with_timeout(Duration::from_secs(90));
    patient.dial("tcp4", "server:80").await?;
    let impatient = net.clone().with_timeout(Duration::from_secs(30));
    let error = impatient.dial("tcp4", "server:80").await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(start.elapsed(), Duration::from_secs(90));
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn the_time_of_this_crate_is_that_of_a_paused_clock() {
    let (start, real) = (Instant::now(), std::time::Instant::now());
    let minute = Duration::from_secs(60);
    let slept = net::spawn(net::time::sleep(minute));
    let late = net::time::timeout(minute / 2, std::future::pending::<()>());
    late.await.unwrap_err();
    slept.await.unwrap();
    assert_eq!(start.elapsed(), minute);
    assert!(real.elapsed() < minute / 2);
}

#[net_test(backend = memory, seed = 7)]
async fn a_test_has_the_seed_that_it_says(net: MemoryNet) {
    assert_eq!(net.network().seed(), 7);
}

#[net_test(backend = memory, seeds = 10, start_paused)]
async fn a_test_runs_with_each_of_its_seeds(net: MemoryNet) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    assert_eq!(
        net.network().seed(),
        NEXT.fetch_add(1, Ordering::Relaxed) % 10
    );
}

#[net_test(timeout = "50ms")]
#[should_panic(expected = "a_test_that_hangs` is not done after 50ms")]
async fn a_test_that_hangs(net: Net) {
    let listener = net.listen("tcp", "127.0.0.1:0").await.unwrap();
    let _ = listener.accept().await;
}

#[net_test(backend = memory, timeout = "50ms", start_paused)]
#[should_panic(expected = "a_test_that_is_never_idle` is not done after 50ms")]
async fn a_test_that_is_never_idle() {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[net_test(backend = memory, start_paused)]
#[should_panic(expected = "waits for what nothing can bring any more")]
async fn a_test_that_nothing_can_wake(net: MemoryNet) {
    let listener = net.listen("tcp", ":80").await.unwrap();
    let _ = listener.accept().await;
}

async fn waits_for_a_line(net: &MemoryNet) {
    let listener = net.listen("tcp", ":80").await.unwrap();
    let _dialed = net.dial("tcp", "test:80").await.unwrap();
    let (mut accepted, _) = listener.accept().await.unwrap();
    let _ = accepted.read_u8().await;
}

#[net_test(backend = memory, start_paused)]
#[ignore = "fails on purpose; another test runs it"]
async fn fails_by_a_hang(net: MemoryNet) {
    let both = async { tokio::join!(waits_for_a_line(&net), std::future::ready(1)) };
    both.await;
}

#[net_test(backend = memory, start_paused, seeds = 100)]
#[ignore = "fails on purpose; another test runs it"]
async fn fails_by_chance(net: MemoryNet) -> Result<()> {
    let server = net.on("server");
    let _listener = server.listen("tcp", ":80").await?;
    let _loss = net.rule().from("server").loss(0.1);
    let hasty = net.clone().with_timeout(Duration::from_millis(500));
    hasty.dial("tcp", "server:80").await?;
    Ok(())
}

/// Runs a test of this program that fails, and takes what it says.
fn run(test: &str, seed: Option<&str>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", test]);
    command
        .env_remove("NET_TEST_SEED")
        .env("RUST_BACKTRACE", "0");
    if let Some(seed) = seed {
        command.env("NET_TEST_SEED", seed);
    }
    let Output { status, stdout, .. } = command.output().unwrap();
    assert!(!status.success());
    String::from_utf8(stdout).unwrap()
}

#[test]
fn a_hang_says_where() {
    if support::is_guest() {
        return;
    }
    let said = run("net_test::fails_by_a_hang", None);
    assert!(said.contains("it waits at"), "{said}");
    // In `waits_for_a_line`, which is in `fails_by_a_hang`.
    let places = said.lines().filter(|line| line.contains("net_test.rs:"));
    assert!(places.count() >= 2, "{said}");
    assert!(!said.contains("tokio"), "{said}");
}

#[test]
fn a_failure_prints_its_seed_and_packets_and_the_seed_replays_it() {
    if support::is_guest() {
        return;
    }
    let test = "net_test::fails_by_chance";
    let said = run(test, None);
    let (_, rest) = said.split_once("NET_TEST_SEED=").expect(&said);
    let seed = rest.split_whitespace().next().unwrap();
    assert!(rest.contains("tcp syn-ack, lost"), "{said}");
    let report = |said: &str| -> Vec<String> {
        let packets = said.lines().filter(|line| line.contains(" tcp "));
        packets.map(str::to_owned).collect()
    };
    assert_eq!(report(&said), report(&run(test, Some(seed))));
}
