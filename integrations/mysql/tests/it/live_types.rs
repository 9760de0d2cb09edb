//! Values of every type of column, to the server and back, by both protocols.

use net::net_test;
use net_mysql::prelude::*;
use net_mysql::{Conn, Result, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::live::{Live, servers};

/// The number of values of each type.
const VALUES: usize = 8;

/// A column type, and values of it.
struct Kind {
    sql: &'static str,
    values: BoxedStrategy<Value>,
    /// Values that must be included.
    extremes: Vec<Value>,
}

fn kind(
    sql: &'static str,
    values: impl Strategy<Value = Value> + 'static,
    extremes: impl IntoIterator<Item = Value>,
) -> Kind {
    Kind {
        sql,
        values: values.boxed(),
        extremes: extremes.into_iter().collect(),
    }
}

fn integers(sql: &'static str, bits: u32) -> Kind {
    let [least, most] = [i64::MIN, i64::MAX].map(|edge| edge >> (64 - bits));
    let values = (least..=most).prop_map(Value::Int);
    kind(sql, values, [least, -1, 0, most].map(Value::Int))
}

fn naturals(sql: &'static str, bits: u32) -> Kind {
    let most = u64::MAX >> (64 - bits);
    let number = |number: u64| i64::try_from(number).map_or(Value::UInt(number), Value::Int);
    kind(sql, (0..=most).prop_map(number), [0, most].map(number))
}

fn texts(sql: &'static str, longest: usize) -> Kind {
    let text = prop::collection::vec(any::<char>(), 0..=longest);
    // The server strips trailing spaces of CHAR.
    let text = text.prop_map(|chars| chars.into_iter().collect::<String>());
    let text = text.prop_map(|text| Value::from(text.trim_end().to_owned()));
    let edges = ["", "'\"\\\0\n\r\u{1a}%_;--", "é😀\u{10ffff}"].map(Value::from);
    kind(sql, text, edges)
}

fn bytes(sql: &'static str, lengths: std::ops::RangeInclusive<usize>) -> Kind {
    let least = vec![0; *lengths.start()];
    let values = prop::collection::vec(any::<u8>(), lengths);
    kind(sql, values.prop_map(Value::Bytes), [Value::Bytes(least)])
}

fn dates() -> impl Strategy<Value = (u16, u8, u8)> {
    (1000_u16..=9999, 1_u8..=12, 1_u8..=28)
}

fn kinds() -> Vec<Kind> {
    [numbers(), reals(), times(), texts_and_bytes()]
        .into_iter()
        .flatten()
        .collect()
}

fn numbers() -> Vec<Kind> {
    // MySQL takes them for text when it receives them, which must be UTF-8.
    let bits = |bits: u64| Value::Bytes((bits & 0x7f7f_7f7f_7f7f_7f7f).to_be_bytes().to_vec());
    vec![
        integers("TINYINT", 8),
        integers("SMALLINT", 16),
        integers("MEDIUMINT", 24),
        integers("INT", 32),
        integers("BIGINT", 64),
        naturals("TINYINT UNSIGNED", 8),
        naturals("SMALLINT UNSIGNED", 16),
        naturals("MEDIUMINT UNSIGNED", 24),
        naturals("INT UNSIGNED", 32),
        naturals("BIGINT UNSIGNED", 64),
        kind("BOOL", any::<bool>().prop_map(Value::from), []),
        // More digits are printed for the same number.
        kind("INT(5) ZEROFILL", (0_i64..9).prop_map(Value::Int), []),
        kind(
            "BIT(1)",
            Just(Value::Bytes(vec![1])),
            [Value::Bytes(vec![0])],
        ),
        kind(
            "BIT(64)",
            any::<u64>().prop_map(bits),
            [0, u64::MAX].map(bits),
        ),
    ]
}

fn reals() -> Vec<Kind> {
    let floats = prop::num::f32::NORMAL.prop_map(Value::Float);
    let doubles = prop::num::f64::NORMAL.prop_map(Value::Double);
    let decimals = (any::<i32>(), 0_u32..100_000);
    let decimals = decimals.prop_map(|(whole, part)| Value::from(format!("{whole}.{part:05}")));
    vec![
        kind("FLOAT", floats, [f32::MIN, 0.0, f32::MAX].map(Value::Float)),
        kind(
            "DOUBLE",
            doubles,
            [f64::MIN, 0.0, f64::MAX].map(Value::Double),
        ),
        kind("DECIMAL(20, 5)", decimals, [Value::from("0.00001")]),
        kind(
            "DECIMAL(65, 30)",
            Just(Value::from(format!(
                "-{}.{}",
                "9".repeat(35),
                "9".repeat(30)
            ))),
            [Value::from(format!("0.{}", "0".repeat(30)))],
        ),
    ]
}

fn times() -> Vec<Kind> {
    let date = |(y, m, d)| Value::Date(y, m, d, 0, 0, 0, 0);
    let clock = (0_u8..24, 0_u8..60, 0_u8..60, 0_u32..1_000_000);
    let moment = |((y, m, d), (h, i, s, u))| Value::Date(y, m, d, h, i, s, u);
    let stamps = ((1971_u16..=2037, 1_u8..=12, 1_u8..=28), clock.clone()).prop_map(moment);
    let times = (any::<bool>(), 0_u32..34, clock.clone());
    let times = times.prop_map(|(negative, days, (h, i, s, u))| {
        Value::Time(
            negative && (days, h, i, s, u) != (0, 0, 0, 0, 0),
            days,
            h,
            i,
            s,
            u,
        )
    });
    vec![
        kind(
            "YEAR",
            (1901_i64..=2155).prop_map(Value::Int),
            [Value::Int(0)],
        ),
        kind(
            "DATE",
            dates().prop_map(date),
            [
                (1000, 1, 1),
                (9999, 12, 31),
                (0, 0, 0),
                (2024, 2, 29),
                // Which are not valid.
                (2024, 2, 31),
                (2024, 0, 0),
            ]
            .map(date),
        ),
        kind(
            "DATETIME(6)",
            (dates(), clock).prop_map(moment),
            [
                Value::Date(0, 0, 0, 0, 0, 0, 0),
                Value::Date(9999, 12, 31, 23, 59, 59, 999_999),
                Value::Date(2024, 1, 1, 0, 0, 0, 1),
            ],
        ),
        kind(
            "DATETIME",
            (dates(), (0_u8..24, 0_u8..60, 0_u8..60, Just(0_u32))).prop_map(moment),
            [Value::Date(2024, 2, 31, 0, 0, 1, 0)],
        ),
        kind("TIMESTAMP(6)", stamps, [Value::Date(0, 0, 0, 0, 0, 0, 0)]),
        kind(
            "TIME(6)",
            times,
            [
                Value::Time(false, 0, 0, 0, 0, 0),
                Value::Time(true, 34, 22, 59, 59, 0),
                Value::Time(false, 34, 22, 59, 59, 0),
                Value::Time(true, 0, 0, 0, 0, 1),
            ],
        ),
    ]
}

fn texts_and_bytes() -> Vec<Kind> {
    let set = prop::sample::select(vec!["", "a", "b", "a,b"]).prop_map(Value::from);
    vec![
        texts("CHAR(40) CHARACTER SET utf8mb4", 40),
        texts("VARCHAR(200) CHARACTER SET utf8mb4", 200),
        texts("TINYTEXT CHARACTER SET utf8mb4", 60),
        texts("TEXT CHARACTER SET utf8mb4", 300),
        texts("MEDIUMTEXT CHARACTER SET utf16", 300),
        texts("LONGTEXT CHARACTER SET utf32", 300),
        bytes("BINARY(8)", 8..=8),
        bytes("VARBINARY(300)", 0..=300),
        bytes("TINYBLOB", 0..=255),
        bytes("BLOB", 0..=1000),
        bytes("MEDIUMBLOB", 0..=1000),
        bytes("LONGBLOB", 0..=1000),
        kind("ENUM('a', 'b')", Just(Value::from("a")), [Value::from("b")]),
        kind("SET('a', 'b')", set, []),
    ]
}

/// Types that only MariaDB has, which it exchanges as text.
fn kinds_of_mariadb() -> Vec<Kind> {
    let uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}";
    let uuid = prop::string::string_regex(uuid).expect("a pattern");
    let v4 = any::<std::net::Ipv4Addr>().prop_map(|ip| Value::from(ip.to_string()));
    let v6 = prop::collection::vec(0x100_u16.., 8).prop_map(|parts| {
        let parts: Vec<_> = parts.iter().map(|part| format!("{part:x}")).collect();
        Value::from(parts.join(":"))
    });
    vec![
        kind("UUID", uuid.prop_map(Value::from), []),
        kind("INET4", v4, []),
        kind("INET6", v6, [Value::from("::1")]),
    ]
}

