//! The client with Redis itself.

use std::collections::{BTreeSet, HashMap};

use net::{Net, Result, net_test};
use net_redis::ErrorKind;
use net_redis::redis::{Cmd, RedisResult, Script, Value, cmd, pipe};

use crate::support::{PROTOCOLS, client_of, redis};

#[net_test]
async fn values_of_all_types_come_back(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    for protocol in PROTOCOLS {
        let redis = client_of(&net, &server, protocol)?.connect().await?;
        redis.exec(&cmd("FLUSHDB")).await?;
        let none: Option<String> = redis.query(&Cmd::get("none")).await?;
        assert_eq!(none, None);
        let binary: Vec<u8> = (0..=255).chain(*b"\r\n$-1\r\n").collect();
        redis.exec(&Cmd::set("binary", &binary)).await?;
        let got: Vec<u8> = redis.query(&Cmd::get("binary")).await?;
        assert_eq!(got, binary);
        redis.exec(&Cmd::set("empty", "")).await?;
        let got: String = redis.query(&Cmd::get("empty")).await?;
        assert_eq!(got, "");
        let fields = [("one", 1), ("two", 2)];
        redis.exec(&Cmd::hset_multiple("hash", &fields)).await?;
        let hash: HashMap<String, i64> = redis.query(&Cmd::hgetall("hash")).await?;
        assert_eq!(hash, HashMap::from(fields.map(|(k, v)| (k.into(), v))));
        redis.exec(&Cmd::sadd("set", &["a", "b"])).await?;
        let set: BTreeSet<String> = redis.query(&Cmd::smembers("set")).await?;
        assert_eq!(set, BTreeSet::from(["a".into(), "b".into()]));
        redis.exec(&Cmd::zadd("sorted", "a", 1.0625)).await?;
        let score: f64 = redis.query(&Cmd::zscore("sorted", "a")).await?;
        assert!((score - 1.0625).abs() < 1e-12);
        let number: i64 = redis.query(&Cmd::incr("n", i64::MAX)).await?;
        assert_eq!(number, i64::MAX);
        let is: bool = redis.query(&Cmd::exists("n")).await?;
        assert!(is);
    }
    Ok(())
}

#[net_test]
async fn long_values_come_back(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    let redis = client_of(&net, &server, "resp2")?.connect().await?;
    let long: Vec<u8> = (0..3_000_000u32).map(|i| (i % 251) as u8).collect();
    redis.exec(&Cmd::set("long", &long)).await?;
    let got: Vec<u8> = redis.query(&Cmd::get("long")).await?;
    assert!(got == long);
    let many: Vec<u32> = (0..20_000).collect();
    redis.exec(&Cmd::rpush("many", &many)).await?;
    let got: Vec<u32> = redis.query(&Cmd::lrange("many", 0, -1)).await?;
    assert!(got == many);
    Ok(())
}

#[net_test]
async fn an_error_of_the_server_is_reported_with_its_code(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    let redis = client_of(&net, &server, "resp2")?.connect().await?;
    redis.exec(&Cmd::set("text", "no number")).await?;
    let error = redis.exec(&Cmd::lpush("text", 1)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Server, Some("WRONGTYPE"))
    );
    assert!(!error.was_sent(), "{error}");
    assert!(error.to_string().contains(server.address("tcp")), "{error}");
    let error = redis.query::<i64>(&Cmd::get("text")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Type, "{error}");
    Ok(())
}

