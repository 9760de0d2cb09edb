//! A conversation that passes through every state of the protocol, and a server for it.

use std::io;

use futures_util::TryStreamExt;
use net::Dialer;
use net::prelude::*;
use net_mysql::prelude::*;
use net_mysql::{Conn, LocalInfile, Opts, Pool, Result, TxOpts};
use net_traits::async_trait;

use crate::scripted::{CAPABILITIES, END, OK, Peer, SCRAMBLE, column, greeting, text};

const LOCAL_FILES: u32 = 1 << 7;
const LONGLONG: u8 = 8;
const STRING: u8 = 0xfd;

/// Every requested file has two lines.
pub(crate) struct TwoLines;

#[async_trait]
impl LocalInfile for TwoLines {
    async fn open(&self, _: &[u8]) -> io::Result<Box<dyn AsyncRead + Send + Unpin>> {
        Ok(Box::new(&b"1\n2\n"[..]))
    }
}

/// A pool of at most one connection, with a setup statement.
pub(crate) fn pool_of_one<D: Dialer + 'static>(dialer: D, opts: Opts) -> Result<Pool<D>> {
    let opts = opts.with_pool_max(1).with_local_infile(TwoLines);
    Pool::with_dialer(dialer, opts.with_setup(["SET @set_up = 1"]))
}

/// Runs a conversation on a connection of a pool, and again on the same one after its reset.
///
/// # Panics
///
/// Panics if a reply belongs to another request.
pub(crate) async fn talk<D: Dialer + 'static>(pool: &Pool<D>, number: i64) -> Result<()> {
    ask(&mut *pool.get_conn().await?, number).await?;
    let mut conn = pool.get_conn().await?;
    let one: Option<i64> = conn.query_first(select(number + 10)).await?;
    assert_eq!(one, Some(number + 10));
    Ok(())
}

/// Queries unique numbers, in every way.
///
/// # Panics
///
/// Panics if a reply belongs to another request.
pub(crate) async fn ask(conn: &mut Conn, number: i64) -> Result<()> {
    assert_eq!(conn.query::<i64, _>(select(number)).await?, [number]);
    for number in [number + 1, number + 2] {
        let one: Option<i64> = conn.exec_first("SELECT ?", (number,)).await?;
        assert_eq!(one, Some(number));
    }
    let stream = conn.query_stream::<i64, _>(select(number + 3)).await?;
    assert_eq!(stream.try_collect::<Vec<_>>().await?, [number + 3]);

    let table = "CREATE TEMPORARY TABLE IF NOT EXISTS numbers (number INT)";
    conn.query_drop(table).await?;
    conn.query_drop("LOAD DATA LOCAL INFILE 'numbers' INTO TABLE numbers")
        .await?;
    assert_eq!(conn.affected_rows(), 2);

    let mut transaction = conn.start_transaction(TxOpts::new()).await?;
    let one: Option<i64> = transaction.query_first(select(number + 4)).await?;
    assert_eq!(one, Some(number + 4));
    transaction.commit().await?;
    let mut transaction = conn.start_transaction(TxOpts::new()).await?;
    let one: Option<i64> = transaction.exec_first("SELECT ?", (number + 5,)).await?;
    assert_eq!(one, Some(number + 5));
    // It is rolled back before the next command.
    drop(transaction);
    conn.ping().await
}

fn select(number: i64) -> String {
    format!("SELECT {number}")
}

/// Accepts any login, by two methods in turn, and replies to the requests of [`talk`].
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(peer: &mut Peer<S>) {
    let capabilities = CAPABILITIES | LOCAL_FILES;
    let switch = [b"\xfecaching_sha2_password\0", &SCRAMBLE[..], b"\0"].concat();
    peer.send(&greeting(capabilities, "mysql_native_password"))
        .await;
    if peer.receive().await.is_none() {
        return;
    }
    peer.send(&switch).await;
    if peer.receive().await.is_none() {
        return;
    }
    // The server has cached the password.
    peer.send(&[1, 3]).await;
    peer.send(OK).await;
    while let Some(command) = peer.receive().await {
        for packet in answer(&command) {
            peer.send(&packet).await;
        }
        if command.starts_with(b"\x03LOAD") {
            while peer.receive().await.is_some_and(|piece| !piece.is_empty()) {}
            peer.send(&[0, 2, 0, 2, 0, 0, 0]).await;
        }
    }
}

/// The first packets of the reply to a command.
fn answer(command: &[u8]) -> Vec<Vec<u8>> {
    if let Some(number) = command.strip_prefix(b"\x03SELECT ") {
        let number = text(&String::from_utf8_lossy(number));
        return vec![vec![1], column("a", STRING), number, END.to_vec()];
    }
    match command[0] {
        3 if command[1..].starts_with(b"LOAD") => vec![b"\xfbnumbers".to_vec()],
        // One parameter, one column.
        0x16 => {
            let prepared = vec![0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0];
            vec![prepared, column("?", STRING), column("a", LONGLONG)]
        }
        // The value is the last in the packet.
        0x17 => {
            let row = [&[0, 0], &command[command.len() - 8..]].concat();
            vec![vec![1], column("a", LONGLONG), row, END.to_vec()]
        }
        // The end of the connection, or of a statement.
        1 | 0x19 => Vec::new(),
        _ => vec![OK.to_vec()],
    }
}
