//! Redis is restarted while it is used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use net::{Net, Result, net_test};
use net_redis::redis::Cmd;

use crate::support::{client_of, redis};

/// Nothing is counted twice, and nothing that was acknowledged is lost.
#[net_test]
async fn a_restart_under_load_loses_and_duplicates_nothing(net: Net) -> Result<()> {
    let Some(mut server) = redis().await else {
        return Ok(());
    };
    let redis = client_of(&net, &server, "resp2")?.connect().await?;
    let stop = Arc::new(AtomicBool::new(false));
    let (done, unknown) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let (redis, stop) = (redis.clone(), Arc::clone(&stop));
        let (done, unknown) = (Arc::clone(&done), Arc::clone(&unknown));
        tasks.push(net::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                match redis.query::<i64>(&Cmd::incr("n", 1)).await {
                    Ok(_) => done.fetch_add(1, Ordering::Relaxed),
                    Err(error) if error.was_sent() => unknown.fetch_add(1, Ordering::Relaxed),
                    Err(error) => panic!("{error}"),
                };
            }
        }));
    }
    for _ in 0..2 {
        let before = done.load(Ordering::Relaxed);
        while done.load(Ordering::Relaxed) < before + 100 {
            net::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        server.restart().await;
    }
    let before = done.load(Ordering::Relaxed);
    while done.load(Ordering::Relaxed) < before + 100 {
        net::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await?;
    }
    let n: i64 = redis.query(&Cmd::get("n")).await?;
    let (done, unknown) = (
        done.load(Ordering::Relaxed),
        unknown.load(Ordering::Relaxed),
    );
    assert!(
        done <= n && n <= done + unknown,
        "{done} <= {n} <= {done} + {unknown}"
    );
    Ok(())
}
