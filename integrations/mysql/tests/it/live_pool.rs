//! Pools of connections to real servers.

use std::time::Duration;

use net::{Net, net_test};
use net_mysql::prelude::*;
use net_mysql::{Pool, Result};

use crate::live::servers;
use crate::scripted::SOON;

#[net_test]
async fn connections_are_reused_without_their_state() -> Result<()> {
    for server in servers().await {
        let pool = Pool::with_dialer(Net::default(), server.opts().with_pool_max(2))?;
        let mut conn = pool.get_conn().await?;
        let id = conn.id();
        conn.query_drop("SET @past = 1").await?;
        conn.query_drop("BEGIN").await?;
        drop(conn);
        let mut conn = pool.get_conn().await?;
        assert_eq!(conn.id(), id);
        let past: Option<Option<u32>> = conn.query_first("SELECT @past").await?;
        assert_eq!(past, Some(None));
    }
    Ok(())
}

#[net_test]
async fn connections_that_the_server_has_killed_are_not_reused() -> Result<()> {
    for server in servers().await {
        let pool = Pool::with_dialer(Net::default(), server.opts().with_pool_max(1))?;
        let conn = pool.get_conn().await?;
        let id = conn.id();
        drop(conn);
        let mut root = server.conn().await?;
        root.query_drop(format!("KILL {id}")).await?;
        let mut conn = pool.get_conn().await?;
        assert_ne!(conn.id(), id);
        conn.ping().await?;
    }
    Ok(())
}

#[net_test]
async fn a_connection_with_unread_rows_is_not_reused() -> Result<()> {
    for server in servers().await {
        let pool = Pool::with_dialer(Net::default(), server.opts().with_pool_max(1))?;
        let mut conn = pool.get_conn().await?;
        let id = conn.id();
        let mut result = conn.query_iter("SELECT 1 UNION SELECT 2").await?;
        result.next().await?;
        drop(result);
        drop(conn);
        let conn = pool.get_conn().await?;
        assert_ne!(conn.id(), id);
    }
    Ok(())
}

#[net_test]
async fn an_open_transaction_ends_its_connection_if_nothing_is_reset() -> Result<()> {
    for server in servers().await {
        let opts = server.opts().with_pool_max(1).with_reset_connection(false);
        let pool = Pool::with_dialer(Net::default(), opts)?;
        let mut conn = pool.get_conn().await?;
        let id = conn.id();
        conn.query_drop("SET @past = 1").await?;
        drop(conn);
        let mut conn = pool.get_conn().await?;
        assert_eq!(conn.id(), id);
        let past: Option<u32> = conn.query_first("SELECT @past").await?;
        assert_eq!(past, Some(1));
        conn.query_drop("BEGIN").await?;
        drop(conn);
        assert_ne!(pool.get_conn().await?.id(), id);
    }
    Ok(())
}

#[net_test]
async fn waiting_for_a_connection_times_out() -> Result<()> {
    for server in servers().await {
        let opts = server.opts().with_pool_max(1);
        let opts = opts.with_pool_wait(Duration::from_millis(50));
        let pool = Pool::with_dialer(Net::default(), opts)?;
        let conn = pool.get_conn().await?;
        let error = pool.get_conn().await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        drop(conn);
        pool.get_conn().await?;
    }
    Ok(())
}

#[net_test]
async fn tasks_share_a_pool() -> Result<()> {
    for server in servers().await {
        let pool = Pool::with_dialer(Net::default(), server.opts().with_pool_max(3))?;
        let tasks: Vec<_> = (0..20)
            .map(|number: u32| {
                let pool = pool.clone();
                net::spawn(async move {
                    let mut conn = pool.get_conn().await?;
                    conn.exec_first::<u32, _, _>("SELECT ?", (number,)).await
                })
            })
            .collect();
        for (number, task) in (0..).zip(tasks) {
            let answer = net::time::timeout(SOON, task).await;
            let answer = answer.expect("in time").expect("no panic")?;
            assert_eq!(answer, Some(number));
        }
        pool.disconnect();
        pool.get_conn().await.unwrap_err();
    }
    Ok(())
}

#[net_test]
async fn a_server_that_was_restarted_is_found_again() -> Result<()> {
    // A server of its own, since other tests share the usual one.
    let Some(mut server) = net_peers::start("mariadb").await else {
        return Ok(());
    };
    let opts = net_mysql::Opts::new(server.address("tcp")).with_database("test");
    let pool = Pool::with_dialer(Net::default(), opts.with_pool_max(2))?;
    let mut used = pool.get_conn().await?;
    let idle = pool.get_conn().await?;
    drop(idle);
    server.kill().await;
    let error = used.query_drop("SELECT 1").await.unwrap_err();
    assert!(error.server().is_none(), "{error}");
    used.query_drop("SELECT 1").await.unwrap_err();
    drop(used);
    pool.get_conn().await.unwrap_err();
    server.restart().await;
    let mut conn = pool.get_conn().await?;
    conn.ping().await
}
