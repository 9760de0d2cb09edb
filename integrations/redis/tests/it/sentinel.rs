//! Finding the current master through sentinels.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use net::{Net, Network, Result, net_test};
use net_peers::Server;
use net_redis::redis::{Cmd, Script, Value, cmd, pipe};
use net_redis::{Client, Connection, ErrorKind};

use crate::support::{Act, SOON, Scripted, bulk, echo, say, trust, until};

/// The replies of a sentinel that knows the master.
fn leads_to(url: &str) -> Act {
    let (host, port) = place(url).split_once(':').expect("host:port");
    say(format!(
        "*2\r\n${}\r\n{host}\r\n${}\r\n{port}\r\n",
        host.len(),
        port.len()
    ))
}

fn place(url: &str) -> &str {
    url.trim_start_matches("redis://").trim_end_matches('/')
}

/// A server that replies with its role and its name.
async fn server<N: Network>(
    net: &N,
    name: &'static str,
    demoted: Arc<AtomicBool>,
) -> Result<Scripted> {
    Scripted::start(net, move |heard| match &*heard.words[0] {
        "ROLE" if demoted.load(Ordering::Relaxed) => say("*1\r\n$5\r\nslave\r\n"),
        "ROLE" => say("*1\r\n$6\r\nmaster\r\n"),
        "SET" if demoted.load(Ordering::Relaxed) => say("-READONLY a replica\r\n"),
        "SET" => say(format!("+{name}\r\n")),
        _ => echo(heard),
    })
    .await
}

