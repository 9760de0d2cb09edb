//! Rows of a database by `net::mysql`: `mysql_select URL`.

use bench::mysql::{LARGE_SELECT, POINT_SELECT, SETUP};
use bench::selects::{LARGE, Rates, timed};
use net::mysql::prelude::*;
use net::mysql::{Conn, Result};

#[net::net_main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let url = std::env::args().nth(1).unwrap_or_default();
    let mut conn = net::mysql::connect(url).await?;
    for statement in SETUP {
        conn.query_drop(statement).await?;
    }
    let rates = Rates {
        point: timed(async |number| point(&mut conn, number).await).await?,
        large: timed(async |_| large(&mut conn).await).await?,
    };
    println!("{rates}");
    Ok(())
}

async fn point(conn: &mut Conn, number: u32) -> Result<()> {
    let row: Option<(u32, String)> = conn.exec_first(POINT_SELECT, (number % LARGE,)).await?;
    assert!(row.is_some());
    Ok(())
}

async fn large(conn: &mut Conn) -> Result<()> {
    let rows: Vec<(u32, String)> = conn.exec(LARGE_SELECT, ()).await?;
    assert_eq!(rows.len(), LARGE as usize);
    Ok(())
}
