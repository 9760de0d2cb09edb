//! Statements, results and transactions on real servers.

use std::io;

use futures_util::TryStreamExt;
use net::{Net, net_test};
use net_mysql::prelude::*;
use net_mysql::{Conn, LocalInfile, Opts, Result, Row, TxOpts, params};
use net_traits::async_trait;
use tokio::io::AsyncRead;

use crate::live::{Live, servers};

#[net_test]
async fn rows_are_read_in_each_way() -> Result<()> {
    for server in servers().await {
        let mut conn = server.conn().await?;
        conn.query_drop("CREATE TEMPORARY TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, name TEXT)")
            .await?;
        conn.exec_drop("INSERT INTO t (name) VALUES (?)", ("one",))
            .await?;
        assert_eq!((conn.affected_rows(), conn.last_insert_id()), (1, Some(1)));
        let names = ["two", "three"].map(|name| params! { "name" => name });
        conn.exec_batch("INSERT INTO t (name) VALUES (:name)", names)
            .await?;

        let all: Vec<(u32, String)> = conn.query("SELECT id, name FROM t ORDER BY id").await?;
        let expected = [(1, "one"), (2, "two"), (3, "three")];
        assert_eq!(all, expected.map(|(id, name)| (id, name.to_owned())));
        let one: Option<String> = conn
            .exec_first("SELECT name FROM t WHERE id = :id", params! { "id" => 2 })
            .await?;
        assert_eq!(one.as_deref(), Some("two"));
        let none: Option<String> = conn
            .exec_first("SELECT name FROM t WHERE id = ?", (9,))
            .await?;
        assert_eq!(none, None);
        let lengths = conn.query_map("SELECT name FROM t", |name: String| name.len());
        assert_eq!(lengths.await?.iter().sum::<usize>(), 11);
        let sum = conn.exec_fold("SELECT id FROM t", (), 0, |sum, id: u32| sum + id);
        assert_eq!(sum.await?, 6);
        let rows = conn.exec_stream::<(u32, String), _, _>("SELECT id, name FROM t", ());
        let rows: Vec<_> = rows.await?.try_collect().await?;
        assert_eq!(rows.len(), 3);
        conn.query_drop("UPDATE t SET name = 'x' WHERE id < 3")
            .await?;
        assert_eq!(conn.affected_rows(), 2);
        assert!(conn.info().contains("Changed: 2"), "{}", conn.info());
    }
    Ok(())
}

#[net_test]
async fn several_statements_give_several_results() -> Result<()> {
    for server in servers().await {
        let mut conn = server.conn().await?;
        let several = "SELECT 1, 2; DO 1; SELECT 'three' AS t UNION SELECT 'four'";
        let mut result = conn.query_iter(several).await?;
        assert_eq!(result.columns().map(<[_]>::len), Some(2));
        assert_eq!(result.collect::<(u32, u32)>().await?, [(1, 2)]);
        assert_eq!(result.collect::<Row>().await?, []);
        assert!(result.columns().is_none() && !result.is_empty());
        assert_eq!(result.collect::<String>().await?, ["three", "four"]);
        assert_eq!(
            result.columns().map(|of| of[0].name_str().into_owned()),
            Some("t".into())
        );
        assert!(result.is_empty());
        assert!(result.next().await?.is_none());
        drop(result);

        let mut result = conn.query_iter("SELECT 1; SELECT 2; SELEC").await?;
        assert!(result.next_result().await?);
        assert_eq!(result.collect::<u32>().await?, [2]);
        let error = result.next().await.unwrap_err();
        assert_eq!(error.server().map(|error| error.code), Some(1064));
        // The rest is discarded, including errors.
        conn.query_drop("SELECT 1; SELECT 2").await?;
        conn.query::<u32, _>("SELECT 1; SELECT 2").await?;

        conn.query_drop("DROP PROCEDURE IF EXISTS p").await?;
        conn.query_drop("CREATE PROCEDURE p(x INT) BEGIN SELECT x; SELECT x + 1, 'y'; END")
            .await?;
        let mut result = conn.exec_iter("CALL p(?)", (7,)).await?;
        assert_eq!(result.collect::<u32>().await?, [7]);
        assert_eq!(
            result.collect::<(u32, String)>().await?,
            [(8, "y".to_owned())]
        );
        result.drop_result().await?;
        conn.ping().await?;
    }
    Ok(())
}

