//! Values of the types of other crates, to the server and back.

use bit_vec::BitVec;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use cidr::{IpCidr, IpInet};
use eui48::MacAddress;
use geo_types::{LineString, Point, Rect};
use net::net_test;
use net_postgres::Result;
use net_postgres::postgres::types::{Date, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{connect, server};
use crate::types::{round_trip, text};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

#[net_test]
async fn json_of_serde_json() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f32>().prop_filter_map("finite", |number| {
            let number = f64::from(number);
            (number.abs() > 1e-3 && number.abs() < 1e9 && number.fract() != 0.0)
                .then(|| Value::from(number))
        }),
        text(10).prop_map(Value::from),
    ];
    let values = leaf.prop_recursive(3, 16, 4, |inner| {
        let member = (text(5), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            prop::collection::vec(member, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    let edges = [
        json!(null),
        json!({}),
        json!([]),
        json!({"": [i64::MIN, u64::MAX]}),
    ];
    for sql in ["json", "jsonb"] {
        round_trip(client, sql, &values, edges.clone()).await?;
    }
    Ok(())
}

#[net_test]
async fn uuids_of_uuid() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let values = any::<u128>().prop_map(Uuid::from_u128);
    round_trip(client, "uuid", values, [Uuid::nil(), Uuid::max()]).await
}

#[net_test]
async fn dates_and_times_of_chrono() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    // The server's first year, and chrono's last.
    let (first, last) = (day(-4712, 1, 1), day(262_142, 12, 31));
    let days = 0..(last - first).num_days();
    let date = move |days| first + TimeDelta::days(days);
    let time = |microseconds| NaiveTime::MIN + TimeDelta::microseconds(microseconds);
    let dates = || days.clone().prop_map(date);
    let times = || (0..DAY).prop_map(time);
    let moment = |(date, time): (NaiveDate, NaiveTime)| date.and_time(time);
    let moments = || (dates(), times()).prop_map(moment);
    let edges = || [first, last].map(|day| day.and_time(time(DAY - 1)));
    round_trip(client, "date", dates(), [first, last]).await?;
    round_trip(client, "time", times(), [time(0), time(DAY - 1)]).await?;
    round_trip(client, "timestamp", moments(), edges()).await?;
    let utc = |moment: NaiveDateTime| moment.and_utc();
    round_trip(
        client,
        "timestamptz",
        moments().prop_map(utc),
        edges().map(utc),
    )
    .await
}

#[net_test]
async fn dates_and_times_of_time() -> Result<()> {
    use time::{Date, Duration, PrimitiveDateTime, Time};

    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let first = Date::from_ordinal_date(-4711, 1).unwrap();
    let days = 0..(Date::MAX - first).whole_days();
    let date = move |days| first + Duration::days(days);
    let time = |microseconds| Time::MIDNIGHT + Duration::microseconds(microseconds);
    let dates = || days.clone().prop_map(date);
    let times = || (0..DAY).prop_map(time);
    let moments = || (dates(), times()).prop_map(|(date, time)| PrimitiveDateTime::new(date, time));
    let edges = || [first, Date::MAX].map(|day| PrimitiveDateTime::new(day, time(DAY - 1)));
    round_trip(client, "date", dates(), [first, Date::MAX]).await?;
    round_trip(client, "time", times(), [time(0), time(DAY - 1)]).await?;
    round_trip(client, "timestamp", moments(), edges()).await?;
    let utc = |moment: PrimitiveDateTime| moment.assume_utc();
    round_trip(
        client,
        "timestamptz",
        moments().prop_map(utc),
        edges().map(utc),
    )
    .await
}

#[net_test]
async fn infinite_dates_are_a_type_of_their_own() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let moment = DateTime::<Utc>::UNIX_EPOCH;
    let dates = [
        Date::NegInfinity,
        Date::Value(moment.date_naive()),
        Date::PosInfinity,
    ];
    round_trip(client, "date", Just(dates[1]), dates).await?;
    let moments = [
        Timestamp::NegInfinity,
        Timestamp::Value(moment),
        Timestamp::PosInfinity,
    ];
    round_trip(client, "timestamptz", Just(moments[1]), moments).await?;
    // For other types they are errors, and so are dates out of range.
    let question = "SELECT date 'infinity', timestamptz '-infinity', date '5874897-12-31'";
    let row = client.query_one(question, &[]).await?;
    row.try_get::<_, NaiveDate>(0).unwrap_err();
    row.try_get::<_, time::Date>(0).unwrap_err();
    row.try_get::<_, DateTime<Utc>>(1).unwrap_err();
    row.try_get::<_, time::OffsetDateTime>(1).unwrap_err();
    row.try_get::<_, NaiveDate>(2).unwrap_err();
    row.try_get::<_, time::Date>(2).unwrap_err();
    Ok(())
}

#[net_test]
async fn networks_of_cidr_and_addresses_of_eui48() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let inet = |(address, len): (std::net::IpAddr, u8)| {
        let longest = if address.is_ipv4() { 32 } else { 128 };
        IpInet::new(address, len.min(longest)).unwrap()
    };
    let inets = || (any::<std::net::IpAddr>(), 0..=128_u8).prop_map(inet);
    let edges = || ["0.0.0.0/0", "1.2.3.4/32", "::/0", "::1/128"];
    let edge = |text: &str| text.parse::<IpInet>().unwrap();
    round_trip(client, "inet", inets(), edges().map(edge)).await?;
    let network = |inet: IpInet| -> IpCidr { inet.network() };
    let networks = inets().prop_map(network);
    round_trip(client, "cidr", networks, edges().map(edge).map(network)).await?;
    let macs = any::<[u8; 6]>().prop_map(MacAddress::new);
    let edges = [MacAddress::new([0; 6]), MacAddress::new([0xff; 6])];
    round_trip(client, "macaddr", macs, edges).await
}

#[net_test]
async fn bits_of_bit_vec() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let values = prop::collection::vec(any::<bool>(), 0..40);
    let values = values.prop_map(|bits| bits.into_iter().collect::<BitVec>());
    let all = BitVec::from_elem(17, true);
    round_trip(client, "varbit", values, [BitVec::new(), all]).await?;
    let eights = any::<u8>().prop_map(|byte| BitVec::from_bytes(&[byte]));
    let edge = BitVec::from_elem(8, false);
    round_trip(client, "bit(8)", eights, [edge.clone(), edge]).await
}

#[net_test]
async fn shapes_of_geo_types() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let pair = || (-1e9_f64..1e9, -1e9_f64..1e9);
    let point = |(x, y)| Point::new(x, y);
    round_trip(
        client,
        "point",
        pair().prop_map(point),
        [point((-0.0, f64::MAX)); 2],
    )
    .await?;
    let rect = |(one, other): ((f64, f64), (f64, f64))| Rect::new(one, other);
    let edge = rect(((0.0, 0.0), (0.0, 0.0)));
    round_trip(client, "box", (pair(), pair()).prop_map(rect), [edge; 2]).await?;
    let lines = prop::collection::vec(pair(), 1..5).prop_map(LineString::from);
    let edge = LineString::from(vec![(1.0, 2.0)]);
    round_trip(client, "path", lines, [edge.clone(), edge]).await
}