/// Some values of a type, NULL and the extremes among them.
fn samples(kind: &Kind, runner: &mut TestRunner) -> Vec<Value> {
    let mut values = kind.extremes.clone();
    values.push(Value::NULL);
    values.extend((0..VALUES).map(|_| {
        let value = kind.values.new_tree(runner);
        value.expect("a value").current()
    }));
    values
}

async fn round_trip(server: &Live, kind: &Kind, values: &[Value]) -> Result<()> {
    // Zero and invalid dates are allowed here.
    let lax = [
        "SET sql_mode = 'ALLOW_INVALID_DATES'",
        "SET time_zone = '+00:00'",
    ];
    let opts = server.opts().with_setup(lax);
    let mut conn = Conn::connect(&net::Net::default(), opts).await?;
    let sql = kind.sql;
    conn.query_drop(format!(
        "CREATE TEMPORARY TABLE t (id INT PRIMARY KEY, v {sql} NULL)"
    ))
    .await?;
    let rows: Vec<_> = (0_u32..).zip(values.iter().cloned()).collect();
    conn.exec_batch("INSERT INTO t VALUES (?, ?)", rows).await?;
    let binary: Vec<Value> = conn.exec("SELECT v FROM t ORDER BY id", ()).await?;
    assert_eq!(binary, values, "{sql} of {}", server.name);

    // A value that was read as text equals the original when it is sent back as text.
    let text: Vec<Value> = conn.query("SELECT v FROM t ORDER BY id").await?;
    for (value, text) in values.iter().zip(text) {
        match (value, text) {
            (Value::NULL, text) => assert_eq!(text, Value::NULL, "{sql}"),
            (Value::Bytes(bytes), text) => assert_eq!(text, Value::Bytes(bytes.clone()), "{sql}"),
            // Its text has fewer digits.
            (Value::Float(_), text) => assert!(matches!(text, Value::Bytes(_))),
            (value, text) => {
                let again = "SELECT CAST(v AS CHAR) FROM t WHERE v = ? LIMIT 1";
                let again: Option<Value> = conn.exec_first(again, (value.clone(),)).await?;
                assert_eq!(again, Some(text), "{sql}: {value:?} of {}", server.name);
            }
        }
    }
    Ok(())
}

