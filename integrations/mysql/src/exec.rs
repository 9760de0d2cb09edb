//! Sends the statements of a connection, and reads the replies.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use mysql_common::constants::{Command, StatusFlags};
use mysql_common::io::ParseBuf;
use mysql_common::named_params::ParsedNamedParams;
use mysql_common::packets::{
    Column, ComStmtExecuteRequestBuilder, ComStmtSendLongData, LocalInfilePacket, StmtPacket,
};
use mysql_common::params::Params;
use mysql_common::proto::MySerialize;
use mysql_common::row::Row;
use mysql_common::value::Value;
use tokio::io::AsyncReadExt;

use crate::conn::Phase;
use crate::response::{self, RowSet, Summary};
use crate::statement::Source;
use crate::{Conn, Error, Result, Statement};

/// The length of a chunk of a long value, or of a file.
const PIECE: usize = 256 << 10;
/// The length of the header of a chunk of a long value.
const PIECE_HEADER: usize = 7;

impl Conn {
    /// Prepares a statement, or takes it from the cache.
    pub(crate) async fn prepare(&mut self, text: &str) -> Result<Statement> {
        if let Some(statement) = self.statements.get(text) {
            return Ok(statement);
        }
        let statement = Box::pin(self.prepare_new(text)).await?;
        self.statements.keep(text, &statement);
        Ok(statement)
    }

    async fn prepare_new(&mut self, text: &str) -> Result<Statement> {
        let named = ParsedNamedParams::parse(text.as_bytes()).map_err(|_| {
            Error::usage("the statement has both positional (?) and named (:name) parameters")
        })?;
        let in_order = named.params().iter().map(|name| name.to_vec()).collect();
        self.start_command(Command::COM_STMT_PREPARE, named.query())
            .await?;
        let packet = self.wire.next().await?;
        if packet.first() == Some(&0xff) {
            return Err(self.refused());
        }
        let prepared: StmtPacket = ParseBuf(packet)
            .parse(())
            .map_err(Error::malformed("reply to COM_STMT_PREPARE"))?;
        self.read_columns(prepared.num_params().into()).await?;
        let columns = self.read_columns(prepared.num_columns().into()).await?;
        self.phase = Phase::Ready;
        let params = prepared.num_params();
        let id = prepared.statement_id();
        Ok(Statement::new(id, self.session, params, in_order, columns))
    }

    /// Executes a prepared statement, or the text of one, up to its first result.
    pub(crate) async fn start_exec(&mut self, source: Source<'_>, params: Params) -> Result<()> {
        let statement = match source {
            Source::Text(text) => self.prepare(text).await?,
            Source::Prepared(statement) if statement.session() != self.session => {
                return Err(Error::usage(
                    "the statement belongs to another connection, or was prepared before a reset",
                ));
            }
            Source::Prepared(statement) => statement.clone(),
        };
        let values = statement.values(params)?;
        self.begin().await?;
        let request = ComStmtExecuteRequestBuilder::new(statement.id());
        let (request, in_pieces) = request.build(&values);
        if in_pieces {
            Box::pin(self.send_long_values(statement.id(), &values)).await?;
        }
        let mut payload = Vec::new();
        request.serialize(&mut payload);
        self.queue_command(&payload)?;
        self.phase = Phase::Unknown;
        self.wire.flush().await?;
        self.read_result(true).await
    }

