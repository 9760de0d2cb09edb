//! Several servers that share the keys.

use std::time::Duration;

use net::memory::MemoryNet;
use net::{Network, net_test};
use net_memcache::{Builder, Client, ErrorKind, Expiry, Result, WhenDown};

use crate::support::{Reply, Scripted, echo, key, say};

/// Like [`echo`], for requests of many keys: they end with `mn`, which is always replied to.
async fn three<N: Network + Clone + 'static>(net: &N) -> Result<(Vec<Scripted>, Builder)> {
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(Scripted::start(net, echo).await);
    }
    let addresses = servers.iter().map(|server| server.address.clone());
    let builder = Client::builder(net.clone())
        .with_servers(addresses)
        .with_failure_limit(1);
    Ok((servers, builder))
}

fn keys() -> Vec<String> {
    (0..60).map(|n| format!("key:{n}")).collect()
}

/// Takes the keys that were requested from a server.
fn heard(server: &Scripted) -> Vec<String> {
    let lines = std::mem::take(&mut *server.heard.lock().unwrap());
    lines.iter().map(|line| key(line).to_owned()).collect()
}

#[net_test(backends(native, memory))]
async fn many_keys_are_requested_from_the_servers_that_have_them(
    net: impl Network + Clone + 'static,
) -> Result<()> {
    let (servers, builder) = three(&net).await?;
    let cache = builder.build()?;
    let found = cache.get_many(keys()).await?;
    assert_eq!(found.len(), 60);
    assert!(found.iter().all(|(key, item)| item.text() == Ok(key)));
    for server in &servers {
        let asked = heard(server);
        assert!((1..60).contains(&asked.len()), "{asked:?}");
        for key in asked {
            cache.get(&key).await?;
            assert_eq!(heard(server), [key], "one key, one server");
        }
    }
    Ok(())
}

#[net_test(backend = memory)]
async fn a_server_that_is_gone_fails_its_own_keys(net: MemoryNet) -> Result<()> {
    let (mut servers, builder) = three(&net).await?;
    let cache = builder.build()?;
    cache.get_many(keys()).await?;
    let gone = servers.remove(0);
    let (address, lost) = (gone.address.clone(), heard(&gone));
    drop(gone);
    for key in keys() {
        let answer = cache.get(&key).await;
        assert_eq!(answer.is_err(), lost.contains(&key), "{key}");
        if let Err(error) = answer {
            assert!(error.is_unreachable(), "{error}");
            assert_eq!(error.server(), Some(&*address));
        }
    }
    let error = cache.get_many(keys()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Down, "{error}");
    assert!(cache.ping().await.is_err());
    Ok(())
}

#[net_test(backend = memory)]
async fn a_server_that_is_gone_may_be_a_miss_for_reads(net: MemoryNet) -> Result<()> {
    let (mut servers, builder) = three(&net).await?;
    let cache = builder.with_when_down(WhenDown::Miss).build()?;
    cache.get_many(keys()).await?;
    let lost = heard(&servers[0]);
    drop(servers.remove(0));
    for key in keys() {
        let item = cache.get(&key).await?;
        assert_eq!(item.is_none(), lost.contains(&key), "{key}");
    }
    assert_eq!(cache.get_many(keys()).await?.len(), 60 - lost.len());
    assert_eq!(cache.get_and_touch(&lost[0], Expiry::Never).await?, None);
    let error = cache
        .set(&lost[0], "value", Expiry::Never)
        .await
        .unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    Ok(())
}

#[net_test(backend = memory, start_paused)]
async fn keys_of_a_server_that_is_gone_may_move_until_it_is_back(net: MemoryNet) -> Result<()> {
    let (mut servers, builder) = three(&net).await?;
    let cache = builder.with_when_down(WhenDown::UseNext).build()?;
    cache.get_many(keys()).await?;
    let gone = servers.remove(0);
    let (address, lost) = (gone.address.clone(), heard(&gone));
    for server in &servers {
        heard(server);
    }
    drop(gone);
    // It must fail once.
    while cache.get(&lost[0]).await.is_err() {}
    for server in &servers {
        heard(server);
    }
    assert_eq!(cache.get_many(keys()).await?.len(), 60);
    let moved: Vec<_> = servers.iter().map(|server| heard(server).len()).collect();
    assert!(
        moved.iter().sum::<usize>() == 60 && !moved.contains(&0),
        "{moved:?}"
    );
    let back = Scripted::start_at(&net, &address, echo).await;
    tokio::time::sleep(Duration::from_secs(61)).await;
    cache.get_many(keys()).await?;
    let (mut now, mut before) = (heard(&back), lost);
    now.sort();
    before.sort();
    assert_eq!(now, before);
    Ok(())
}

#[net_test(backends(native, memory))]
async fn every_server_is_asked_for_its_version(net: impl Network + 'static) -> Result<()> {
    let good = Scripted::start(&net, |_| say("VERSION 1.6.0\r\n")).await;
    let bad = Scripted::start(&net, |_| Reply::Last("VERSION".into())).await;
    let cache = Client::builder(net)
        .with_servers([good.address.clone(), bad.address.clone()])
        .build()?;
    let versions = cache.version().await;
    let [(first, Ok(version)), (second, Err(error))] = &versions[..] else {
        panic!("{versions:?}");
    };
    assert_eq!((first, &**version), (&good.address, "1.6.0"));
    assert_eq!(
        (second, error.kind()),
        (&bad.address, ErrorKind::Disconnected)
    );
    Ok(())
}
