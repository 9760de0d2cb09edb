//! Records orders in MySQL or MariaDB, and lists them.
//!
//! ```text
//! cargo run --example mysql_orders mysql://root@127.0.0.1/test add tea 3
//! cargo run --example mysql_orders mysql://root@127.0.0.1/test list
//! cargo xtask run wasmedge mysql_orders mysql://root@127.0.0.1/test list
//! ```
//!
//! An order and the update of the stock are one transaction.

use std::process::ExitCode;

use net::mysql::prelude::*;
use net::mysql::{Conn, Pool, Result, TxOpts, params};

/// The initial stock.
const STOCK: [(&str, u32); 2] = [("tea", 10), ("coffee", 5)];

#[net::net_main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        [url, "list"] => list(url).await,
        [url, "add", item, pieces] => match pieces.parse() {
            Ok(pieces) => add(url, item, pieces).await,
            Err(_) => return usage(),
        },
        _ => return usage(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: mysql_orders URL list\n       mysql_orders URL add ITEM PIECES");
    ExitCode::FAILURE
}

async fn list(url: &str) -> Result<()> {
    let pool = Pool::new(url)?;
    let mut conn = pool.get_conn().await?;
    create_tables(&mut conn).await?;
    let orders = "SELECT id, item, pieces FROM orders ORDER BY id";
    let mut orders = conn.query_iter(orders).await?;
    while let Some(row) = orders.next().await? {
        let (id, item, pieces): (u32, String, u32) = net::mysql::from_row(row);
        println!("{id}: {pieces} of {item}");
    }
    Ok(())
}

async fn add(url: &str, item: &str, pieces: u32) -> Result<()> {
    let pool = Pool::new(url)?;
    let mut conn = pool.get_conn().await?;
    create_tables(&mut conn).await?;
    let mut transaction = conn.start_transaction(TxOpts::new()).await?;
    transaction
        .exec_drop(
            "UPDATE stock SET pieces = pieces - :pieces WHERE item = :item AND pieces >= :pieces",
            params! { "item" => item, "pieces" => pieces },
        )
        .await?;
    if transaction.affected_rows() == 0 {
        // Dropping the transaction rolls it back.
        println!("there are no {pieces} of {item}");
        return Ok(());
    }
    transaction
        .exec_drop(
            "INSERT INTO orders (item, pieces) VALUES (?, ?)",
            (item, pieces),
        )
        .await?;
    transaction.commit().await?;
    println!("ordered {pieces} of {item}");
    Ok(())
}

async fn create_tables(conn: &mut Conn) -> Result<()> {
    conn.query_drop(
        "CREATE TABLE IF NOT EXISTS orders
           (id INT PRIMARY KEY AUTO_INCREMENT, item VARCHAR(100), pieces INT UNSIGNED);
         CREATE TABLE IF NOT EXISTS stock
           (item VARCHAR(100) PRIMARY KEY, pieces INT UNSIGNED)",
    )
    .await?;
    conn.exec_batch("INSERT IGNORE INTO stock VALUES (?, ?)", STOCK)
        .await
}
