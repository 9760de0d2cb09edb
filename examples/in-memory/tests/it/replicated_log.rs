use std::process::Command;
use std::time::Duration;

use examples_in_memory::replicated_log::{Mistake, Node, propose};
use net::memory::{MemoryNet, Rule};
use net::prelude::*;
use net::{Result, net_test};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};
use tokio::time::{sleep, timeout};

const NODES: [&str; 3] = ["one", "two", "three"];

/// Three nodes, and a client that can reach all sides of a partition.
struct Cluster {
    net: MemoryNet,
    addresses: Vec<String>,
    nodes: Vec<Node<MemoryNet>>,
    acknowledged: Vec<String>,
    proposed: u32,
}

impl Cluster {
    async fn start(net: MemoryNet, mistake: Mistake) -> Result<Self> {
        let addresses: Vec<String> = NODES.map(|node| format!("{node}:70")).into();
        let mut nodes = Vec::new();
        for (own, name) in NODES.into_iter().enumerate() {
            // Only IPv4: half as many packets in the trace.
            let host = net.on(name).with_family(net::Family::V4);
            let listener = host.listen("tcp", ":70").await?;
            let node = Node::new(host, own, &addresses, mistake);
            let seed = net.network().seed() * 3 + own as u64;
            net::spawn(node.clone().run(listener, seed));
            nodes.push(node);
        }
        Ok(Cluster {
            net,
            addresses,
            nodes,
            acknowledged: Vec::new(),
            proposed: 0,
        })
    }

    /// Proposes an entry to each node in turn, until one acknowledges it.
    async fn propose(&mut self) -> bool {
        for address in &self.addresses {
            self.proposed += 1;
            let entry = format!("entry-{}", self.proposed);
            let answer = propose(&self.net, address, &entry);
            if let Ok(Ok(true)) = timeout(Duration::from_millis(500), answer).await {
                self.acknowledged.push(entry);
                return true;
            }
        }
        false
    }

    /// Causes a random fault, which ends when the rule is dropped.
    fn disturb(&self, rng: &mut Xoshiro256PlusPlus) -> Rule {
        let alone = rng.random_range(0..NODES.len());
        let others = [NODES[(alone + 1) % 3], NODES[(alone + 2) % 3]];
        let network = self.net.network();
        match rng.random_range(0..4) {
            0 => network.rule().between(others[0], others[1]).cut(),
            1 => network.rule().from(NODES[alone]).loss(0.3),
            _ => network.partition(&[NODES[alone]], &others),
        }
    }

    /// Checks that the committed entries of each log are a prefix of the longest.
    fn check_agreement(&self) {
        let mut logs: Vec<_> = self.nodes.iter().map(Node::committed).collect();
        logs.sort_by_key(Vec::len);
        for pair in logs.windows(2) {
            assert!(pair[1].starts_with(&pair[0]), "logs disagree: {logs:?}");
        }
    }

    /// Checks that the log has every acknowledged entry, once all faults have ended.
    async fn check_nothing_is_lost(&mut self) {
        for _ in 0..50 {
            sleep(Duration::from_millis(100)).await;
            if self.propose().await {
                break;
            }
        }
        sleep(Duration::from_millis(500)).await;
        self.check_agreement();
        let log = self.nodes[0].committed();
        let last = self.acknowledged.last().expect("the cluster recovers");
        assert_eq!(log.last(), Some(last));
        for entry in &self.acknowledged {
            assert!(log.contains(entry), "{entry} was acknowledged and is lost");
        }
    }
}

async fn run(net: MemoryNet, mistake: Mistake) -> Result<()> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(net.network().seed());
    let mut cluster = Cluster::start(net, mistake).await?;
    let _latency = cluster
        .net
        .rule()
        .latency(Duration::from_millis(1)..Duration::from_millis(5));
    sleep(Duration::from_secs(1)).await;
    for _ in 0..6 {
        let trouble = cluster.disturb(&mut rng);
        for _ in 0..rng.random_range(1..4) {
            cluster.propose().await;
            sleep(Duration::from_millis(rng.random_range(0..400))).await;
        }
        cluster.check_agreement();
        drop(trouble);
    }
    cluster.check_nothing_is_lost().await;
    Ok(())
}

#[net_test(backend = memory, start_paused, seeds = 1000, timeout = "5m")]
async fn what_is_acknowledged_stays_through_partitions(net: MemoryNet) -> Result<()> {
    run(net, Mistake::None).await
}

/// `cargo test -- --ignored` prints the seed, the packets, and the command that replays
/// them; [`the_printed_seed_replays_a_failure`] runs it.
#[net_test(backend = memory, start_paused, seeds = 1000, timeout = "5m")]
#[ignore = "fails, since it has a mistake to find"]
async fn a_node_that_votes_for_anyone_loses_entries(net: MemoryNet) -> Result<()> {
    run(net, Mistake::VoteForAnyone).await
}

/// Returns the output of the failing test.
fn fail(seed: Option<&str>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact"]);
    command.arg("replicated_log::a_node_that_votes_for_anyone_loses_entries");
    command
        .env("RUST_BACKTRACE", "0")
        .env_remove("NET_TEST_SEED");
    if let Some(seed) = seed {
        command.env("NET_TEST_SEED", seed);
    }
    let output = command.output().unwrap();
    assert!(!output.status.success(), "no seed finds the mistake");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the lines with the failure and with packets.
fn story(said: &str) -> Vec<&str> {
    let told = |line: &&str| line.contains("disagree") || line.contains(" tcp ");
    said.lines().filter(told).collect()
}

#[test]
#[cfg_attr(target_family = "wasm", ignore = "starts processes")]
fn the_printed_seed_replays_a_failure() {
    let said = fail(None);
    let (_, rest) = said.split_once("NET_TEST_SEED=").expect(&said);
    let seed = rest.split_whitespace().next().unwrap();
    assert!(!story(&said).is_empty(), "{said}");
    assert_eq!(story(&fail(Some(seed))), story(&said));
}
