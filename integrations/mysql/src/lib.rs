//! A client for MySQL and MariaDB over any [`Dialer`](net_traits::Dialer), natively and in
//! WebAssembly, with the interface of `mysql_async`.
//!
//! Values, rows, parameters and packets are those of `mysql_common`, so existing conversions carry
//! over.
//!
//! ```no_run
//! use net_mysql::prelude::*;
//! use net_mysql::{Pool, params};
//!
//! # async fn example() -> net_mysql::Result<()> {
//! let pool: Pool<net::Net> = Pool::new("mysql://app:secret@db:3306/shop")?;
//! let mut conn = pool.get_conn().await?;
//! conn.exec_drop(
//!     "INSERT INTO orders (item, pieces) VALUES (:item, :pieces)",
//!     params! { "item" => "tea", "pieces" => 3 },
//! )
//! .await?;
//! let orders: Vec<(String, u32)> = conn.query("SELECT item, pieces FROM orders").await?;
//! # Ok(())
//! # }
//! ```
//!
//! | to | use |
//! |---|---|
//! | configure server and user | [`Opts`], or a URL |
//! | share connections | [`Pool`] |
//! | open a single connection | [`Conn`] |
//! | run statements | [`Queryable`], which connections and transactions implement |
//! | run a transaction | [`Conn::start_transaction`] |
//! | read rows one by one, or several result sets | [`QueryResult`], [`RowStream`] |
//! | convert rows | [`FromRow`](trait@FromRow), [`FromValue`](trait@FromValue), [`Row`] |
//!
//! # After an error
//!
//! A command that was cancelled, or that failed for any reason other than an error reply of the
//! server, leaves its connection in an unknown state: it rejects further commands, and a pool
//! closes it. No statement is ever sent twice.
//!
//! # Rows as structs
//!
//! `FromRow` and `FromValue` can be derived, as documented by `mysql_common`. The derived code
//! must be given the name of this crate:
//!
//! ```
//! use net_mysql::FromRow;
//!
//! #[derive(FromRow)]
//! #[mysql(crate_name = "net_mysql")]
//! struct Order {
//!     id: u32,
//!     #[mysql(rename = "item")]
//!     what: String,
//!     note: Option<String>,
//! }
//! ```
//!
//! # Features
//!
//! - `tls`: connections over TLS, negotiated in the handshake.
//! - `zstd`: compression with zstd, in addition to zlib.

mod address;
mod auth;
mod compressed;
mod conn;
mod convert;
mod error;
mod exec;
mod handshake;
mod infile;
mod opts;
mod opts_url;
mod pool;
mod public_key;
mod queryable;
mod response;
mod result;
mod statement;
mod stream;
mod transaction;
mod wire;
#[cfg(feature = "zstd")]
mod zstd;

pub use conn::Conn;
pub use error::{Error, Result, ServerError};
pub use infile::LocalInfile;
pub use mysql_common::params;
pub use mysql_common::params::Params;
pub use mysql_common::prelude::{FromRow, FromValue};
pub use mysql_common::row::Row;
pub use mysql_common::row::convert::{FromRowError, from_row, from_row_opt};
pub use mysql_common::value::Value;
pub use mysql_common::value::convert::{FromValueError, from_value, from_value_opt};
pub use mysql_common::value::json::{Deserialized, Serialized};
pub use opts::Opts;
pub use pool::{Pool, PooledConn};
pub use queryable::Queryable;
pub use result::QueryResult;
pub use statement::{Statement, StatementLike};
pub use stream::RowStream;
pub use transaction::{IsolationLevel, Transaction, TxOpts};

/// Types, flags and metadata of columns.
pub mod consts {
    pub use mysql_common::constants::{ColumnFlags, ColumnType};
    pub use mysql_common::packets::Column;
}

/// The traits to import.
pub mod prelude {
    pub use crate::Queryable;
    pub use mysql_common::prelude::{ColumnIndex, FromRow, FromValue, ToValue};
}
