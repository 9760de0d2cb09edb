//! Values of types of crates that implement the traits of tokio-postgres.

use chrono::{DateTime, TimeDelta, Utc};
use net::net_test;
use net_postgres::Result;
use pg_interval::Interval;
use postgres_array::{Array, Dimension};
use postgres_range::{BoundType, Normalizable, Range, RangeBound};
use proptest::prelude::*;

use crate::support::{connect, server};
use crate::types::{one_by_one, round_trip};

/// The crate does not implement the traits on wasm.
#[cfg(not(target_family = "wasm"))]
#[net_test]
async fn numbers_of_rust_decimal() -> Result<()> {
    use rust_decimal::Decimal;

    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let values = (any::<i64>(), 0..19_u32).prop_map(|(digits, scale)| Decimal::new(digits, scale));
    let smallest = Decimal::new(1, 28);
    let extremes = [Decimal::MIN, Decimal::MAX, Decimal::ZERO, smallest];
    round_trip(client, "numeric", values, extremes).await?;
    for beyond in ["NaN", "Infinity", "1e40", "-1e1000"] {
        let row = client
            .query_one(&format!("SELECT '{beyond}'::numeric"), &[])
            .await?;
        assert!(row.try_get::<_, Decimal>(0).is_err(), "{beyond}");
    }
    Ok(())
}

#[net_test]
async fn intervals_of_pg_interval() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let values = any::<(i32, i32, i64)>();
    let values = values.prop_map(|(months, days, rest)| Interval::new(months, days, rest));
    let extremes = [
        Interval::new(0, 0, 0),
        Interval::new(i32::MIN + 1, i32::MIN + 1, i64::MIN + 1),
        Interval::new(i32::MAX, i32::MAX, i64::MAX),
    ];
    round_trip(client, "interval", values, extremes).await
}

/// Ranges in the canonical form of the server: the lower bound is inclusive, the upper exclusive.
fn ranges<T: PartialOrd + Normalizable + std::fmt::Debug>(
    ends: impl Strategy<Value = (T, T)>,
) -> impl Strategy<Value = Range<T>> {
    let range = |(one, other): (T, T)| {
        let (lower, upper) = if one < other {
            (one, other)
        } else {
            (other, one)
        };
        if lower == upper {
            return Range::empty();
        }
        Range::new(
            Some(RangeBound::new(lower, BoundType::Inclusive)),
            Some(RangeBound::new(upper, BoundType::Exclusive)),
        )
    };
    ends.prop_map(range)
}

#[net_test]
async fn ranges_of_postgres_range() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let everything = || Range::new(None, None);
    let numbers = ranges(any::<(i32, i32)>());
    round_trip(client, "int4range", numbers, [Range::empty(), everything()]).await?;
    let numbers = ranges(any::<(i64, i64)>());
    let positive = Range::new(Some(RangeBound::new(1, BoundType::Inclusive)), None);
    round_trip(client, "int8range", numbers, [positive, Range::empty()]).await?;
    let moment = |microseconds| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::microseconds(microseconds);
    let moment = move |(one, other): (i32, i32)| (moment(one.into()), moment(other.into()));
    let moments = ranges(any::<(i32, i32)>().prop_map(moment));
    let extremes = [Range::empty(), Range::new(None, None)];
    round_trip(client, "tstzrange", moments, extremes).await?;
    let local = move |ends| {
        let (one, other) = moment(ends);
        (one.naive_utc(), other.naive_utc())
    };
    let moments = ranges(any::<(i32, i32)>().prop_map(local));
    let extremes = [Range::empty(), Range::new(None, None)];
    round_trip(client, "tsrange", moments, extremes).await
}

#[net_test]
async fn arrays_of_arrays_of_postgres_array() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let dimension = |len, lower_bound| Dimension { len, lower_bound };
    let flat = Array::from_vec(vec![Some(1), None, Some(3)], 1);
    let square = Array::from_parts(
        vec![Some(1), Some(2), None, Some(4), Some(5), Some(6)],
        vec![dimension(2, 1), dimension(3, -1)],
    );
    let arrays = [Some(flat), Some(square), None];
    one_by_one(client, "int4[]", &arrays).await?;
    let row = client
        .query_one("SELECT ARRAY[['a', 'b'], ['c', NULL]]", &[])
        .await?;
    let texts: Array<Option<String>> = row.try_get(0)?;
    assert_eq!(texts[(2, 1)].as_deref(), Some("c"));
    Ok(())
}
