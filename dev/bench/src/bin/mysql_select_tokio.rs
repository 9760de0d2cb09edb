//! The same by `mysql_async` on plain tokio: `mysql_select_tokio URL`.

use bench::mysql::{LARGE_SELECT, POINT_SELECT, SETUP};
use bench::selects::{LARGE, Rates, timed};
use mysql_async::prelude::*;
use mysql_async::{Conn, Result};

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let url = std::env::args().nth(1).unwrap_or_default();
        let mut conn = Conn::from_url(url).await?;
        for statement in SETUP {
            conn.query_drop(statement).await?;
        }
        let rates = Rates {
            point: timed(async |number| point(&mut conn, number).await).await?,
            large: timed(async |_| large(&mut conn).await).await?,
        };
        println!("{rates}");
        conn.disconnect().await
    })
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
