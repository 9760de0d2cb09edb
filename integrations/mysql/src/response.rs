//! Parses the replies of servers.

use std::sync::Arc;

use mysql_common::constants::{CapabilityFlags, ColumnType, StatusFlags};
use mysql_common::io::ParseBuf;
use mysql_common::misc::raw::RawInt;
use mysql_common::misc::raw::bytes::LenEnc;
use mysql_common::packets::{
    Column, CommonOkPacket, ErrPacket, OkPacket, OkPacketDeserializer, OkPacketKind, OldEofPacket,
    ResultSetTerminator,
};
use mysql_common::proto::{Binary, Text};
use mysql_common::row::{Row, RowDeserializer};
use mysql_common::value::{ServerSide, Value};

use crate::{Error, Result, ServerError};

/// The maximum number of columns of a result set; servers support up to 4096.
const MOST_COLUMNS: u64 = 1 << 16;
/// The maximum length of a packet that ends rows. A row that starts with the same byte has a first
/// value of at least 16 MiB.
const LONGEST_TERMINATOR: usize = (1 << 24) - 2;
/// The same for packets of the old form.
const LONGEST_OLD_TERMINATOR: usize = 8;
/// The longest time has 838 hours; a much longer one would overflow in calculations.
const MOST_DAYS: u32 = 1 << 16;

/// The server's summary of an executed statement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Summary {
    pub(crate) affected_rows: u64,
    pub(crate) last_insert_id: Option<u64>,
    pub(crate) warnings: u16,
    pub(crate) info: String,
    pub(crate) status: StatusFlags,
}

impl From<OkPacket<'_>> for Summary {
    fn from(ok: OkPacket<'_>) -> Self {
        Summary {
            affected_rows: ok.affected_rows(),
            last_insert_id: ok.last_insert_id(),
            warnings: ok.warnings(),
            info: ok.info_str().unwrap_or_default().into_owned(),
            status: ok.status_flags(),
        }
    }
}

/// The rows of a result set.
#[derive(Debug, Clone)]
pub(crate) struct RowSet {
    pub(crate) columns: Arc<[Column]>,
    pub(crate) binary: bool,
    has_time: bool,
}

impl RowSet {
    pub(crate) fn new(columns: Vec<Column>, binary: bool) -> Self {
        let is_time = |column: &Column| column.column_type() == ColumnType::MYSQL_TYPE_TIME;
        RowSet {
            has_time: binary && columns.iter().any(is_time),
            columns: columns.into(),
            binary,
        }
    }

    /// Parses a row.
    pub(crate) fn row(&self, packet: &[u8]) -> Result<Row> {
        let mut buf = ParseBuf(packet);
        let columns = Arc::clone(&self.columns);
        let row = if self.binary {
            let row = buf.parse::<RowDeserializer<ServerSide, Binary>>(columns);
            row.map(RowDeserializer::into_inner)
        } else {
            let row = buf.parse::<RowDeserializer<ServerSide, Text>>(columns);
            row.map(RowDeserializer::into_inner)
        };
        let row = row.map_err(Error::malformed("row"))?;
        if !buf.is_empty() {
            return Err(Error::protocol("a row has more values than columns"));
        }
        if self.has_time && has_absurd_time(&row) {
            return Err(Error::protocol("a time value is out of range"));
        }
        Ok(row)
    }
}

fn has_absurd_time(row: &Row) -> bool {
    let absurd = |at| matches!(row.as_ref(at), Some(Value::Time(_, days, ..)) if *days > MOST_DAYS);
    (0..row.len()).any(absurd)
}

/// Returns whether a packet ends the rows, rather than being one.
pub(crate) fn is_terminator(packet: &[u8], capabilities: CapabilityFlags) -> bool {
    let longest = if deprecates_eof(capabilities) {
        LONGEST_TERMINATOR
    } else {
        LONGEST_OLD_TERMINATOR
    };
    packet.first() == Some(&0xfe) && packet.len() <= longest
}

pub(crate) fn deprecates_eof(capabilities: CapabilityFlags) -> bool {
    capabilities.contains(CapabilityFlags::CLIENT_DEPRECATE_EOF)
}

pub(crate) fn terminator(packet: &[u8], capabilities: CapabilityFlags) -> Result<Summary> {
    if deprecates_eof(capabilities) {
        ok_of_kind::<ResultSetTerminator>(packet, capabilities)
    } else {
        ok_of_kind::<OldEofPacket>(packet, capabilities)
    }
}

pub(crate) fn ok(packet: &[u8], capabilities: CapabilityFlags) -> Result<Summary> {
    ok_of_kind::<CommonOkPacket>(packet, capabilities)
}

fn ok_of_kind<K: OkPacketKind>(packet: &[u8], capabilities: CapabilityFlags) -> Result<Summary> {
    let ok: OkPacketDeserializer<'_, K> = ParseBuf(packet)
        .parse(capabilities)
        .map_err(Error::malformed("OK packet"))?;
    Ok(ok.into_inner().into())
}

/// Returns the error in a packet.
pub(crate) fn refusal(packet: &[u8], capabilities: CapabilityFlags) -> Error {
    let parsed: std::io::Result<ErrPacket<'_>> = ParseBuf(packet).parse(capabilities);
    match parsed {
        Ok(ErrPacket::Error(error)) => Error::Server(ServerError::from(&error)),
        Ok(ErrPacket::Progress(_)) => Error::protocol("unexpected progress report"),
        Err(error) => Error::malformed("error packet")(error),
    }
}

pub(crate) fn column_count(packet: &[u8]) -> Result<usize> {
    let mut buf = ParseBuf(packet);
    let count: RawInt<LenEnc> = buf
        .parse(())
        .map_err(Error::malformed("number of columns"))?;
    match usize::try_from(*count) {
        Ok(count) if (1..=MOST_COLUMNS).contains(&(count as u64)) && buf.is_empty() => Ok(count),
        _ => Err(Error::protocol("invalid number of columns")),
    }
}

/// Parses a column definition.
pub(crate) fn column(packet: &[u8]) -> Result<Column> {
    let column: Column = ParseBuf(packet)
        .parse(())
        .map_err(Error::malformed("column definition"))?;
    // These types are internal to replication and storage; `mysql_common` panics on their values.
    match column.column_type() {
        ColumnType::MYSQL_TYPE_TIMESTAMP2
        | ColumnType::MYSQL_TYPE_DATETIME2
        | ColumnType::MYSQL_TYPE_TIME2
        | ColumnType::MYSQL_TYPE_TYPED_ARRAY
        | ColumnType::MYSQL_TYPE_UNKNOWN => {
            let kind = format!("unsupported column type {:?}", column.column_type());
            Err(Error::protocol(kind))
        }
        _ => Ok(column),
    }
}
