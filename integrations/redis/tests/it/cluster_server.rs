//! A cluster of Redis itself: three masters, and a replica of the first.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use net::{Net, Result, net_test};
use net_peers::Server;
use net_redis::redis::{Cmd, RedisResult, Script, cmd, pipe};
use net_redis::{Client, ClusterClient, ClusterConnection, Connection, ErrorKind, Value};

use crate::support::{SOON, trust, until};

/// A key of each master.
const KEYS: [&str; 3] = ["bar", "c", "foo"];

async fn to(net: &Net, servers: &Server, name: &str) -> Result<Connection> {
    connect(net, "redis", servers.address(name)).await
}

async fn connect(net: &Net, scheme: &str, address: &str) -> Result<Connection> {
    let client = Client::new(net.clone(), &format!("{scheme}://{address}/"))?;
    Ok(client.with_tls(trust()?).connect().await?)
}

/// A cluster whose nodes all know each other.
async fn cluster(net: &Net) -> Result<Option<Server>> {
    let Some(servers) = net_peers::start("redis-cluster").await else {
        return Ok(None);
    };
    until_all_know_all(net, "redis", &servers).await?;
    Ok(Some(servers))
}

async fn until_all_know_all(net: &Net, scheme: &str, servers: &Server) -> Result<()> {
    let to = async |name| connect(net, scheme, servers.address(name)).await;
    for name in ["node1", "node2", "node3", "replica1"] {
        let node = to(name).await?;
        until(async || {
            let info: String = node.query(cmd("CLUSTER").arg("INFO")).await.ok()?;
            info.contains("cluster_state:ok").then_some(())
        })
        .await;
    }
    let replica = to("replica1").await?;
    until(async || {
        let info: String = replica.query(cmd("INFO").arg("replication")).await.ok()?;
        info.contains("master_link_status:up").then_some(())
    })
    .await;
    // The others must learn that the replica is in sync.
    let (_, port) = servers
        .address("replica1")
        .rsplit_once(':')
        .expect("a port");
    for name in ["node1", "node2", "node3"] {
        let node = to(name).await?;
        until(async || {
            let slots: Value = node.query(cmd("CLUSTER").arg("SLOTS")).await.ok()?;
            format!("{slots:?}").contains(port).then_some(())
        })
        .await;
    }
    Ok(())
}

fn client_of(net: &Net, servers: &Server) -> Result<ClusterClient<Net>> {
    let seeds = [servers.address("node2"), servers.address("node1")];
    Ok(ClusterClient::new(net.clone(), seeds)?.with_response_timeout(SOON))
}

#[net_test]
async fn keys_of_all_slots_are_found(net: Net) -> Result<()> {
    let Some(servers) = cluster(&net).await? else {
        return Ok(());
    };
    let redis = client_of(&net, &servers)?.connect().await?;
    let pairs: Vec<(String, i64)> = (0..60).map(|n| (format!("key{n}"), n)).collect();
    redis.exec(&Cmd::mset(&pairs)).await?;
    let keys: Vec<&str> = pairs.iter().map(|(key, _)| &**key).collect();
    let values: Vec<i64> = redis.query(&Cmd::mget(&keys)).await?;
    assert!(values.iter().copied().eq(0..60));
    for (key, value) in &pairs[..10] {
        let got: i64 = redis.query(&Cmd::get(key)).await?;
        assert_eq!(got, *value);
    }
    let size: i64 = redis.query(&cmd("DBSIZE")).await?;
    assert_eq!(size, 60);
    let mut found = BTreeSet::new();
    for master in redis.masters()? {
        let mut scan = master.scan::<String>(cmd("SCAN").cursor_arg(0));
        while let Some(key) = scan.next().await? {
            found.insert(key);
        }
    }
    assert_eq!(found, keys.iter().map(|&key| key.to_owned()).collect());
    let gone: i64 = redis.query(&Cmd::del(&keys)).await?;
    assert_eq!(gone, 60);
    redis.exec(&cmd("FLUSHALL")).await?;

    let mut pipeline = pipe();
    for key in KEYS.iter().cycle().take(9) {
        pipeline.incr(key, 1);
    }
    let counts: Vec<i64> = redis.query(&pipeline).await?;
    assert_eq!(counts, [1, 1, 1, 2, 2, 2, 3, 3, 3]);
    Ok(())
}