#[net_test]
async fn every_type_of_column_comes_back_as_it_was_sent() -> Result<()> {
    let mut runner = TestRunner::deterministic();
    for server in servers().await {
        let mut kinds = kinds();
        if server.is_mariadb() {
            kinds.extend(kinds_of_mariadb());
        }
        for kind in kinds {
            let values = samples(&kind, &mut runner);
            round_trip(server, &kind, &values).await?;
        }
    }
    Ok(())
}

#[net_test]
async fn json_and_shapes_come_back() -> Result<()> {
    for server in servers().await {
        let mut conn = server.conn().await?;
        conn.query_drop("CREATE TEMPORARY TABLE t (j JSON, g GEOMETRY)")
            .await?;
        let json = r#"{"a": [1, null, "é"]}"#;
        conn.exec_drop(
            "INSERT INTO t VALUES (?, ST_GeomFromText('POINT(1 2)'))",
            (json,),
        )
        .await?;
        for exec in [true, false] {
            let text = "SELECT j, g FROM t";
            let row: Option<(String, Vec<u8>)> = if exec {
                conn.exec_first(text, ()).await?
            } else {
                conn.query_first(text).await?
            };
            let (read, shape) = row.expect("a row");
            assert_eq!(read, json);
            // The spatial reference system, the byte order, the type, and two doubles.
            assert_eq!(shape.len(), 4 + 1 + 4 + 16);
        }
    }
    Ok(())
}

