//! A to-do list in PostgreSQL, with unmodified tokio-postgres.
//!
//! ```text
//! export DATABASE_URL=postgres://postgres:secret@127.0.0.1:5432/postgres
//! cargo run --example postgres_todo add "buy milk"
//! cargo run --example postgres_todo list
//! cargo run --example postgres_todo done 1
//! cargo xtask run wasmedge postgres_todo $DATABASE_URL list
//! ```
//!
//! A guest that does not see the variable takes the URL as its first argument.

use std::process::ExitCode;

use net::postgres::{Client, Result};

const USAGE: &str = "usage: postgres_todo [URL] add TEXT | list | done NUMBER";

#[net::net_main]
async fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let url = match arguments.first() {
        Some(first) if first.contains("://") => Some(arguments.remove(0)),
        _ => std::env::var("DATABASE_URL").ok(),
    };
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (Some(url), Some(command)) = (url, Command::read(&words)) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    match run(&url, command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

enum Command<'a> {
    Add(&'a str),
    List,
    Done(i32),
}

impl<'a> Command<'a> {
    fn read(words: &[&'a str]) -> Option<Self> {
        Some(match words {
            ["add", text] => Command::Add(text),
            ["list"] => Command::List,
            ["done", number] => Command::Done(number.parse().ok()?),
            _ => return None,
        })
    }
}

async fn run(url: &str, command: Command<'_>) -> Result<()> {
    let mut client = net::postgres::connect(url).await?;
    create_table(&mut client).await?;
    match command {
        Command::Add(text) => {
            let insert = "INSERT INTO todo (text) VALUES ($1) RETURNING id";
            let row = client.query_one(insert, &[&text]).await?;
            println!("{} {text}", row.get::<_, i32>(0));
        }
        Command::List => {
            let select = "SELECT id, text, done FROM todo ORDER BY id";
            for row in client.query(select, &[]).await? {
                let (id, text, done): (i32, &str, bool) = (row.get(0), row.get(1), row.get(2));
                println!("{id} {text}{}", if done { " (done)" } else { "" });
            }
        }
        Command::Done(number) => {
            let update = "UPDATE todo SET done = true WHERE id = $1";
            let updated = client.execute(update, &[&number]).await?;
            println!("{updated} done");
        }
    }
    Ok(())
}

/// Creates the table. The lock prevents two programs from creating it at the same
/// time.
async fn create_table(client: &mut Client) -> Result<()> {
    let transaction = client.transaction().await?;
    transaction
        .batch_execute(
            "SELECT pg_advisory_xact_lock(1);
             CREATE TABLE IF NOT EXISTS todo (
                 id serial PRIMARY KEY, text text NOT NULL, done bool NOT NULL DEFAULT false
             )",
        )
        .await?;
    transaction.commit().await?;
    Ok(())
}