#[net_test]
async fn scripts_transactions_and_errors_are_those_of_redis(net: Net) -> Result<()> {
    let Some(servers) = cluster(&net).await? else {
        return Ok(());
    };
    let redis = client_of(&net, &servers)?.connect().await?;
    let script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    for key in KEYS {
        let sum: i64 = redis.query(script.key(key).arg(5)).await?;
        assert_eq!(sum, 5, "{key}");
        let mut both = pipe();
        both.atomic().incr(key, 1).incr(key, 1);
        let both: (i64, i64) = redis.query(&both).await?;
        assert_eq!(both, (6, 7), "{key}");
    }
    let error = redis.exec(&Cmd::rename("foo", "bar")).await.unwrap_err();
    assert_eq!(error.code(), Some("CROSSSLOT"), "{error}");
    let error = redis.exec(pipe().atomic().get("foo").get("bar")).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Invalid);
    // An error of one command does not affect the others.
    let mut pipeline = pipe();
    pipeline.ignore_errors().lpush("foo", 1).get("bar");
    let (failed, got): (RedisResult<i64>, RedisResult<i64>) = redis.query(&pipeline).await?;
    assert_eq!(failed.unwrap_err().code(), Some("WRONGTYPE"));
    assert_eq!(got, Ok(7));

    let mut jobs = redis.dedicated("jobs").await?;
    redis.exec(&Cmd::rpush("jobs", "one")).await?;
    let job: (String, String) = jobs.query(&Cmd::blpop("jobs", 5.0)).await?;
    assert_eq!(job.1, "one");
    Ok(())
}

/// A slot that is being migrated.
struct Migration {
    slot: u16,
    from: Connection,
    to: Connection,
    ids: [String; 2],
    port: String,
}

impl Migration {
    /// Migrates the slot of `foo` from the third node to the first.
    async fn begin(net: &Net, servers: &Server) -> Result<Self> {
        let from = to(net, servers, "node3").await?;
        let target = to(net, servers, "node1").await?;
        let slot = from.query(cmd("CLUSTER").arg("KEYSLOT").arg("foo")).await?;
        let id = cmd("CLUSTER").arg("MYID").take();
        let ids = [from.query(&id).await?, target.query(&id).await?];
        let (_, port) = servers.address("node1").rsplit_once(':').expect("a port");
        let port = port.to_owned();
        let migration = Migration {
            slot,
            from,
            to: target,
            ids,
            port,
        };
        let set = migration.set("IMPORTING", &migration.ids[0]);
        migration.to.exec(&set).await?;
        let set = migration.set("MIGRATING", &migration.ids[1]);
        migration.from.exec(&set).await?;
        Ok(migration)
    }

    fn set(&self, state: &str, node: &str) -> Cmd {
        let mut command = cmd("CLUSTER");
        command.arg("SETSLOT").arg(self.slot).arg(state).arg(node);
        command
    }

    async fn move_key(&self, key: &str) -> Result<()> {
        let mut command = cmd("MIGRATE");
        command.arg("127.0.0.1").arg(&self.port).arg(key);
        command.arg(0).arg(5000);
        Ok(self.from.exec(&command).await?)
    }

    async fn end(&self) -> Result<()> {
        let end = self.set("NODE", &self.ids[1]);
        self.to.exec(&end).await?;
        Ok(self.from.exec(&end).await?)
    }
}

#[net_test]
async fn a_migrating_slot_is_read_and_written(net: Net) -> Result<()> {
    let Some(servers) = cluster(&net).await? else {
        return Ok(());
    };
    let redis = client_of(&net, &servers)?.connect().await?;
    redis
        .exec(&Cmd::mset(&[("{foo}1", 1), ("{foo}2", 2)]))
        .await?;
    let migration = Migration::begin(&net, &servers).await?;
    migration.move_key("{foo}1").await?;

    // One key has been migrated (ASK), one has not, and new ones are created at the new node.
    for (key, expected) in [("{foo}1", 1), ("{foo}2", 2)] {
        let got: i64 = redis.query(&Cmd::get(key)).await?;
        assert_eq!(got, expected);
    }
    redis.exec(&Cmd::set("{foo}3", 3)).await?;
    let there: i64 = migration.to.query(&cmd("DBSIZE")).await?;
    assert_eq!(there, 2);
    let mut mixed = pipe();
    mixed
        .incr("{foo}1", 10)
        .incr("{foo}2", 10)
        .incr("{foo}1", 10);
    let mixed: Vec<i64> = redis.query(&mixed).await?;
    assert_eq!(mixed, [11, 12, 21]);
    let mut whole = pipe();
    whole.atomic().incr("{foo}1", 1).incr("{foo}1", 1);
    let whole: Vec<i64> = redis.query(&whole).await?;
    assert_eq!(whole, [22, 23]);

    // With keys at both nodes: TRYAGAIN, until they are at one.
    let mget = Cmd::mget(&["{foo}1", "{foo}2"]);
    let ending = async {
        net::time::sleep(std::time::Duration::from_millis(100)).await;
        migration.move_key("{foo}2").await?;
        migration.end().await
    };
    let (both, ended) = tokio::join!(redis.query::<Vec<i64>>(&mget), ending);
    ended?;
    assert_eq!(both?, [23, 12]);
    // And from now on: MOVED.
    let got: i64 = redis.query(&Cmd::get("{foo}3")).await?;
    assert_eq!(got, 3);
    Ok(())
}