#[net_test]
async fn prepared_statements_are_kept_and_forgotten() -> Result<()> {
    for server in servers().await {
        let opts = server.opts().with_statement_cache(2);
        let mut conn = Conn::connect(&Net::default(), opts).await?;
        let held = conn.prep("SELECT 0 + ?").await?;
        assert_eq!(held.num_params(), 1);
        for round in 0..3 {
            for number in 1..5 {
                let text = format!("SELECT {number} + ?");
                let sum: Option<u32> = conn.exec_first(text, (round,)).await?;
                assert_eq!(sum, Some(number + round));
            }
        }
        // It was evicted from the cache, but can still be used.
        let sum: Option<u32> = conn.exec_first(&held, (5,)).await?;
        assert_eq!(sum, Some(5));
        conn.close(held);
        conn.ping().await?;
        let status = "SHOW SESSION STATUS LIKE 'Com_stmt_close'";
        let closed: Option<(String, u32)> = conn.query_first(status).await?;
        let closed = closed.expect("a number").1;
        assert_eq!(closed, 3 * 4 - 2 + 1, "{}", server.name);

        let statement = conn.prep("SELECT 1").await?;
        let mut other = server.conn().await?;
        let error = other.exec_drop(&statement, ()).await.unwrap_err();
        assert!(error.to_string().contains("another connection"), "{error}");
        conn.reset().await?;
        let error = conn.exec_drop(&statement, ()).await.unwrap_err();
        assert!(error.to_string().contains("before a reset"), "{error}");
        let one: Option<u32> = conn.exec_first("SELECT 1", ()).await?;
        assert_eq!(one, Some(1));
    }
    Ok(())
}

#[net_test]
async fn transactions_last_if_they_are_committed() -> Result<()> {
    for server in servers().await {
        let mut conn = server.conn().await?;
        conn.query_drop("DROP TABLE IF EXISTS orders").await?;
        conn.query_drop("CREATE TABLE orders (id INT) ENGINE=InnoDB")
            .await?;
        for (commit, opts) in [
            (false, TxOpts::new()),
            (
                true,
                TxOpts::new()
                    .with_consistent_snapshot(true)
                    .with_readonly(false),
            ),
        ] {
            let mut transaction = conn.start_transaction(opts).await?;
            transaction
                .query_drop("INSERT INTO orders VALUES (1)")
                .await?;
            let inside: Option<u32> = transaction
                .query_first("SELECT COUNT(*) FROM orders")
                .await?;
            assert_eq!(inside, Some(1));
            if commit {
                transaction.commit().await?;
            } else {
                transaction.rollback().await?;
            }
        }
        let dropped = conn.start_transaction(TxOpts::new()).await?;
        drop(dropped);
        let read_only = TxOpts::new().with_readonly(true);
        let mut transaction = conn.start_transaction(read_only).await?;
        let refused = transaction
            .query_drop("INSERT INTO orders VALUES (2)")
            .await;
        assert_eq!(
            refused.unwrap_err().server().map(|error| error.code),
            Some(1792)
        );
        drop(transaction);
        let count: Option<u32> = conn.query_first("SELECT COUNT(*) FROM orders").await?;
        assert_eq!(count, Some(1));
    }
    Ok(())
}

#[net_test]
async fn values_of_more_than_16_mib_go_both_ways() -> Result<()> {
    for server in servers().await {
        let mut conn = server.conn().await?;
        let long = "0123456789abcdef".repeat((1 << 20) + 1);
        let back: Option<(u32, String, Option<u8>, String)> = conn
            .exec_first("SELECT ?, ?, ?, ?", (7, &long, None::<u8>, ""))
            .await?;
        let (number, text, none, empty) = back.expect("a row");
        assert_eq!((number, none, &*empty), (7, None, ""));
        assert!(text == long);
    }
    Ok(())
}

