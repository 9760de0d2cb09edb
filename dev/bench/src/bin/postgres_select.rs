//! Rows of a database by `net::postgres`: `postgres_select URL`.

use bench::postgres::{LARGE_SELECT, POINT_SELECT, SETUP};
use bench::selects::{LARGE, Rates, timed};
use net::postgres::postgres::Statement;
use net::postgres::{Client, Result};

#[net::net_main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let url = std::env::args().nth(1).unwrap_or_default();
    let client = net::postgres::connect(&url).await?;
    client.batch_execute(SETUP).await?;
    let one = client.prepare(POINT_SELECT).await?;
    let all = client.prepare(LARGE_SELECT).await?;
    let rates = Rates {
        point: timed(async |number| point(&client, &one, number).await).await?,
        large: timed(async |_| large(&client, &all).await).await?,
    };
    println!("{rates}");
    Ok(())
}

async fn point(client: &Client, statement: &Statement, number: u32) -> Result<()> {
    let key = (number % LARGE).cast_signed();
    let row = client.query_one(statement, &[&key]).await?;
    let (id, name): (i32, String) = (row.get(0), row.get(1));
    assert!(id == key && !name.is_empty());
    Ok(())
}

async fn large(client: &Client, statement: &Statement) -> Result<()> {
    let rows = client.query(statement, &[]).await?;
    let rows = rows.iter().map(|row| (row.get(0), row.get(1)));
    let rows: Vec<(i32, String)> = rows.collect();
    assert_eq!(rows.len(), LARGE as usize);
    Ok(())
}
