//! Values of types that a user or an extension has defined, to the server and back.

use std::collections::HashMap;

use net::net_test;
use net_postgres::{Client, Result};
use postgres_types::{FromSql, ToSql};
use proptest::prelude::*;

use crate::support::{connect, server};
use crate::types::{one_by_one, round_trip, text};

#[derive(Debug, Clone, Copy, ToSql, FromSql)]
#[postgres(name = "mood", rename_all = "lowercase")]
enum Mood {
    Sad,
    Ok,
    Happy,
}

#[derive(Debug, Clone, ToSql, FromSql)]
#[postgres(name = "item")]
struct Item {
    name: String,
    price: Option<i32>,
    moods: Vec<Mood>,
}

#[derive(Debug, Clone, ToSql, FromSql)]
#[postgres(name = "positive")]
struct Positive(i32);

fn moods() -> impl Strategy<Value = Mood> {
    prop::sample::select(vec![Mood::Sad, Mood::Ok, Mood::Happy])
}

#[net_test]
async fn enumerations() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let make = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')";
    client.batch_execute(make).await?;
    round_trip(client, "mood", moods(), [Mood::Sad, Mood::Happy]).await?;
    client
        .batch_execute("ALTER TYPE mood ADD VALUE 'angry'")
        .await?;
    let row = client.query_one("SELECT 'angry'::mood", &[]).await?;
    row.try_get::<_, Mood>(0).unwrap_err();
    Ok(())
}

#[net_test]
async fn composites() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let make = "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); \
                CREATE TYPE item AS (name text, price int4, moods mood[])";
    client.batch_execute(make).await?;
    let moods = prop::collection::vec(moods(), 0..3);
    let parts = (text(10), any::<Option<i32>>(), moods);
    let items = parts.prop_map(|(name, price, moods)| Item { name, price, moods });
    let edge = |name: &str| Item {
        name: name.to_owned(),
        price: None,
        moods: vec![],
    };
    round_trip(client, "item", items, ["", "(,)\"\\"].map(edge)).await
}

/// Each is looked up separately, and the number of lookups per statement is limited.
#[net_test]
async fn many_types_in_each_of_several_statements() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    for statement in ["a", "b", "c"] {
        let names = (0..150).map(|number| format!("{statement}{number}"));
        let make = names
            .clone()
            .map(|name| format!("CREATE TYPE {name} AS ENUM ()"));
        client
            .batch_execute(&make.collect::<Vec<_>>().join(";"))
            .await?;
        let columns: Vec<_> = names.map(|name| format!("NULL::{name}")).collect();
        let row = client
            .query_one(&format!("SELECT {}", columns.join(",")), &[])
            .await?;
        assert_eq!(row.len(), 150);
        assert_eq!(row.columns()[149].type_().name(), format!("{statement}149"));
    }
    Ok(())
}

#[net_test]
async fn domains() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    let make = "CREATE DOMAIN positive AS int4 CHECK (value > 0)";
    client.batch_execute(make).await?;
    let array = vec![Positive(1), Positive(i32::MAX)];
    one_by_one(client, "positive[]", &[Some(array)]).await?;
    // A parameter has the type of the domain, a column its base type.
    let question = "SELECT $1::positive";
    let row = client.query_one(question, &[&Positive(7)]).await?;
    assert_eq!(row.get::<_, i32>(0), 7);
    let error = client.query_one(question, &[&Positive(-1)]).await;
    assert!(error.unwrap_err().as_db_error().is_some());
    Ok(())
}

/// Returns whether the server has an extension, which may be a separate package.
async fn has_extension(client: &Client, name: &str) -> bool {
    let make = format!("CREATE EXTENSION {name}");
    match client.batch_execute(&make).await {
        Ok(()) => true,
        Err(error) => {
            eprintln!("skipped: no extension {name}: {error}");
            false
        }
    }
}

#[net_test]
async fn maps_of_hstore() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    if !has_extension(client, "hstore").await {
        return Ok(());
    }
    // With one entry, since the order of several is random.
    let member = (text(10), prop::option::of(text(10)));
    let maps = member.prop_map(|member| HashMap::from([member]));
    let edges = [HashMap::new(), HashMap::from([(String::new(), None)])];
    round_trip(client, "hstore", maps, edges).await
}

#[net_test]
async fn paths_of_ltree_and_texts_of_citext() -> Result<()> {
    let Some(server) = server().await else {
        return Ok(());
    };
    let client = &connect(&server).await?;
    if has_extension(client, "ltree").await {
        let edges = ["", "a.b_1.c"].map(str::to_owned);
        round_trip(client, "ltree", "[a-z]{1,9}(\\.[a-z0-9_]{1,9}){0,4}", edges).await?;
    }
    if has_extension(client, "citext").await {
        let edges = ["", "Abc"].map(str::to_owned);
        round_trip(client, "citext", text(20), edges).await?;
    }
    Ok(())
}