    /// Sends the values of a statement that are too long for one packet.
    async fn send_long_values(&mut self, id: u32, values: &[Value]) -> Result<()> {
        let piece = PIECE.min(self.opts.max_packet - PIECE_HEADER);
        self.phase = Phase::Unknown;
        for (index, value) in (0..).zip(values) {
            let Value::Bytes(bytes) = value else { continue };
            // An empty value must be sent too; otherwise it would be NULL.
            let mut rest = &bytes[..];
            loop {
                let (now, later) = rest.split_at(piece.min(rest.len()));
                let mut payload = Vec::with_capacity(PIECE_HEADER + now.len());
                ComStmtSendLongData::new(id, index, now).serialize(&mut payload);
                self.wire.begin_command();
                self.wire.send(&payload).await?;
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Reads the start of a result. The phase then says what follows.
    pub(crate) async fn read_result(&mut self, binary: bool) -> Result<()> {
        self.phase = Phase::Unknown;
        let mut packet = self.wire.next().await?;
        if packet.first() == Some(&0xfb) {
            Box::pin(self.give_file()).await?;
            packet = self.wire.packet();
        }
        match packet.first() {
            Some(0x00) => {
                let summary = response::ok(packet, self.server.capabilities)?;
                self.end_result(summary, binary);
                Ok(())
            }
            Some(0xff) => Err(self.refused()),
            Some(_) => {
                let count = response::column_count(packet)?;
                let columns = self.read_columns(count).await?;
                self.phase = Phase::Rows(RowSet::new(columns, binary));
                Ok(())
            }
            None => Err(Error::protocol("empty packet as a reply")),
        }
    }

    /// Reads column definitions, and the packet after them if the server sends one.
    async fn read_columns(&mut self, count: usize) -> Result<Vec<Column>> {
        let mut columns = Vec::new();
        for _ in 0..count {
            columns.push(response::column(self.wire.next().await?)?);
        }
        let capabilities = self.server.capabilities;
        if count > 0 && !response::deprecates_eof(capabilities) {
            let packet = self.wire.next().await?;
            if !response::is_terminator(packet, capabilities) {
                return Err(Error::protocol(
                    "missing packet after the column definitions",
                ));
            }
        }
        Ok(columns)
    }

    /// Reads the next row; `None` at the end of this result.
    pub(crate) fn poll_row(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Row>>> {
        let Phase::Rows(rows) = &self.phase else {
            return Poll::Ready(Ok(None));
        };
        let capabilities = self.server.capabilities;
        let row = match ready!(self.wire.poll_next(cx)) {
            Ok(()) => {
                let packet = self.wire.packet();
                if packet.first() == Some(&0xff) {
                    return Poll::Ready(Err(self.refused()));
                }
                if response::is_terminator(packet, capabilities) {
                    let binary = rows.binary;
                    response::terminator(packet, capabilities).map(|summary| {
                        self.end_result(summary, binary);
                        None
                    })
                } else {
                    rows.row(packet).map(Some)
                }
            }
            Err(error) => Err(error),
        };
        if row.is_err() {
            self.phase = Phase::Unknown;
        }
        Poll::Ready(row)
    }

    /// Reads the rest of a result, or the start of the next one.
    pub(crate) async fn skip_result(&mut self) -> Result<()> {
        match &self.phase {
            Phase::Ready => Ok(()),
            Phase::Rows(_) => {
                while poll_fn(|cx| self.poll_row(cx)).await?.is_some() {}
                Ok(())
            }
            &Phase::MoreResults { binary } => self.read_result(binary).await,
            Phase::Unknown => Err(Error::Closed),
        }
    }

    fn end_result(&mut self, summary: Summary, binary: bool) {
        let more = StatusFlags::SERVER_MORE_RESULTS_EXISTS;
        self.phase = if summary.status.contains(more) {
            Phase::MoreResults { binary }
        } else {
            Phase::Ready
        };
        self.summary = summary;
    }

    /// Returns the error that was read, which ends the command.
    fn refused(&mut self) -> Error {
        let error = response::refusal(self.wire.packet(), self.server.capabilities);
        self.phase = match error {
            Error::Server(_) => Phase::Ready,
            _ => Phase::Unknown,
        };
        error
    }

    /// Sends the file that the server requests, and reads the reply.
    async fn give_file(&mut self) -> Result<()> {
        let request: LocalInfilePacket<'_> = ParseBuf(self.wire.packet())
            .parse(())
            .map_err(Error::malformed("LOCAL INFILE request"))?;
        let Some(handler) = self.opts.local_infile.clone() else {
            let refusal =
                "the server requests a file, but there is no handler (Opts::with_local_infile)";
            return Err(Error::protocol(refusal));
        };
        let name = request.file_name_ref().to_vec();
        let sent = match handler.open(&name).await {
            Ok(file) => self.send_file(file).await?,
            Err(error) => Err(error),
        };
        self.wire.send(&[]).await?;
        let answer = self.wire.next().await?;
        if let Err(error) = sent {
            // The server's reply is about an empty or incomplete file.
            match answer.first() {
                Some(0x00) => {
                    let summary = response::ok(answer, self.server.capabilities)?;
                    self.end_result(summary, false);
                }
                _ => drop(self.refused()),
            }
            return Err(error_of_handler(&error));
        }
        Ok(())
    }

    /// Sends a file. The inner error is that of reading it.
    async fn send_file(
        &mut self,
        mut file: Box<dyn tokio::io::AsyncRead + Send + Unpin>,
    ) -> Result<io::Result<()>> {
        let mut piece = vec![0; PIECE.min(self.opts.max_packet)];
        loop {
            match file.read(&mut piece).await {
                Ok(0) => return Ok(Ok(())),
                Ok(length) => self.wire.send(&piece[..length]).await?,
                Err(error) => return Ok(Err(error)),
            }
        }
    }
}

fn error_of_handler(error: &io::Error) -> Error {
    Error::usage(format!(
        "failed to read the file that the server requested: {error}"
    ))
}