#[net_test(backends(native, memory))]
async fn the_sentinel_that_answered_is_asked_first(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let master = server(&net, "master", Arc::default()).await?;
    let lacking = Scripted::start(&net, |heard| match &*heard.words[0] {
        "SENTINEL" => say("*-1\r\n"),
        _ => echo(heard),
    })
    .await?;
    let url = master.url.clone();
    let knowing = Scripted::start(&net, move |heard| match &*heard.words[0] {
        "SENTINEL" => leads_to(&url),
        _ => echo(heard),
    })
    .await?;
    let sentinels = [place(&lacking.url), place(&knowing.url)];
    let client = Client::new_sentinel(net.clone(), sentinels, "mymaster")?;
    client.connect().await?;
    assert_eq!(lacking.connections.load(Ordering::Relaxed), 1);
    let redis = client.connect().await?;
    assert_eq!(lacking.connections.load(Ordering::Relaxed), 1);
    let answer: String = redis.query(&Cmd::get("key")).await?;
    assert_eq!(answer, "key");
    assert_eq!(master.connections.load(Ordering::Relaxed), 2);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn reconnecting_starts_with_the_sentinel_that_answered(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let master = Scripted::start(&net, |heard| match &*heard.words[0] {
        "ROLE" => say("*1\r\n$6\r\nmaster\r\n"),
        "SET" => Act::SayAndClose(b"+OK\r\n".to_vec()),
        _ => echo(heard),
    })
    .await?;
    let lacking = Scripted::start(&net, |heard| match &*heard.words[0] {
        "SENTINEL" => say("*-1\r\n"),
        _ => echo(heard),
    })
    .await?;
    let url = master.url.clone();
    let knowing = Scripted::start(&net, move |heard| match &*heard.words[0] {
        "SENTINEL" => leads_to(&url),
        _ => echo(heard),
    })
    .await?;
    let sentinels = [place(&lacking.url), place(&knowing.url)];
    let client = Client::new_sentinel(net.clone(), sentinels, "mymaster")?;
    let redis = client.connect().await?;
    redis.exec(&Cmd::set("key", 1)).await?;
    while master.connections.load(Ordering::Relaxed) < 2 {
        let _ = redis.query::<String>(&Cmd::get("key")).await;
    }
    assert_eq!(lacking.connections.load(Ordering::Relaxed), 1);
    assert_eq!(knowing.connections.load(Ordering::Relaxed), 2);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_demoted_master_is_left_and_the_command_sent_again(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let demoted = Arc::new(AtomicBool::new(false));
    let old = server(&net, "old", Arc::clone(&demoted)).await?;
    let new = server(&net, "new", Arc::default()).await?;
    let urls = [old.url.clone(), new.url.clone()];
    let asked = Arc::new(AtomicUsize::new(0));
    let sentinel = Scripted::start(&net, move |heard| match &*heard.words[0] {
        // It reports the old master once more than it should.
        "SENTINEL" => leads_to(&urls[asked.fetch_add(1, Ordering::Relaxed) / 2]),
        _ => echo(heard),
    })
    .await?;
    let client = Client::new_sentinel(net.clone(), [&sentinel.url], "mymaster")?;
    let redis = client.connect().await?;
    let answer: String = redis.query(&Cmd::set("key", 1)).await?;
    assert_eq!(answer, "old");
    demoted.store(true, Ordering::Relaxed);
    let answer: String = redis.query(&Cmd::set("key", 1)).await?;
    assert_eq!(answer, "new");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn without_a_master_the_error_contains_each_sentinels_reply(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let sentinel = Scripted::start(&net, |heard| match &*heard.words[0] {
        "SENTINEL" => say("*-1\r\n"),
        "AUTH" => say("-WRONGPASS secret\r\n"),
        _ => echo(heard),
    })
    .await?;
    let other = sentinel.url.replace("redis://", "redis://:secret@");
    let sentinels = [&sentinel.url, &other];
    let client = Client::new_sentinel(net.clone(), sentinels, "mymaster")?;
    let error = client.connect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(error.address(), Some("mymaster"));
    let text = error.to_string();
    assert!(text.contains("knows no master \"mymaster\""), "{text}");
    assert!(text.contains("WRONGPASS"), "{text}");
    assert!(text.contains(place(&sentinel.url)), "{text}");
    assert!(!text.contains("secret"), "{text}");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn the_masters_name_may_be_a_url_that_says_how_to_log_in(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let server = Scripted::start(&net, |heard| match &*heard.words.join(" ") {
        "ROLE" => say("*1\r\n$6\r\nmaster\r\n"),
        "AUTH alice a secret" | "SELECT 2" => say("+OK\r\n"),
        "GET key" => bulk("value"),
        _ => say("-ERR what\r\n"),
    })
    .await?;
    let url = server.url.clone();
    let sentinel = Scripted::start(&net, move |heard| match &*heard.words.join(" ") {
        "SENTINEL GET-MASTER-ADDR-BY-NAME My.master-1" => leads_to(&url),
        "PING" => say("+PONG\r\n"),
        _ => say("-ERR what\r\n"),
    })
    .await?;
    let master = "redis://alice:a%20secret@My.master-1/2";
    let client = Client::new_sentinel(net.clone(), [&sentinel.url], master)?;
    assert!(!format!("{client:?}").contains("secret"), "{client:?}");
    let redis = client.connect().await?;
    let value: String = redis.query(&Cmd::get("key")).await?;
    assert_eq!(value, "value");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn invalid_sentinels_and_names_are_errors(net: impl Network + Clone + 'static) -> Result<()> {
    let cases: [(&[&str], &str); 6] = [
        (&[], "mymaster"),
        (&["redis+unix:///socket"], "mymaster"),
        (&["localhost:x"], "mymaster"),
        (&["localhost"], ""),
        (&["localhost"], "mymaster:6379"),
        (&["localhost"], "redis+unix:///socket"),
    ];
    for (sentinels, master) in cases {
        let refused = Client::new_sentinel(net.clone(), sentinels, master).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{sentinels:?} {master}");
    }
    let one = Client::new(net.clone(), "redis://localhost/")?;
    let refused = one.with_replicas().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    Ok(())
}

/// Redis itself, with a replica and two sentinels.
async fn watched() -> Option<Server> {
    net_peers::start("redis-sentinel").await
}

fn client_of(net: &Net, servers: &Server) -> Result<Client<Net>> {
    let sentinels = ["sentinel1", "sentinel2"].map(|name| servers.address(name));
    let client = Client::new_sentinel(net.clone(), sentinels, "mymaster")?;
    Ok(client.with_response_timeout(SOON))
}

/// Returns the port of the server that a connection leads to.
async fn port_of(redis: &Connection) -> net_redis::Result<String> {
    let info: String = redis.query(cmd("INFO").arg("server")).await?;
    let line = info.lines().find_map(|line| line.strip_prefix("tcp_port:"));
    Ok(line.expect("a port").to_owned())
}

async fn until_the_replica_has_all(net: &Net, servers: &Server) -> Result<()> {
    let url = format!("redis://{}/", servers.address("replica"));
    let replica = Client::new(net.clone(), &url)?.connect().await?;
    until(async || {
        let info: String = replica.query(cmd("INFO").arg("replication")).await.ok()?;
        info.contains("master_link_status:up").then_some(())
    })
    .await;
    Ok(())
}

#[net_test]
async fn a_failover_is_followed_and_nothing_is_counted_twice(net: Net) -> Result<()> {
    let Some(servers) = watched().await else {
        return Ok(());
    };
    until_the_replica_has_all(&net, &servers).await?;
    let redis = client_of(&net, &servers)?.connect().await?;
    let master = servers.address("master");
    assert!(master.ends_with(&port_of(&redis).await?));
    let mut writer = client_of(&net, &servers)?.dedicated().await?;
    writer.exec(&Cmd::set("before", "kept")).await?;
    // The replica has received it before it becomes the master.
    let copies: i64 = writer.query(cmd("WAIT").arg(1).arg(20_000)).await?;
    assert_eq!(copies, 1);

    let sentinel = format!("redis://{}/", servers.address("sentinel1"));
    let sentinel = Client::new(net.clone(), &sentinel)?.connect().await?;
    until(async || {
        // The sentinel must see that the replica is in sync first.
        let failover = cmd("SENTINEL").arg("FAILOVER").arg("mymaster").take();
        sentinel.exec(&failover).await.ok()
    })
    .await;
    let (mut done, mut unknown) = (0, 0);
    let new = servers.address("replica");
    let following = async {
        loop {
            match redis.query::<i64>(&Cmd::incr("n", 1)).await {
                Ok(_) => done += 1,
                Err(error) if error.was_sent() => unknown += 1,
                // For a moment there is no master.
                Err(_) => {}
            }
            match port_of(&redis).await {
                Ok(port) if new.ends_with(&port) => return,
                _ => {}
            }
        }
    };
    net::time::timeout(3 * SOON, following).await?;
    // The sentinel may close connections once more, so retry until there is a reply.
    let n: i64 = until(async || redis.query(&Cmd::get("n")).await.ok()).await;
    assert!(n <= done + unknown, "{n} <= {done} + {unknown}");
    let kept = until(async || redis.query::<String>(&Cmd::get("before")).await.ok()).await;
    assert_eq!(kept, "kept");
    // Scripts and transactions go there as well.
    let script = Script::new("return redis.call('SET', KEYS[1], 'new')");
    until(async || redis.exec(&script.key("after")).await.ok()).await;
    let mut after = pipe();
    after.atomic().get("after");
    let (after,) = until(async || redis.query::<(String,)>(&after).await.ok()).await;
    assert_eq!(after, "new");
    Ok(())
}

#[net_test]
async fn a_master_that_is_gone_is_replaced(net: Net) -> Result<()> {
    let Some(servers) = watched().await else {
        return Ok(());
    };
    until_the_replica_has_all(&net, &servers).await?;
    let client = client_of(&net, &servers)?;
    let redis = client.connect().await?;
    let mut subscriber = client.subscriber().await?;
    subscriber.subscribe("news").await?;
    let old = format!("redis://{}/", servers.address("master"));
    let mut old = Client::new(net.clone(), &old)?.dedicated().await?;
    let _ = old.exec(cmd("SHUTDOWN").arg("NOSAVE")).await;

    let new = servers.address("replica");
    until(async || {
        let port = port_of(&redis).await.ok()?;
        new.ends_with(&port).then_some(())
    })
    .await;
    redis.exec(&Cmd::set("key", "value")).await?;
    // The subscriber reports that messages may be missing, and then receives them again.
    let listening = async {
        loop {
            if let Ok(message) = subscriber.message().await {
                return message;
            }
        }
    };
    let publishing = async {
        loop {
            let _ = redis.exec(&Cmd::publish("news", "hello")).await;
            net::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let heard = async {
        tokio::select! {
            message = listening => message,
            () = publishing => unreachable!(),
        }
    };
    let message = net::time::timeout(3 * SOON, heard).await?;
    let text: String = message.get_payload().expect("text");
    assert_eq!(text, "hello");
    Ok(())
}

#[net_test]
async fn replicas_are_read_if_requested(net: Net) -> Result<()> {
    let Some(servers) = watched().await else {
        return Ok(());
    };
    until_the_replica_has_all(&net, &servers).await?;
    let client = client_of(&net, &servers)?;
    let master = client.connect().await?;
    master.exec(&Cmd::set("key", "value")).await?;
    let client = client.with_replicas()?;
    let expected = servers.address("replica");
    // A sentinel discovers replicas periodically; until then the master is used.
    let replica = until(async || {
        let redis = client.connect().await.ok()?;
        let port = port_of(&redis).await.ok()?;
        expected.ends_with(&port).then_some(redis)
    })
    .await;
    until(async || {
        let value: Option<String> = replica.query(&Cmd::get("key")).await.ok()?;
        value
    })
    .await;
    let refused = replica.query::<Value>(&Cmd::set("key", 1)).await;
    assert_eq!(refused.unwrap_err().code(), Some("READONLY"));
    Ok(())
}

#[net_test]
async fn sentinel_and_master_are_reached_over_tls(net: Net) -> Result<()> {
    let Some(servers) = net_peers::start("redis-sentinel-tls").await else {
        return Ok(());
    };
    let url = format!("rediss://{}/", servers.address("sentinel1"));
    let client = Client::new_sentinel(net.clone(), [&url], "rediss://mymaster/")?;
    let client = client.with_tls(trust()?).with_response_timeout(SOON);
    let redis = until(async || client.connect().await.ok()).await;
    assert!(servers.address("master").ends_with(&port_of(&redis).await?));
    redis.exec(&Cmd::set("key", "value")).await?;
    let value: String = redis.query(&Cmd::get("key")).await?;
    assert_eq!(value, "value");
    Ok(())
}
