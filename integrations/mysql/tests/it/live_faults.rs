//! Real servers that are restarted, or whose connections are cut, while they are used.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use net::prelude::*;
use net::{Listener, Net, net_test};
use net_mysql::prelude::*;
use net_mysql::{Error, Opts, Pool, Result};
use tokio::task::JoinSet;

use crate::conversation::{pool_of_one, talk};
use crate::faults::assert_is_of_the_connection;
use crate::live::servers;
use crate::scripted::SOON;

/// The number of bytes by which the next cut is later. Conversations have some thousand.
const STEP: usize = 17;

#[derive(Debug, Clone, Copy)]
enum Side {
    Server,
    Client,
}

/// Relays connections one by one, and closes the first after the given number of bytes in one
/// direction, which are counted down.
async fn pass_on(
    listener: impl Listener,
    server: &str,
    side: Side,
    left: Arc<AtomicUsize>,
) -> net::Result<()> {
    let mut left = Some(left);
    loop {
        let (client, _) = listener.accept().await?;
        let server = net::dial("tcp", server).await?;
        let (from_client, to_client) = tokio::io::split(client);
        let (from_server, to_server) = tokio::io::split(server);
        let limit = left.take().unwrap_or_else(no_limit);
        let (of_server, of_client) = match side {
            Side::Server => (limit, no_limit()),
            Side::Client => (no_limit(), limit),
        };
        // The end of one direction ends both.
        tokio::select! {
            () = copy(from_server, to_client, &of_server) => {}
            () = copy(from_client, to_server, &of_client) => {}
        }
    }
}

fn no_limit() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(usize::MAX))
}

/// Relays until one side closes, or the number of bytes is used up.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    left: &AtomicUsize,
) {
    let mut buffer = [0; 4096];
    loop {
        let most = left.load(Ordering::Relaxed).min(buffer.len());
        match from.read(&mut buffer[..most]).await {
            Ok(length @ 1..) if to.write_all(&buffer[..length]).await.is_ok() => {
                left.fetch_sub(length, Ordering::Relaxed);
            }
            _ => return,
        }
    }
}

/// Runs a conversation that is cut after the given number of bytes, and another, which must
/// succeed. Returns `false` if the first completed before.
async fn cut(server: &str, side: Side, after: usize) -> Result<bool> {
    let listener = net::listen("tcp", "127.0.0.1:0").await?;
    let opts = Opts::new(listener.local_addr()?.to_string()).with_database("test");
    let pool = pool_of_one(Net::default(), opts)?;
    let left = Arc::new(AtomicUsize::new(after));
    let talking = async {
        if let Err(error) = talk(&pool, 0).await {
            assert_is_of_the_connection(&error, after);
        }
        let is_cut = left.load(Ordering::Relaxed) == 0;
        if is_cut {
            talk(&pool, 1000).await?;
        }
        Ok(is_cut)
    };
    tokio::select! {
        talked = net::time::timeout(SOON, talking) => talked.map_err(net::Error::from)?,
        ended = pass_on(listener, server, side, Arc::clone(&left)) => {
            panic!("the proxy has ended: {ended:?}")
        }
    }
}

#[net_test]
async fn a_connection_that_is_cut_anywhere_is_an_error_and_is_replaced() -> Result<()> {
    for server in servers().await {
        for side in [Side::Server, Side::Client] {
            let mut after = 0;
            while cut(&server.tcp, side, after).await? {
                after += STEP;
            }
            assert!(after > 300, "{}, {side:?}: {after} bytes", server.name);
        }
    }
    Ok(())
}

/// What tasks have observed.
#[derive(Debug, Default)]
struct Seen {
    answers: AtomicUsize,
    errors: AtomicUsize,
}

/// Queries an endless sequence of unique numbers.
async fn ask_on(pool: Pool<Net>, seen: Arc<Seen>, numbers: impl Iterator<Item = usize>) {
    for number in numbers {
        let answer = async {
            let mut conn = pool.get_conn().await?;
            if number % 2 == 0 {
                conn.query_first(format!("SELECT {number}")).await
            } else {
                conn.exec_first("SELECT ?", (number,)).await
            }
        };
        match answer.await {
            Ok(answer) => {
                assert_eq!(answer, Some(number));
                seen.answers.fetch_add(1, Ordering::Relaxed);
            }
            Err(Error::Io(_) | Error::Server(_)) => {
                seen.errors.fetch_add(1, Ordering::Relaxed);
                net::time::sleep(Duration::from_millis(5)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

async fn more(count: &AtomicUsize) {
    let enough = count.load(Ordering::Relaxed) + 100;
    let counting = async {
        while count.load(Ordering::Relaxed) < enough {
            net::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let counted = net::time::timeout(SOON, counting).await;
    counted.expect("more answers, or more errors");
}

#[net_test]
async fn a_restart_under_load_causes_no_wrong_replies() -> Result<()> {
    for name in ["mysql", "mariadb"] {
        // A server of its own, since other tests share the usual one.
        let Some(mut server) = net_peers::start(name).await else {
            continue;
        };
        let opts = Opts::new(server.address("tcp")).with_database("test");
        let pool = Pool::with_dialer(Net::default(), opts.with_pool_max(4))?;
        let seen = Arc::new(Seen::default());
        let mut tasks = JoinSet::new();
        for task in 0..8 {
            let (pool, seen) = (pool.clone(), Arc::clone(&seen));
            // The numbers of the tasks are disjoint.
            tasks.spawn(ask_on(pool, seen, (task..).step_by(9)));
        }
        more(&seen.answers).await;
        server.kill().await;
        more(&seen.errors).await;
        server.restart().await;
        more(&seen.answers).await;
        // A task that panicked is finished as well.
        assert!(tasks.try_join_next().is_none(), "{name}");
        tasks.shutdown().await;
        let mut conn = pool.get_conn().await?;
        conn.ping().await?;
    }
    Ok(())
}
