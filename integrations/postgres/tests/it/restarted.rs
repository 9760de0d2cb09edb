//! A server that goes away and comes back under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use net::net_test;
use net_postgres::{Pool, Result};

use crate::conversation::select;
use crate::support::{config, connector, server};

const WORKERS: i32 = 4;

/// State shared by the workers of a load.
#[derive(Default)]
struct Load {
    selected: AtomicU32,
    failed: AtomicU32,
    is_over: AtomicBool,
}

/// Selects a worker's own numbers until the load is over.
async fn work(pool: Pool, load: Arc<Load>, worker: i32) {
    let mut number = worker;
    while !load.is_over.load(Ordering::Relaxed) {
        number += WORKERS;
        let selected = async {
            let client = pool.get().await?;
            select(&**client, number).await?;
            Result::<_>::Ok(())
        };
        let count = if selected.await.is_ok() {
            &load.selected
        } else {
            net::time::sleep(Duration::from_millis(5)).await;
            &load.failed
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Waits for the given number of further results.
async fn wait_for(load: &Load, more: u32) {
    let from = load.selected.load(Ordering::Relaxed);
    let enough = async {
        while load.selected.load(Ordering::Relaxed) < from + more {
            net::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let waited = net::time::timeout(Duration::from_secs(60), enough).await;
    waited.expect("answers");
}

#[net_test]
async fn a_pool_recovers_from_a_server_that_restarts_under_load() -> Result<()> {
    let Some(mut server) = server().await else {
        return Ok(());
    };
    let pool = Pool::builder(connector(), config(&server))
        .max_size(3)
        .build();
    let load = Arc::new(Load::default());
    let start = |worker| tokio::spawn(work(pool.clone(), Arc::clone(&load), worker));
    let workers: Vec<_> = (0..WORKERS).map(start).collect();
    for is_crash in [false, true, false] {
        wait_for(&load, 20).await;
        if is_crash {
            server.kill().await;
        }
        server.restart().await;
    }
    wait_for(&load, 20).await;
    load.is_over.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.expect("nobody got the answer of another");
    }
    assert!(load.failed.load(Ordering::Relaxed) > 0);
    assert!(pool.size() <= 3);
    Ok(())
}
