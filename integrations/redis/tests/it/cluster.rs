//! A scripted cluster: redirections, and nodes that fail.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use net::{Network, Result, net_test};
use net_redis::redis::{Cmd, cmd, pipe};
use net_redis::{ClusterClient, ErrorKind};

use crate::support::{Act, Heard, Scripted, bulk, echo, say};

/// The slot of `foo`, which the second node serves; `bar` is in 5061.
const FOO: u16 = 12182;

fn port(node: &Scripted) -> &str {
    let address = node.url.trim_end_matches('/');
    address.rsplit_once(':').expect("host:port").1
}

/// The map of slots of two nodes: the first serves the slots up to `last`, the second the rest.
fn slots(last: u16, first: &str, second: &str) -> Act {
    let next = last + 1;
    say(format!(
        "*2\r\n*3\r\n:0\r\n:{last}\r\n*2\r\n$0\r\n\r\n:{first}\r\n\
         *3\r\n:{next}\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:{second}\r\n"
    ))
}

/// Starts two nodes. Each does what a function returns; by default, they reply like Redis, and
/// with a map of slots.
async fn two<N: Network>(
    net: &N,
    act: impl Fn(usize, &Heard, &[String]) -> Option<Act> + Send + Sync + 'static,
) -> Result<[Scripted; 2]> {
    let act = Arc::new(act);
    let ports = Arc::new(Mutex::new(Vec::new()));
    let start = async |node: usize| {
        let (act, ports) = (Arc::clone(&act), Arc::clone(&ports));
        Scripted::start(net, move |heard| {
            let ports = ports.lock().unwrap().clone();
            match act(node, heard, &ports) {
                Some(act) => act,
                None if heard.words[0] == "CLUSTER" => slots(8000, &ports[0], &ports[1]),
                None if heard.words[0] == "ASKING" => say("+OK\r\n"),
                None => echo(heard),
            }
        })
        .await
    };
    let nodes = [start(0).await?, start(1).await?];
    *ports.lock().unwrap() = nodes.iter().map(|node| port(node).to_owned()).collect();
    Ok(nodes)
}

fn client<N: Network + Clone + 'static>(
    net: &N,
    nodes: &[Scripted; 2],
) -> Result<ClusterClient<N>> {
    let client = ClusterClient::new(net.clone(), [&nodes[0].url])?;
    Ok(client.with_backoff(Duration::from_millis(5), Duration::from_millis(20)))
}

#[net_test(backends(native, memory))]
async fn each_key_is_requested_from_its_node(net: impl Network + Clone + 'static) -> Result<()> {
    let nodes = two(&net, |node, heard, _| match &*heard.words[0] {
        "GET" => Some(bulk(&format!("{node} {}", heard.words[1]))),
        "MGET" => {
            let keys = &heard.words[1..];
            let values = keys
                .iter()
                .map(|key| format!("${}\r\n{node} {key}\r\n", key.len() + 2));
            let values: String = values.collect();
            Some(say(format!("*{}\r\n{values}", keys.len())))
        }
        "DBSIZE" => Some(say(":7\r\n")),
        _ => None,
    })
    .await?;
    let redis = client(&net, &nodes)?.connect().await?;
    for (key, expected) in [("foo", "1 foo"), ("bar", "0 bar"), ("x{bar}", "0 x{bar}")] {
        let answer: String = redis.query(&Cmd::get(key)).await?;
        assert_eq!(answer, expected);
    }
    let expected = ["1 foo", "0 bar", "1 {foo}2", "0 bar"];
    let keys = ["foo", "bar", "{foo}2", "bar"];
    let answer: Vec<String> = redis.query(&Cmd::mget(&keys)).await?;
    assert_eq!(answer, expected);
    let mut pipeline = pipe();
    for key in keys {
        pipeline.get(key);
    }
    let answer: Vec<String> = redis.query(&pipeline).await?;
    assert_eq!(answer, expected);
    let size: i64 = redis.query(&cmd("DBSIZE")).await?;
    assert_eq!(size, 14);
    let connections = nodes.iter().map(|node| &node.connections);
    assert!(
        connections
            .into_iter()
            .all(|count| count.load(Ordering::Relaxed) == 1)
    );
    Ok(())
}