#[net_test]
async fn vectors_of_mysql_come_back() -> Result<()> {
    for server in servers().await.into_iter().filter(|it| !it.is_mariadb()) {
        let mut conn = server.conn().await?;
        conn.query_drop("CREATE TEMPORARY TABLE t (v VECTOR(2))")
            .await?;
        let insert = "INSERT INTO t VALUES (STRING_TO_VECTOR(?))";
        conn.exec_drop(insert, ("[1, -2.5]",)).await?;
        let vector = [1_f32.to_le_bytes(), (-2.5_f32).to_le_bytes()].concat();
        let binary: Option<Vec<u8>> = conn.exec_first("SELECT v FROM t", ()).await?;
        let text: Option<Vec<u8>> = conn.query_first("SELECT v FROM t").await?;
        assert_eq!(
            (binary.as_ref(), text.as_ref()),
            (Some(&vector), Some(&vector))
        );
    }
    Ok(())
}

#[net_test]
async fn texts_come_in_the_character_set_of_the_connection() -> Result<()> {
    for server in servers().await {
        let mut unicode = server.conn().await?;
        unicode
            .query_drop("CREATE TABLE latin (a VARCHAR(9) CHARACTER SET latin1)")
            .await?;
        unicode
            .exec_drop("INSERT INTO latin VALUES (?)", ("é€",))
            .await?;
        let opts = server.opts().with_charset("latin1");
        let mut latin = Conn::connect(&net::Net::default(), opts).await?;
        let select = "SELECT a FROM latin";
        let binary: Option<String> = unicode.exec_first(select, ()).await?;
        let text: Option<String> = unicode.query_first(select).await?;
        assert_eq!(
            (binary.as_deref(), text.as_deref()),
            (Some("é€"), Some("é€"))
        );
        let bytes: Option<Vec<u8>> = latin.exec_first(select, ()).await?;
        assert_eq!(bytes.as_deref(), Some(&[0xe9, 0x80][..]));
        // It is not UTF-8, and thus not a string.
        latin
            .exec_first::<String, _, _>(select, ())
            .await
            .unwrap_err();
        unicode.query_drop("DROP TABLE latin").await?;
    }
    Ok(())
}

#[net_test]
async fn dates_that_rust_types_cannot_represent_are_errors() -> Result<()> {
    for server in servers().await {
        let mut conn = server.conn().await?;
        conn.query_drop("SET sql_mode = ''").await?;
        let zero: Option<Value> = conn
            .exec_first("SELECT CAST('0000-00-00' AS DATE)", ())
            .await?;
        assert!(matches!(
            zero,
            Some(Value::NULL | Value::Date(0, 0, 0, 0, 0, 0, 0))
        ));
        let negative: std::result::Result<Option<std::time::Duration>, _> = conn
            .exec_first("SELECT CAST('-01:00:00' AS TIME)", ())
            .await;
        negative.unwrap_err();
        let hours: Option<std::time::Duration> = conn
            .exec_first("SELECT CAST('838:59:59' AS TIME)", ())
            .await?;
        assert_eq!(
            hours,
            Some(std::time::Duration::from_secs(838 * 3600 + 59 * 60 + 59))
        );
    }
    Ok(())
}
