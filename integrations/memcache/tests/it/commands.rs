//! Every command, against memcached.

use std::time::{Duration, SystemTime};

use net::{Net, net_test};
use net_memcache::{Cas, Client, ErrorKind, Expiry, Result, Value};
use net_peers::Server;

const NEVER: Expiry = Expiry::Never;

/// Starts memcached, and returns it with a client; `None` if it is not installed.
async fn memcached(net: &Net) -> Option<(Server, Client)> {
    let server = net_peers::start("memcached").await?;
    let client = Client::connect(net.clone(), server.address("tcp")).await;
    Some((server, client.expect("memcached answers")))
}

#[net_test]
async fn values_come_back_as_they_were(net: Net) -> Result<()> {
    let Some((_server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    assert_eq!(cache.get("key").await?, None);
    let lines = b"END\r\nVA 3\r\n\0\xff";
    for value in [
        &b""[..],
        b"plain",
        lines,
        &vec![7; 100_000],
        &vec![b'\r'; 1 << 19],
    ] {
        cache
            .set("key", Value::from(value).with_flags(9), NEVER)
            .await?;
        let item = cache.get("key").await?.expect("what was stored");
        assert!(item.value == value, "{} bytes", value.len());
        assert_eq!(item.flags, 9);
    }
    cache
        .set(String::from("schlüssel"), &String::from("wert"), NEVER)
        .await?;
    let item = cache
        .get("schlüssel".as_bytes())
        .await?
        .expect("what was stored");
    assert_eq!(item.text(), Ok("wert"));
    Ok(())
}

#[net_test]
async fn add_and_replace_depend_on_whether_the_key_exists(net: Net) -> Result<()> {
    let Some((_server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    assert!(!cache.replace("key", "no", NEVER).await?);
    assert!(cache.add("key", "first", NEVER).await?);
    assert!(!cache.add("key", "second", NEVER).await?);
    assert_eq!(cache.get("key").await?.expect("an item").value, "first");
    assert!(cache.replace("key", "third", NEVER).await?);
    assert_eq!(cache.get("key").await?.expect("an item").value, "third");
    Ok(())
}

#[net_test]
async fn append_and_prepend_keep_the_flags(net: Net) -> Result<()> {
    let Some((_server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    assert!(!cache.append("key", "no").await?);
    assert!(!cache.prepend("key", "no").await?);
    cache
        .set("key", Value::from("b").with_flags(3), NEVER)
        .await?;
    assert!(cache.append("key", "c").await?);
    assert!(cache.prepend("key", b"a").await?);
    let item = cache.get("key").await?.expect("an item");
    assert_eq!((item.text(), item.flags), (Ok("abc"), 3));
    Ok(())
}

#[net_test]
async fn cas_stores_only_over_the_version_that_was_fetched(net: Net) -> Result<()> {
    let Some((_server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    assert_eq!(cache.cas("key", "no", NEVER, 1).await?, Cas::Missing);
    cache.set("key", "1", NEVER).await?;
    let fetched = cache.get("key").await?.expect("an item");
    assert_eq!(
        cache.cas("key", "2", NEVER, fetched.cas).await?,
        Cas::Stored
    );
    assert_eq!(
        cache.cas("key", "3", NEVER, fetched.cas).await?,
        Cas::Changed
    );
    assert_eq!(cache.get("key").await?.expect("an item").value, "2");
    Ok(())
}

#[net_test]
async fn numbers_are_incremented_and_decremented(net: Net) -> Result<()> {
    let Some((_server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    assert_eq!(cache.incr("count", 1).await?, None);
    assert_eq!(cache.decr("count", 1).await?, None);
    assert_eq!(cache.incr_or_init("count", 5, 100, NEVER).await?, 100);
    assert_eq!(cache.incr_or_init("count", 5, 100, NEVER).await?, 105);
    assert_eq!(cache.incr("count", 1).await?, Some(106));
    assert_eq!(cache.decr("count", 100).await?, Some(6));
    assert_eq!(cache.decr("count", 7).await?, Some(0));
    cache.set("count", &u64::MAX.to_string(), NEVER).await?;
    assert_eq!(cache.incr("count", 1).await?, Some(0), "it wraps");
    cache.set("count", "text", NEVER).await?;
    let error = cache.incr("count", 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Client, "{error}");
    assert!(error.to_string().contains("CLIENT_ERROR"), "{error}");
    // The connection is still open.
    cache.set("count", "1", NEVER).await?;
    assert_eq!(cache.incr("count", u64::MAX).await?, Some(0));
    Ok(())
}

#[net_test]
async fn items_are_deleted_and_flushed(net: Net) -> Result<()> {
    let Some((_server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    assert!(!cache.delete("key").await?);
    cache.set("key", "value", NEVER).await?;
    assert!(cache.delete("key").await?);
    assert_eq!(cache.get("key").await?, None);
    cache.set("key", "value", NEVER).await?;
    cache.flush_all().await?;
    assert_eq!(cache.get("key").await?, None);
    cache.set("key", "value", NEVER).await?;
    cache.flush_all_after(Duration::from_secs(3600)).await?;
    assert!(cache.get("key").await?.is_some());
    Ok(())
}

#[net_test]
async fn items_expire_by_time_and_by_date(net: Net) -> Result<()> {
    let Some((_server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    let month = Duration::from_secs(60 * 60 * 24 * 30);
    cache.set("over", "value", Duration::ZERO).await?;
    assert_eq!(cache.get("over").await?, None);
    cache.set("over", "value", SystemTime::UNIX_EPOCH).await?;
    assert_eq!(cache.get("over").await?, None);
    let late = SystemTime::now() + Duration::from_secs(1 << 33);
    let expiries = [
        Expiry::After(month),
        Expiry::After(2 * month),
        Expiry::At(late),
    ];
    for expiry in expiries {
        cache.set("key", "value", expiry).await?;
        assert!(cache.get("key").await?.is_some(), "{expiry:?}");
        let about = cache.debug("key").await?.expect("an item");
        let left: u64 = about["exp"].parse().expect("a number of seconds");
        assert!(left + 2 >= month.as_secs(), "{expiry:?}: {about:?}");
    }
    assert_eq!(cache.debug("none").await?, None);
    Ok(())
}

#[net_test]
async fn touch_and_get_and_touch_change_the_expiry(net: Net) -> Result<()> {
    let Some((_server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    assert!(!cache.touch("key", NEVER).await?);
    assert_eq!(cache.get_and_touch("key", NEVER).await?, None);
    cache.set("key", "value", NEVER).await?;
    assert!(cache.touch("key", Duration::from_secs(100)).await?);
    assert!(cache.debug("key").await?.expect("an item")["exp"] != "-1");
    let item = cache.get_and_touch("key", NEVER).await?.expect("an item");
    assert_eq!(item.value, "value");
    assert_eq!(cache.debug("key").await?.expect("an item")["exp"], "-1");
    assert!(cache.touch("key", Duration::ZERO).await?);
    assert_eq!(cache.get("key").await?, None);
    Ok(())
}

#[net_test]
async fn many_keys_are_fetched_at_once(net: Net) -> Result<()> {
    let Some((_server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    let keys: Vec<String> = (0..1000).map(|n| format!("key:{n}")).collect();
    for (n, key) in keys.iter().enumerate() {
        if n % 3 > 0 {
            cache
                .set(key, Value::from(key).with_flags(1), NEVER)
                .await?;
        }
    }
    // A key that is requested twice is returned once.
    let twice = keys.iter().chain(&keys[1..2]);
    let found = cache.get_many(twice).await?;
    assert_eq!(found.len(), 666);
    for (key, item) in found {
        assert_eq!((item.text(), item.flags), (Ok(key.as_str()), 1));
    }
    assert!(cache.get_many(Vec::<&str>::new()).await?.is_empty());
    Ok(())
}

#[net_test]
async fn servers_report_their_version_and_statistics(net: Net) -> Result<()> {
    let Some((server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    let versions = cache.version().await;
    let [(address, Ok(version))] = &versions[..] else {
        panic!("{versions:?}");
    };
    assert_eq!(address, server.address("tcp"));
    assert!(version.starts_with("1.6."), "{version}");
    cache.get("key").await?;
    let of = async |about| -> Result<_> { cache.stats(about).await?.remove(0).1 };
    let stats = of("").await?;
    assert_eq!(
        (&*stats["version"], &*stats["get_misses"]),
        (&**version, "1")
    );
    assert_eq!(of("settings").await?["item_size_max"], "1048576");
    assert!(of("reset").await?.is_empty());
    assert_eq!(of("").await?["get_misses"], "0");
    Ok(())
}

#[net_test]
async fn only_a_value_that_the_server_has_no_room_for_is_an_error(net: Net) -> Result<()> {
    let Some((server, _)) = memcached(&net).await else {
        return Ok(());
    };
    let cache = Client::builder(net)
        .with_servers([server.address("tcp")])
        .with_max_value_bytes(8 << 20)
        .build()?;
    cache.set("small", "value", NEVER).await?;
    // It contains lines that are commands.
    let large = b"flush_all\r\n".repeat(1 << 18);
    let (refused, other) = tokio::join!(cache.set("large", &large, NEVER), cache.get("small"));
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server, "{error}");
    assert_eq!(other?.expect("an item").value, "value");
    assert!(cache.get("small").await?.is_some());
    Ok(())
}

#[net_test]
async fn many_tasks_share_a_connection_and_each_gets_its_answer(net: Net) -> Result<()> {
    let Some((_server, cache)) = memcached(&net).await else {
        return Ok(());
    };
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..32 {
        let cache = cache.clone();
        tasks.spawn(async move {
            for n in 0..20 {
                let key = format!("{task}:{n}");
                cache.set(&key, &key, NEVER).await?;
                assert_eq!(cache.get(&key).await?.expect("an item").text(), Ok(&*key));
            }
            Result::Ok(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("no panic")?;
    }
    let stats = cache.stats("").await?.remove(0).1?;
    // The client's connection, and the one that waits for the server to start.
    let connections: u32 = stats["total_connections"].parse().expect("a number");
    assert!(connections <= 4, "{connections} connections");
    Ok(())
}
