use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use mysql_common::row::convert::FromRow;

use crate::convert::convert;
use crate::{Conn, Result};

/// A stream of the rows of a result; see
/// [`Queryable::query_stream`](crate::Queryable::query_stream).
///
/// Rows are read on demand, so no more of them are in memory than fit the buffers.
pub struct RowStream<'c, T> {
    conn: &'c mut Conn,
    // It produces rows, and owns none.
    row: PhantomData<fn() -> T>,
}

impl<'c, T> RowStream<'c, T> {
    pub(crate) fn new(conn: &'c mut Conn) -> Self {
        RowStream {
            conn,
            row: PhantomData,
        }
    }
}

impl<T: FromRow> Stream for RowStream<'_, T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let row = ready!(self.conn.poll_row(cx)).transpose();
        Poll::Ready(row.map(|row| row.and_then(convert)))
    }
}

impl<T> fmt::Debug for RowStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowStream")
            .field("conn", &self.conn)
            .finish_non_exhaustive()
    }
}
