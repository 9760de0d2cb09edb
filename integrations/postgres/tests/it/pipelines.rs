//! Concurrent queries of all kinds, whose results must not be mixed up.

use net::net_test;
use net_postgres::postgres::SimpleQueryMessage;
use net_postgres::postgres::types::Type;
use net_postgres::{Client, Result, postgres};

use crate::support::{connect, server};

/// Queries rows of one column, of three, and of none: with a prepared statement, without one, and
/// as text.
async fn ask_in_every_way(client: &Client, number: i32) -> Result<(), postgres::Error> {
    let one = "SELECT $1::int4";
    let three = "SELECT n, n, $1::int4 FROM generate_series(1, 3) n";
    let one = async { client.query_one(one, &[&number]).await };
    let three = async { client.query(three, &[&number]).await };
    let none = async { client.query("SELECT FROM generate_series(1, 3)", &[]).await };
    let typed = async {
        let parameters: [(&(dyn postgres::types::ToSql + Sync), Type); 1] = [(&number, Type::INT4)];
        client.query_typed("SELECT $1, 'typed'", &parameters).await
    };
    let text = async {
        let queries = format!("SELECT {number}; SELECT 1, 2, 3; SELECT");
        client.simple_query(&queries).await
    };
    let (one, three, none, typed, text) = tokio::join!(one, three, none, typed, text);
    assert_eq!(one?.get::<_, i32>(0), number);
    for row in three? {
        assert_eq!((row.len(), row.get::<_, i32>(2)), (3, number));
    }
    assert!(none?.iter().all(postgres::Row::is_empty));
    assert_eq!(typed?[0].get::<_, i32>(0), number);
    let texts = text?.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some((row.len(), row.try_get(0).ok()??.to_owned())),
        _ => None,
    });
    assert_eq!(
        texts.collect::<Vec<_>>(),
        [(1, number.to_string()), (3, "1".to_owned())]
    );
    Ok(())
}

/// Runs statements that the server rejects: when they are prepared or executed, before or after
/// rows.
async fn be_refused(client: &Client) {
    let unknown = async { client.query("SELECT * FROM nowhere", &[]).await };
    let divided = async {
        client
            .query("SELECT 1 / n FROM (VALUES (0)) v (n)", &[])
            .await
    };
    let later = async {
        client
            .query("SELECT 1 / (3 - n) FROM generate_series(1, 3) n", &[])
            .await
    };
    let text = async {
        client
            .simple_query("SELECT 1; SELECT 1 / 0; SELECT 2")
            .await
    };
    let (unknown, divided, later, text) = tokio::join!(unknown, divided, later, text);
    for error in [unknown.err(), divided.err(), later.err(), text.err()] {
        let error = error.expect("a refusal");
        assert!(error.as_db_error().is_some(), "{error}");
    }
}

#[net_test]
async fn each_query_receives_its_own_rows() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = connect(&server).await?;
    for number in (0..40).step_by(4) {
        let (a, b, (), c) = tokio::join!(
            ask_in_every_way(&client, number),
            ask_in_every_way(&client, number + 1),
            be_refused(&client),
            ask_in_every_way(&client, number + 2),
        );
        a.and(b).and(c)?;
    }
    Ok(())
}

#[net_test]
async fn portals_return_their_rows_in_parts() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let mut client = connect(&server).await?;
    let transaction = client.transaction().await?;
    let one = transaction.bind("SELECT n FROM generate_series(1, 5) n", &[]);
    let two = transaction.bind("SELECT n, n FROM generate_series(1, 5) n", &[]);
    let (one, two) = tokio::join!(one, two);
    let (one, two) = (one?, two?);
    for expected in [2, 2, 1, 0] {
        let some = transaction.query_portal(&one, 2);
        let others = transaction.query_portal(&two, 2);
        let (some, others) = tokio::join!(some, others);
        let (some, others) = (some?, others?);
        assert_eq!((some.len(), others.len()), (expected, expected));
        assert!(some.iter().all(|row| row.len() == 1));
        assert!(others.iter().all(|row| row.len() == 2));
    }
    drop((one, two));
    transaction.commit().await?;
    Ok(())
}