/// Exchanges short and long packets, and reads a session variable.
async fn compressed(server: &Live, opts: Opts, variable: &str) -> Result<String> {
    let mut conn = Conn::connect(&Net::default(), opts).await?;
    let long = "0123456789abcdef".repeat(10_000);
    for _ in 0..2 {
        let back: Option<String> = conn.exec_first("SELECT ?", (&long,)).await?;
        assert!(back.is_some_and(|text| text == long), "{}", server.name);
        let many = "SELECT REPEAT('x', 10) FROM information_schema.collations";
        assert!(conn.query::<String, _>(many).await?.len() > 100);
        conn.ping().await?;
    }
    let text = format!("SHOW SESSION STATUS LIKE '{variable}'");
    let status: Option<(String, String)> = conn.query_first(text).await?;
    Ok(status.expect("a status").1)
}

#[net_test]
async fn compressed_packets_go_both_ways() -> Result<()> {
    for server in servers().await {
        let opts = server.opts().with_compression(1);
        let is_on = compressed(server, opts, "Compression").await?;
        assert_eq!(is_on, "ON", "{}", server.name);
    }
    Ok(())
}

#[net_test]
async fn packets_are_compressed_by_zstd_where_the_server_can() -> Result<()> {
    for server in servers().await {
        let opts = server.opts().with_zstd().with_compression(1);
        if server.name == "mysql" {
            let algorithm = compressed(server, opts, "Compression_algorithm").await?;
            assert_eq!(algorithm, "zstd");
        } else {
            assert_eq!(compressed(server, opts, "Compression").await?, "ON");
        }
    }
    Ok(())
}

#[net_test]
async fn a_session_is_set_up_again_after_a_reset() -> Result<()> {
    for server in servers().await {
        let opts = server
            .opts()
            .with_time_zone("+03:00")
            .with_charset("latin1")
            .with_setup(["SET @mine = 7"]);
        let mut conn = Conn::connect(&Net::default(), opts).await?;
        for _ in 0..2 {
            let text = "SELECT @@time_zone, @@character_set_results, @mine, @other";
            let row: Option<(String, String, u32, Option<u32>)> = conn.query_first(text).await?;
            let expected = ("+03:00".to_owned(), "latin1".to_owned(), 7, None);
            assert_eq!(row, Some(expected));
            conn.query_drop("SET @other = 1, @mine = 2, time_zone = '+00:00'")
                .await?;
            conn.reset().await?;
        }
        let bad = server.opts().with_time_zone("'; DROP TABLE x; --");
        let error = Conn::connect(&Net::default(), bad).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{error}");
    }
    Ok(())
}

struct Prices;

#[async_trait]
impl LocalInfile for Prices {
    async fn open(&self, name: &[u8]) -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
        match name {
            b"prices" => Ok(Box::new(&b"tea\t3\ncoffee\t4\n"[..])),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

#[net_test]
async fn files_are_provided_only_by_a_handler() -> Result<()> {
    for server in servers().await {
        let opts = server.opts().with_local_infile(Prices);
        let mut conn = Conn::connect(&Net::default(), opts).await?;
        let table = "CREATE TEMPORARY TABLE prices (item TEXT, price INT)";
        conn.query_drop(table).await?;
        conn.query_drop("LOAD DATA LOCAL INFILE 'prices' INTO TABLE prices")
            .await?;
        assert_eq!(conn.affected_rows(), 2);
        let other = conn.query_drop("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE prices");
        let error = other.await.unwrap_err();
        assert!(error.to_string().contains("file"), "{error}");
        let sum: Option<u32> = conn.query_first("SELECT SUM(price) FROM prices").await?;
        assert_eq!(sum, Some(7));

        let mut conn = server.conn().await?;
        conn.query_drop(table).await?;
        let refused = conn.query_drop("LOAD DATA LOCAL INFILE 'prices' INTO TABLE prices");
        refused.await.unwrap_err();
    }
    Ok(())
}
