//! A COPY that fails, in every way, must not mix up the results of other queries.

use bytes::Bytes;
use net::net_test;
use net_postgres::postgres::{CopyInSink, Error};
use net_postgres::{Client, Result};

use crate::conversation::{select, send_all};
use crate::support::{connect, server};

/// Runs queries, each of which must receive its own result.
async fn expect_own_answers(client: &Client) -> Result<()> {
    let (one, two) = tokio::join!(select(&**client, 1), select(&**client, 2));
    one?;
    two?;
    select(&**client, 3).await?;
    Ok(())
}

#[net_test]
async fn a_rejected_copy() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = connect(&server).await?;
    for statement in [
        "COPY nothing FROM STDIN",
        "\n copy nothing (a, b)\tfrom stdin WITH (FORMAT text)",
        "-- FROM where?\n/* a /* nested */ comment */ COPY \"no\"\"thing\" FROM /**/ STDIN",
        ";COPY BINARY public.nothing FROM STDIN",
        "COPY nothing FROM STDIN WHERE a = 'x'",
    ] {
        let refused: Result<CopyInSink<Bytes>, _> = client.copy_in(statement).await;
        let error = refused.err().expect("there is no such table");
        assert!(error.as_db_error().is_some(), "{statement}: {error}");
        expect_own_answers(&client).await?;
    }
    Ok(())
}

#[net_test]
async fn a_rejected_copy_in_a_transaction() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let mut client = connect(&server).await?;
    let transaction = client.transaction().await?;
    let refused: Result<CopyInSink<Bytes>, _> =
        transaction.copy_in("COPY nothing FROM STDIN").await;
    assert!(refused.is_err());
    transaction.rollback().await?;
    expect_own_answers(&client).await
}

#[net_test]
async fn a_copy_that_a_trigger_rejects_before_the_first_row() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = connect(&server).await?;
    let trigger = "CREATE TABLE t (n int4); \
                   CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql \
                   AS $$ BEGIN RAISE 'not today'; END $$; \
                   CREATE TRIGGER refuse BEFORE INSERT ON t EXECUTE FUNCTION refuse()";
    client.batch_execute(trigger).await?;
    for rows in [&b""[..], b"1\n2\n"] {
        let copied = async {
            let sink = client.copy_in("COPY t FROM STDIN").await?;
            send_all(sink, rows, 2).await
        };
        copied.await.unwrap_err();
        expect_own_answers(&client).await?;
    }
    Ok(())
}

#[net_test]
async fn a_copy_with_an_invalid_row() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = connect(&server).await?;
    client.batch_execute("CREATE TABLE t (n int4)").await?;
    for size in [3, 100_000] {
        let rows = "no number\n".repeat(10_000);
        let sink = client.copy_in("COPY t FROM STDIN").await?;
        send_all(sink, rows.as_bytes(), size).await.unwrap_err();
        expect_own_answers(&client).await?;
    }
    Ok(())
}

#[net_test]
async fn a_cancelled_copy() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = connect(&server).await?;
    client.batch_execute("CREATE TABLE t (n int4)").await?;
    for _ in 0..3 {
        let sink: CopyInSink<Bytes> = client.copy_in("COPY t FROM STDIN").await?;
        drop(sink);
        expect_own_answers(&client).await?;
    }
    Ok(())
}

/// Running the statement as a query is an error, whether the server rejects it or waits for rows.
#[net_test]
async fn a_copy_that_is_run_as_a_query() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = connect(&server).await?;
    client.batch_execute("CREATE TABLE t (n int4)").await?;
    for statement in ["COPY nothing FROM STDIN", "COPY t FROM STDIN"] {
        let executed: Result<u64, Error> = client.execute(statement, &[]).await;
        executed.unwrap_err();
        expect_own_answers(&client).await?;
        client.query(statement, &[]).await.unwrap_err();
        expect_own_answers(&client).await?;
    }
    Ok(())
}

/// These only look like a COPY from the client.
#[net_test]
async fn a_copy_that_reads_no_rows_from_the_client() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = connect(&server).await?;
    client.batch_execute("CREATE TABLE t (n int4)").await?;
    for statement in [
        "COPY (SELECT 1 AS stdin FROM (SELECT 2) AS stdin) TO STDOUT",
        "COPY t TO STDOUT WITH (NULL 'FROM STDIN')",
        "COPY t TO STDOUT -- FROM STDIN",
        "COPY t TO STDOUT /* FROM STDIN */",
        "COPY (SELECT $q$ ) FROM STDIN $q$, E'\\') FROM STDIN') TO STDOUT",
    ] {
        client.copy_out(statement).await?;
        expect_own_answers(&client).await?;
    }
    let from_file = client.execute("COPY t FROM '/dev/null'", &[]).await?;
    assert_eq!(from_file, 0);
    expect_own_answers(&client).await
}
