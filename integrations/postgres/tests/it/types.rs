//! Values of Rust's own types, to the server and back.

use std::fmt::Debug;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use net::net_test;
use net_postgres::postgres::types::{FromSqlOwned, ToSql};
use net_postgres::{Client, Result};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::support::{connect, server};

/// The number of values of each type, in addition to its extremes.
const VALUES: usize = 24;

/// A Rust type, and a column for it.
pub(crate) trait Column: ToSql + FromSqlOwned + Sync + Clone + Debug {}

impl<T: ToSql + FromSqlOwned + Sync + Clone + Debug> Column for T {}

/// Sends random values, the extremes and a null, in an array and one by one. All must come back,
/// as an array and as rows.
pub(crate) async fn round_trip<T: Column>(
    client: &Client,
    sql: &str,
    values: impl Strategy<Value = T>,
    extremes: impl IntoIterator<Item = T>,
) -> Result<()> {
    let mut runner = TestRunner::deterministic();
    let chosen = prop::collection::vec(values, VALUES).new_tree(&mut runner);
    let chosen = chosen.expect("values").current();
    let sent: Vec<Option<T>> = [None].into_iter().collect();
    let sent = [sent, extremes.into_iter().chain(chosen).map(Some).collect()].concat();
    let array = client
        .query_one(&format!("SELECT $1::{sql}[]"), &[&sent])
        .await?;
    expect_same(sql, &array.try_get::<_, Vec<Option<T>>>(0)?, &sent);
    let rows = "SELECT ($1::TYPE[])[at] FROM generate_series(1, $2) AS at ORDER BY at";
    let count = i32::try_from(sent.len()).expect("not many");
    let rows = client
        .query(&rows.replace("TYPE", sql), &[&sent, &count])
        .await?;
    let received: Result<Vec<Option<T>>, _> = rows.iter().map(|row| row.try_get(0)).collect();
    expect_same(sql, &received?, &sent);
    one_by_one(client, sql, &sent[..3]).await
}

/// Sends values as parameters of their own.
pub(crate) async fn one_by_one<T: Column>(
    client: &Client,
    sql: &str,
    sent: &[Option<T>],
) -> Result<()> {
    for value in sent {
        let row = client
            .query_one(&format!("SELECT $1::{sql}"), &[value])
            .await?;
        expect_same(sql, &[row.try_get::<_, Option<T>>(0)?], &[value]);
    }
    Ok(())
}

/// Compared as printed, which distinguishes -0 from 0, and in which NaN equals itself.
#[track_caller]
fn expect_same(sql: &str, received: &impl Debug, sent: &impl Debug) {
    assert_eq!(format!("{received:?}"), format!("{sent:?}"), "{sql}");
}

pub(crate) fn text(len: usize) -> impl Strategy<Value = String> {
    // The server does not support NUL in text.
    let chars = prop::collection::vec(any::<char>(), 0..=len);
    chars.prop_map(|chars| chars.into_iter().filter(|char| *char != '\0').collect())
}

#[net_test]
async fn truth_values_and_integers() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    round_trip(client, "bool", any::<bool>(), [true, false]).await?;
    round_trip(client, "\"char\"", any::<i8>(), [i8::MIN, 0, i8::MAX]).await?;
    round_trip(client, "int2", any::<i16>(), [i16::MIN, -1, i16::MAX]).await?;
    round_trip(client, "int4", any::<i32>(), [i32::MIN, -1, i32::MAX]).await?;
    round_trip(client, "int8", any::<i64>(), [i64::MIN, -1, i64::MAX]).await?;
    round_trip(client, "oid", any::<u32>(), [0, 1, u32::MAX]).await
}

#[net_test]
async fn floating_points() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let extremes = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 0.0];
    let edges = [f32::MIN, f32::MAX, f32::MIN_POSITIVE, 1e-45];
    let all = extremes.into_iter().chain(edges);
    round_trip(client, "float4", any::<f32>(), all).await?;
    let edges = [f64::MIN, f64::MAX, f64::MIN_POSITIVE, 5e-324];
    let all = extremes.map(f64::from).into_iter().chain(edges);
    round_trip(client, "float8", any::<f64>(), all).await
}

#[net_test]
async fn texts() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let edges = ["", " ", "'\"\\\n\r\t{},NULL", "\u{1}é😀\u{10ffff}"];
    let edges = || edges.map(str::to_owned);
    round_trip(client, "text", text(40), edges()).await?;
    round_trip(client, "varchar", text(40), edges()).await?;
    round_trip(client, "varchar(40)", text(40), edges()).await?;
    round_trip(client, "bpchar", text(40), edges()).await?;
    // A name has up to 63 bytes.
    round_trip(client, "name", text(15), edges()).await?;
    // CHAR is padded with blanks.
    let row = client.query_one("SELECT $1::char(3)", &[&"é"]).await?;
    assert_eq!(row.get::<_, &str>(0), "é  ");
    Ok(())
}