#[net_test]
async fn a_transaction_is_executed_as_a_whole_or_not_at_all(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    for protocol in PROTOCOLS {
        let redis = client_of(&net, &server, protocol)?.connect().await?;
        redis.exec(&cmd("FLUSHDB")).await?;
        let both: (i64, i64) = redis
            .query(pipe().atomic().incr("n", 1).incr("n", 1))
            .await?;
        assert_eq!(both, (1, 2));
        // A command that is rejected when it is queued: nothing is executed.
        let refused = redis
            .exec(pipe().atomic().incr("n", 1).cmd("NONSENSE"))
            .await;
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Server);
        assert!(error.to_string().contains("NONSENSE"), "{error}");
        let n: i64 = redis.query(&Cmd::get("n")).await?;
        assert_eq!(n, 2);
        // One that fails when it is executed does not stop the others.
        let failed = redis.exec(pipe().atomic().incr("n", 1).lpush("n", 1)).await;
        let error = failed.unwrap_err();
        assert!(error.to_string().contains("WRONGTYPE"), "{error}");
        let mut all = pipe();
        all.get("n").lpush("n", 1).ignore_errors();
        let each: Vec<RedisResult<Value>> = redis.query(&all).await?;
        assert!(each[0].is_ok() && each[1].is_err(), "{each:?}");
        let n: i64 = redis.query(&Cmd::get("n")).await?;
        assert_eq!(n, 3);
    }
    Ok(())
}

#[net_test]
async fn a_script_that_the_server_lacks_is_loaded(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    let client = client_of(&net, &server, "resp2")?;
    let redis = client.connect().await?;
    let mut dedicated = client.dedicated().await?;
    let script = Script::new("return {KEYS[1], ARGV[1] + 1}");
    let expected = ("key".to_owned(), 8);
    for _ in 0..2 {
        let got: (String, i64) = redis.query(script.key("key").arg(7)).await?;
        assert_eq!(got, expected);
        redis.exec(cmd("SCRIPT").arg("FLUSH")).await?;
        let got: (String, i64) = dedicated.query(script.key("key").arg(7)).await?;
        assert_eq!(got, expected);
        let got: (String, i64) = redis.query(script.key("key").arg(7)).await?;
        assert_eq!(got, expected);
        redis.exec(cmd("SCRIPT").arg("FLUSH")).await?;
    }
    let broken = Script::new("return redis.call('NONSENSE')");
    let error = redis.exec(&broken.prepare_invoke()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    Ok(())
}

#[net_test]
async fn a_scan_finds_everything(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    for protocol in PROTOCOLS {
        let redis = client_of(&net, &server, protocol)?.connect().await?;
        redis.exec(&cmd("FLUSHDB")).await?;
        let mut all = BTreeSet::new();
        let mut sets = pipe();
        for i in 0..500 {
            let key = format!("key:{i}");
            sets.set(&key, i).ignore();
            all.insert(key);
        }
        redis.exec(&sets).await?;
        let mut scan = redis.scan::<String>(cmd("SCAN").cursor_arg(0).arg("COUNT").arg(50));
        let mut found = BTreeSet::new();
        while let Some(key) = scan.next().await? {
            found.insert(key);
        }
        assert_eq!(found, all);
        redis
            .exec(&Cmd::hset_multiple("hash", &[("a", 1), ("b", 2)]))
            .await?;
        let mut scan = redis.scan::<(String, i64)>(cmd("HSCAN").arg("hash").cursor_arg(0));
        let mut fields = Vec::new();
        while let Some(field) = scan.next().await? {
            fields.push(field);
        }
        fields.sort();
        assert_eq!(fields, [("a".into(), 1), ("b".into(), 2)]);
        let mut wrong = redis.scan::<String>(&cmd("SCAN"));
        assert_eq!(wrong.next().await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    Ok(())
}

#[net_test]
async fn tasks_share_a_connection_to_redis(net: Net) -> Result<()> {
    let Some(server) = redis().await else {
        return Ok(());
    };
    let redis = client_of(&net, &server, "resp3")?.connect().await?;
    let mut tasks = Vec::new();
    for task in 0..64 {
        let redis = redis.clone();
        tasks.push(net::spawn(async move {
            for round in 0..20 {
                let text = format!("{task}-{round}");
                let said: String = redis.query(cmd("ECHO").arg(&text)).await.unwrap();
                assert_eq!(said, text);
            }
        }));
    }
    for task in tasks {
        task.await?;
    }
    Ok(())
}