#[net_test(backends(native, memory))]
async fn all_nodes_are_logged_in_to_as_the_first_url_says(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let said = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&said);
    let nodes = two(&net, move |node, heard, _| {
        let name = &*heard.words[0];
        matches!(name, "AUTH" | "READONLY").then(|| {
            let words = heard.words.join(" ");
            log.lock().unwrap().push(format!("{node}: {words}"));
            say("+OK\r\n")
        })
    })
    .await?;
    let first = nodes[0].url.replace("redis://", "redis://alice:secret@");
    let client = ClusterClient::new(net.clone(), [&first, &nodes[1].url])?;
    let redis = client.with_replicas().connect().await?;
    let _: Vec<String> = redis.query(pipe().get("foo").get("bar")).await?;
    let mut said = said.lock().unwrap().clone();
    said.sort();
    said.dedup();
    let expected = [
        "0: AUTH alice secret",
        "0: READONLY",
        "1: AUTH alice secret",
        "1: READONLY",
    ];
    assert_eq!(said, expected);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn moved_is_followed_and_remembered(net: impl Network + Clone + 'static) -> Result<()> {
    let wrong = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&wrong);
    let nodes = two(&net, move |node, heard, ports| {
        match (node, &*heard.words[0]) {
            (1, "GET") => {
                count.fetch_add(1, Ordering::Relaxed);
                // An empty host stands for that of this node.
                Some(say(format!("-MOVED {FOO} :{}\r\n", ports[0])))
            }
            // From now on all slots have moved there.
            (_, "CLUSTER") if count.load(Ordering::Relaxed) > 0 => {
                Some(slots(16382, &ports[0], &ports[1]))
            }
            _ => None,
        }
    })
    .await?;
    let redis = client(&net, &nodes)?.connect().await?;
    for _ in 0..3 {
        let answer: String = redis.query(&Cmd::get("foo")).await?;
        assert_eq!(answer, "foo");
    }
    assert_eq!(wrong.load(Ordering::Relaxed), 1);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn ask_is_followed_once_and_not_remembered(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let heard_by_0 = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard_by_0);
    let nodes = two(&net, move |node, heard, ports| {
        match (node, &*heard.words[0]) {
            (1, "GET") => Some(say(format!("-ASK {FOO} 127.0.0.1:{}\r\n", ports[0]))),
            (0, "GET" | "ASKING") => {
                log.lock().unwrap().push(heard.words[0].clone());
                None
            }
            _ => None,
        }
    })
    .await?;
    let redis = client(&net, &nodes)?.connect().await?;
    for _ in 0..2 {
        let answer: String = redis.query(&Cmd::get("foo")).await?;
        assert_eq!(answer, "foo");
    }
    let heard = heard_by_0.lock().unwrap().join(" ");
    assert_eq!(heard, "ASKING GET ASKING GET");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn circular_redirections_end(net: impl Network + Clone + 'static) -> Result<()> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let nodes = two(&net, move |node, heard, ports| {
        let other = &ports[1 - node];
        (heard.words[0] == "GET").then(|| {
            count.fetch_add(1, Ordering::Relaxed);
            say(format!("-MOVED {FOO} 127.0.0.1:{other}\r\n"))
        })
    })
    .await?;
    let redis = client(&net, &nodes)?.connect().await?;
    let error = redis.query::<String>(&Cmd::get("foo")).await.unwrap_err();
    assert_eq!(error.code(), Some("MOVED"), "{error}");
    assert_eq!(asked.load(Ordering::Relaxed), 17);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn commands_that_were_not_executed_are_retried_for_a_while(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    for code in [
        "TRYAGAIN",
        "CLUSTERDOWN",
        "LOADING",
        "MASTERDOWN",
        "READONLY",
    ] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let nodes = two(&net, move |_, heard, _| match &*heard.words.join(" ") {
            "SET foo 1" if count.fetch_add(1, Ordering::Relaxed) < 3 => {
                Some(say(format!("-{code} later\r\n")))
            }
            "SET foo 1" => Some(say("+OK\r\n")),
            "SET foo 2" => Some(say(format!("-{code} later\r\n"))),
            _ => None,
        })
        .await?;
        let client = client(&net, &nodes)?;
        let redis = client.connect().await?;
        redis.exec(&Cmd::set("foo", 1)).await?;
        assert_eq!(asked.load(Ordering::Relaxed), 4, "{code}");
        let client = client.with_response_timeout(Duration::from_millis(200));
        let redis = client.connect().await?;
        let error = redis.exec(&Cmd::set("foo", 2)).await.unwrap_err();
        assert_eq!(error.code(), Some(code));
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn only_the_redirected_commands_of_a_pipeline_are_sent_again(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let heard_all = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard_all);
    let nodes = two(&net, move |node, heard, ports| {
        let [name, _, value] = &heard.words[..] else {
            return None;
        };
        if name != "APPEND" {
            return None;
        }
        log.lock().unwrap().push(format!("{node}:{value}"));
        if node == 1 && value != "a" {
            return Some(say(format!("-MOVED {FOO} 127.0.0.1:{}\r\n", ports[0])));
        }
        Some(say(format!(":{node}\r\n")))
    })
    .await?;
    let redis = client(&net, &nodes)?.connect().await?;
    let mut pipeline = pipe();
    for value in ["a", "b", "c"] {
        pipeline.append("foo", value);
    }
    let answers: Vec<i64> = redis.query(&pipeline).await?;
    assert_eq!(answers, [1, 0, 0]);
    let heard = heard_all.lock().unwrap().join(" ");
    assert_eq!(heard, "1:a 1:b 1:c 0:b 0:c");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn commands_that_may_have_been_executed_are_retried_only_if_they_read(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let nodes = two(&net, |node, heard, _| {
        match (node, heard.connection, &*heard.words[0]) {
            (1, 0, "INCRBY") | (1, 1, "GET") => Some(Act::SayAndClose(Vec::new())),
            (1, _, "INCRBY") => Some(say(":1\r\n")),
            _ => None,
        }
    })
    .await?;
    let redis = client(&net, &nodes)?.connect().await?;
    let error = redis.query::<i64>(&Cmd::incr("foo", 1)).await.unwrap_err();
    assert!(error.was_sent(), "{error}");
    assert!(error.to_string().contains(port(&nodes[1])), "{error}");
    let answer: String = redis.query(&Cmd::get("foo")).await?;
    assert_eq!(answer, "foo");
    Ok(())
}

#[net_test(backends(native, memory))]
async fn a_node_that_is_gone_is_replaced_by_the_one_with_its_slots(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let nodes = two(&net, move |_, heard, ports| {
        // At first the map contains a node that does not listen.
        (heard.words[0] == "CLUSTER" && count.fetch_add(1, Ordering::Relaxed) < 3)
            .then(|| slots(8000, &ports[0], "1"))
    })
    .await?;
    let redis = client(&net, &nodes)?.connect().await?;
    let answer: String = redis.query(&Cmd::get("foo")).await?;
    assert_eq!(answer, "foo");
    assert!(asked.load(Ordering::Relaxed) > 3);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn requests_that_need_several_nodes_at_once_are_errors(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let nodes = two(&net, |_, _, _| None).await?;
    let redis = client(&net, &nodes)?.connect().await?;
    let error = redis.exec(pipe().atomic().get("foo").get("bar")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("one slot"), "{error}");
    let error = redis.exec(pipe().cmd("FLUSHALL")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let error = redis.exec(cmd("SCAN").arg(0)).await.unwrap_err();
    assert!(error.to_string().contains("masters"), "{error}");
    let error = redis
        .exec(cmd("BLPOP").arg("foo").arg(1))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn an_invalid_map_of_slots_is_an_error(net: impl Network + Clone + 'static) -> Result<()> {
    for answer in [
        "*0\r\n",
        "+OK\r\n",
        "*1\r\n:1\r\n",
        "-ERR no cluster\r\n",
        "*1\r\n*2\r\n:0\r\n:9\r\n",
    ] {
        let nodes = two(&net, move |_, heard, _| {
            (heard.words[0] == "CLUSTER").then(|| say(answer))
        })
        .await?;
        let error = client(&net, &nodes)?.connect().await.unwrap_err();
        assert!(error.to_string().contains(port(&nodes[0])), "{error}");
    }
    Ok(())
}

#[net_test(backends(native, memory))]
async fn urls_of_nodes_may_differ_in_their_addresses_only(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let refused: [&[&str]; 6] = [
        &[],
        &["redis+unix:///socket"],
        &["redis://localhost/3"],
        &["redis://:a@one", "redis://:b@two"],
        &["redis://one", "rediss://two"],
        &["one:x"],
    ];
    for seeds in refused {
        let error = ClusterClient::new(net.clone(), seeds).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{seeds:?}");
    }
    let client = ClusterClient::new(net.clone(), ["redis://:secret@one", "two:7000"])?;
    assert!(!format!("{client:?}").contains("secret"), "{client:?}");
    Ok(())
}