#[net_test]
async fn a_long_text_and_long_bytes() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let text = "é".repeat(500_000);
    let bytes = vec![0xff_u8; 1_000_000];
    let row = client
        .query_one("SELECT $1::text, $2::bytea", &[&text, &bytes])
        .await?;
    assert!(row.get::<_, &str>(0) == text && row.get::<_, &[u8]>(1) == bytes);
    Ok(())
}

#[net_test]
async fn bytes() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let values = prop::collection::vec(any::<u8>(), 0..100);
    let all = (0..=255).collect();
    round_trip(client, "bytea", values, [vec![], vec![0], all]).await
}

#[net_test]
async fn times_of_the_system() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    // Between the years 1 and 9999, in microseconds.
    let microseconds = -62_135_596_800_000_000_i64..253_402_300_799_999_999;
    let time = |microseconds: i64| {
        let distance = Duration::from_micros(microseconds.unsigned_abs());
        if microseconds < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(distance)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(distance)
        }
    };
    let times = || microseconds.clone().prop_filter_map("no time", time);
    let epoch = [SystemTime::UNIX_EPOCH];
    round_trip(client, "timestamptz", times(), epoch).await?;
    round_trip(client, "timestamp", times(), epoch).await
}

#[net_test]
async fn addresses_of_hosts() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let edges = ["0.0.0.0", "255.255.255.255", "::", "::ffff:1.2.3.4"];
    let edges = edges.map(|text| text.parse().unwrap());
    round_trip(client, "inet", any::<IpAddr>(), edges).await
}

#[net_test]
async fn arrays() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let arrays = prop::collection::vec(any::<Option<i32>>(), 0..5);
    let mut runner = TestRunner::deterministic();
    for _ in 0..5 {
        let sent = Some(arrays.new_tree(&mut runner).unwrap().current());
        one_by_one(client, "int4[]", &[sent]).await?;
    }
    one_by_one::<Vec<i32>>(client, "int4[]", &[None, Some(vec![])]).await?;
    one_by_one(
        client,
        "text[]",
        &[Some(["NULL", "{}", "\"\\", ""].map(str::to_owned))],
    )
    .await?;
    // Any other number of elements is an error.
    let row = client.query_one("SELECT '{1,2,3}'::int4[]", &[]).await?;
    assert_eq!(row.get::<_, [i32; 3]>(0), [1, 2, 3]);
    row.try_get::<_, [i32; 2]>(0).unwrap_err();
    Ok(())
}

/// Types without a Rust counterpart can be exchanged as text.
#[net_test]
async fn others_as_text() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    for (sql, value) in [
        ("numeric", "-123456789012345678901234567890.0000000001"),
        ("numeric", "NaN"),
        ("interval", "1 year 2 mons -3 days +04:05:06.789"),
        ("timetz", "12:34:56.789+05:30"),
        ("int4[][]", "{{1,2},{3,NULL}}"),
        ("int4range", "[1,10)"),
        ("tstzmultirange", "{}"),
        ("daterange", "(,infinity)"),
        ("money", "$1.23"),
        ("pg_lsn", "16/B374D848"),
        ("macaddr8", "08:00:2b:01:02:03:04:05"),
        ("tsvector", "'a':1 'b':2"),
        ("xid8", "18446744073709551615"),
        ("circle", "<(1,2),3>"),
    ] {
        let question = format!("SELECT $1::text::{sql}::text");
        let row = client.query_one(&question, &[&value]).await?;
        let text: &str = row.get(0);
        assert_eq!(text, value, "{sql}");
        // Without the cast it is an error rather than garbage.
        let row = client
            .query_one(&format!("SELECT $1::text::{sql}"), &[&value])
            .await?;
        row.try_get::<_, &str>(0).unwrap_err();
    }
    Ok(())
}

#[net_test]
async fn a_value_of_another_type_is_an_error() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    client
        .query_one("SELECT $1::int4", &[&1_i64])
        .await
        .unwrap_err();
    client
        .query_one("SELECT $1::int4", &[&"1"])
        .await
        .unwrap_err();
    let row = client.query_one("SELECT NULL::int4, 1::int4", &[]).await?;
    row.try_get::<_, i32>(0).unwrap_err();
    row.try_get::<_, i64>(1).unwrap_err();
    row.try_get::<_, i32>(2).unwrap_err();
    row.try_get::<_, i32>("no such column").unwrap_err();
    Ok(())
}