#[net_test]
async fn nothing_is_counted_twice_while_slots_move(net: Net) -> Result<()> {
    let Some(servers) = cluster(&net).await? else {
        return Ok(());
    };
    let redis = client_of(&net, &servers)?.connect().await?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut counting = Vec::new();
    for n in 0..4 {
        let (redis, stop) = (redis.clone(), Arc::clone(&stop));
        counting.push(net::spawn(async move {
            count(&redis, &format!("{{foo}}{n}"), &stop).await
        }));
    }
    until(async || redis.query::<i64>(&Cmd::get("{foo}3")).await.ok()).await;
    let migration = Migration::begin(&net, &servers).await?;
    for n in 0..4 {
        migration.move_key(&format!("{{foo}}{n}")).await?;
        net::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    migration.end().await?;
    net::time::sleep(std::time::Duration::from_millis(50)).await;
    stop.store(true, Ordering::Relaxed);
    for (n, task) in counting.into_iter().enumerate() {
        let counted = task.await??;
        let n: i64 = redis.query(&Cmd::get(format!("{{foo}}{n}"))).await?;
        assert_eq!(n, counted);
    }
    Ok(())
}

/// Alternates between commands and pipelines.
async fn count(redis: &ClusterConnection, key: &str, stop: &AtomicBool) -> net_redis::Result<i64> {
    let mut counted = 0;
    while !stop.load(Ordering::Relaxed) {
        counted = redis.query(&Cmd::incr(key, 1)).await?;
        let mut two = pipe();
        two.incr(key, 1).incr(key, 1);
        let two: Vec<i64> = redis.query(&two).await?;
        assert_eq!(two, [counted + 1, counted + 2]);
        counted += 2;
    }
    Ok(counted)
}

#[net_test]
async fn a_master_that_is_gone_is_replaced_by_its_replica(net: Net) -> Result<()> {
    let Some(servers) = cluster(&net).await? else {
        return Ok(());
    };
    let client = client_of(&net, &servers)?.with_response_timeout(3 * SOON);
    let redis = client.connect().await?;
    let mut writer = redis.dedicated("bar").await?;
    writer.exec(&Cmd::set("bar", "kept")).await?;
    let copies: i64 = writer.query(cmd("WAIT").arg(1).arg(20_000)).await?;
    assert_eq!(copies, 1);
    let _ = writer.exec(cmd("SHUTDOWN").arg("NOSAVE")).await;

    // The first may still be in flight when the node ends.
    until(async || redis.exec(&Cmd::set("{bar}2", "new")).await.ok()).await;
    let both: Vec<String> = redis.query(&Cmd::mget(&["bar", "{bar}2"])).await?;
    assert_eq!(both, ["kept", "new"]);
    let replica = to(&net, &servers, "replica1").await?;
    let role: Vec<Value> = replica.query(&cmd("ROLE")).await?;
    assert_eq!(role[0], Value::BulkString(b"master".to_vec()));
    Ok(())
}

#[net_test]
async fn replicas_serve_read_only_commands(net: Net) -> Result<()> {
    let Some(servers) = cluster(&net).await? else {
        return Ok(());
    };
    let redis = client_of(&net, &servers)?.with_replicas().connect().await?;
    redis.exec(&Cmd::set("bar", "value")).await?;
    until(async || redis.query::<String>(&Cmd::get("bar")).await.ok()).await;
    let replica = to(&net, &servers, "replica1").await?;
    let info: String = replica.query(cmd("INFO").arg("commandstats")).await?;
    assert!(info.contains("cmdstat_get:"), "{info}");
    let master = to(&net, &servers, "node1").await?;
    let info: String = master.query(cmd("INFO").arg("commandstats")).await?;
    assert!(!info.contains("cmdstat_get:"), "{info}");
    // The others have no replicas.
    redis.exec(&Cmd::set("foo", "value")).await?;
    let value: String = redis.query(&Cmd::get("foo")).await?;
    assert_eq!(value, "value");
    Ok(())
}

#[net_test]
async fn all_nodes_are_reached_over_tls(net: Net) -> Result<()> {
    let Some(servers) = net_peers::start("redis-cluster-tls").await else {
        return Ok(());
    };
    until_all_know_all(&net, "rediss", &servers).await?;
    let seed = format!("rediss://{}/", servers.address("node1"));
    let client = ClusterClient::new(net.clone(), [&seed])?.with_tls(trust()?);
    let redis = client.with_response_timeout(SOON).connect().await?;
    for key in KEYS {
        redis.exec(&Cmd::set(key, key)).await?;
    }
    let got: Vec<String> = redis.query(&Cmd::mget(&KEYS)).await?;
    assert_eq!(got, KEYS);
    let mut nodes = Vec::new();
    for master in redis.masters()? {
        nodes.push(master.query::<i64>(&cmd("DBSIZE")).await?);
    }
    assert_eq!(nodes, [1, 1, 1]);
    Ok(())
}
