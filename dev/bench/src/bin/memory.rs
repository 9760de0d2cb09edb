//! What a network inside the process costs: `memory`. Prints a line for each
//! measurement, its parts between tabs.

use std::time::Instant;

use net::memory::{MemoryNet, Network};
use net::prelude::*;
use tokio::io::duplex;

const MESSAGE: [u8; 64] = [7; 64];
const MESSAGES: u32 = 2_000_000;
const HOSTS: usize = 10_000;

fn main() -> net::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime.block_on(async {
        let (one, other) = duplex(128 << 10);
        report("64-byte messages, tokio's duplex", one, other).await?;
        let (one, other) = pair().await?;
        report("64-byte messages, a stream in memory", one, other).await?;
        let network = Network::new();
        let _slow = network.rule().udp().cut();
        let (one, other) = pair_on(&network).await?;
        report("64-byte messages, beside a rule for others", one, other).await?;
        hosts().await
    })
}

async fn pair() -> net::Result<(net::memory::Stream, net::memory::Stream)> {
    pair_on(&Network::new()).await
}

async fn pair_on(network: &Network) -> net::Result<(net::memory::Stream, net::memory::Stream)> {
    let server = MemoryNet::from(network.host("server"));
    let listener = server.listen("tcp", ":80").await?;
    let client = MemoryNet::from(network.host("client"));
    let dialed = client.dial("tcp", "server:80").await?;
    let (accepted, _) = listener.accept().await?;
    Ok((dialed, accepted))
}

/// Sends messages one way; both ends are tasks of one thread.
async fn report(
    what: &str,
    mut from: impl AsyncWrite + Unpin + Send + 'static,
    mut to: impl AsyncRead + Unpin,
) -> net::Result<()> {
    let start = Instant::now();
    let sender = net::spawn(async move {
        for _ in 0..MESSAGES {
            from.write_all(&MESSAGE).await?;
        }
        std::io::Result::Ok(())
    });
    let mut message = [0; MESSAGE.len()];
    for _ in 0..MESSAGES {
        to.read_exact(&mut message).await?;
    }
    sender.await.expect("the sender ends by itself")?;
    let rate = f64::from(MESSAGES) / start.elapsed().as_secs_f64();
    println!("{what}\t{:.2} million a second", rate / 1e6);
    Ok(())
}

/// Each listens, and all have a connection with the first.
async fn hosts() -> net::Result<()> {
    let before = resident();
    let start = Instant::now();
    let network = Network::new();
    let hub = MemoryNet::from(network.host("hub"));
    let mut kept = Vec::new();
    for number in 0..HOSTS {
        let host = MemoryNet::from(network.host(&format!("host-{number}")));
        let listener = host.listen("tcp", ":80").await?;
        let dialed = hub.dial("tcp4", &format!("host-{number}:80")).await?;
        let (accepted, _) = listener.accept().await?;
        kept.push((host, listener, dialed, accepted));
    }
    let (time, memory) = (start.elapsed(), resident().saturating_sub(before));
    println!(
        "{HOSTS} hosts, a listener and a connection each\t{time:.1?}, {} MiB",
        memory >> 10
    );
    Ok(())
}

/// The memory of this process, in KiB, where the system says so.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or_default()
}
