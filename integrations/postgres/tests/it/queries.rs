//! Features of a session.

use std::time::Duration;

use net::net_test;
use net_postgres::Result;
use net_postgres::postgres::SimpleQueryMessage;
use net_postgres::postgres::error::SqlState;
use net_postgres::postgres::types::Type;

use crate::support::{connect, server};

#[net_test]
async fn statements_are_prepared_once() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = connect(&server).await?;
    for number in 0..5_i32 {
        let statement = client.prepare_cached("SELECT $1::int4 + 1").await?;
        assert_eq!(statement.params(), [Type::INT4]);
        let row = client.query_one(&statement, &[&number]).await?;
        assert_eq!(row.get::<_, i32>(0), number + 1);
    }
    let question = "SELECT count(*) FROM pg_prepared_statements";
    let count = client.simple_query(question).await?;
    let SimpleQueryMessage::Row(row) = &count[1] else {
        panic!("{count:?}");
    };
    assert_eq!(row.get(0), Some("1"));
    Ok(())
}

#[net_test]
async fn a_transaction_that_is_dropped_is_rolled_back() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let mut client = connect(&server).await?;
    client.batch_execute("CREATE TABLE t (n int4)").await?;
    let transaction = client.transaction().await?;
    transaction.execute("INSERT INTO t VALUES (1)", &[]).await?;
    drop(transaction);
    let transaction = client.transaction().await?;
    transaction.execute("INSERT INTO t VALUES (2)", &[]).await?;
    transaction.commit().await?;
    let row = client.query_one("SELECT sum(n)::int4 FROM t", &[]).await?;
    assert_eq!(row.get::<_, i32>(0), 2);
    Ok(())
}

#[net_test]
async fn rows_are_copied_in_and_out() -> Result<()> {
    use tokio_stream_free::{collect, send_all};

    let Some(server) = server().await else {
        return Ok(());
    };
    let client = connect(&server).await?;
    client.batch_execute("CREATE TABLE t (n int4)").await?;
    let numbers: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
    let rows = numbers.join("\n") + "\n";
    let sink = client.copy_in("COPY t FROM STDIN").await?;
    assert_eq!(send_all(sink, rows.as_bytes()).await?, 10_000);
    let copied = collect(
        client
            .copy_out("COPY (SELECT n FROM t ORDER BY n) TO STDOUT")
            .await?,
    );
    assert!(copied.await? == rows.as_bytes());
    Ok(())
}

/// The few functions of a crate for streams that the test needs.
mod tokio_stream_free {
    use std::future::poll_fn;
    use std::pin::pin;

    use bytes::Bytes;
    use futures_core::Stream;
    use futures_sink::Sink;
    use net_postgres::postgres::{CopyInSink, CopyOutStream, Error};

    pub(super) async fn send_all(sink: CopyInSink<Bytes>, bytes: &[u8]) -> Result<u64, Error> {
        let mut sink = pin!(sink);
        for chunk in bytes.chunks(1000) {
            poll_fn(|cx| sink.as_mut().poll_ready(cx)).await?;
            sink.as_mut().start_send(Bytes::copy_from_slice(chunk))?;
        }
        sink.finish().await
    }

    pub(super) async fn collect(stream: CopyOutStream) -> Result<Vec<u8>, Error> {
        let mut stream = pin!(stream);
        let mut all = Vec::new();
        while let Some(bytes) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
            all.extend_from_slice(&bytes?);
        }
        Ok(all)
    }
}

#[net_test]
async fn notifications_reach_listeners() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let (one, other) = (connect(&server).await?, connect(&server).await?);
    let mut notifications = one.notifications();
    one.batch_execute("LISTEN orders").await?;
    for number in 0..3 {
        let notify = format!("NOTIFY orders, 'number {number}'");
        other.batch_execute(&notify).await?;
    }
    for number in 0..3 {
        let received = notifications.recv().await.unwrap().unwrap();
        assert_eq!(received.channel(), "orders");
        assert_eq!(received.payload(), format!("number {number}"));
    }
    drop(one);
    assert!(notifications.recv().await.unwrap().is_none());
    Ok(())
}

#[net_test]
async fn a_query_is_cancelled_from_another_connection() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let (client, other) = (connect(&server).await?, connect(&server).await?);
    let cancel = client.cancel_token();
    let once_it_runs = async {
        // A request before the query has no effect, and an extra one would cancel the next query.
        let running = "SELECT 1 FROM pg_stat_activity \
                       WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'";
        while other.query_opt(running, &[]).await?.is_none() {}
        cancel.cancel().await
    };
    let slow = client.batch_execute("SELECT pg_sleep(60)");
    let (slow, cancelled) = tokio::join!(slow, once_it_runs);
    cancelled?;
    let error = slow.unwrap_err();
    assert_eq!(error.code().map(SqlState::code), Some("57014"), "{error}");
    client.batch_execute("SELECT 1").await?;
    Ok(())
}

#[net_test]
async fn a_session_reports_that_its_server_is_gone() -> Result<()> {
    let Some(mut server) = server().await else {
        return Ok(());
    };
    let client = connect(&server).await?;
    server.kill().await;
    // The server has a process per session, which may still respond, and report its end, before it
    // learns that the server is gone.
    let until_closed = async {
        loop {
            match client.batch_execute("SELECT 1").await {
                Err(error) if error.is_closed() => break,
                Ok(()) | Err(_) => net::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    let closed = net::time::timeout(Duration::from_secs(30), until_closed).await;
    closed.expect("it is closed in the end");
    Ok(())
}
