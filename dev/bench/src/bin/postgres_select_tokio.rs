//! The same by `tokio_postgres` on plain tokio: `postgres_select_tokio URL`.

use std::error::Error;

use bench::postgres::{LARGE_SELECT, POINT_SELECT, SETUP};
use bench::selects::{LARGE, Rates, timed};
use tokio_postgres::{Client, NoTls, Statement};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let url = std::env::args().nth(1).unwrap_or_default();
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(SETUP).await?;
        let one = client.prepare(POINT_SELECT).await?;
        let all = client.prepare(LARGE_SELECT).await?;
        let rates = Rates {
            point: timed(async |number| point(&client, &one, number).await).await?,
            large: timed(async |_| large(&client, &all).await).await?,
        };
        println!("{rates}");
        Ok(())
    })
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
