//! A scripted server. It behaves like PostgreSQL, as far as the tests need, until a fault.

use std::collections::HashMap;
use std::future::pending;
use std::time::Duration;

use net::memory::MemoryNet;
use net::prelude::*;
use net_postgres::{Config, Connector, Pool};

/// The fault of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// It ends after the server has sent the given number of bytes.
    Cut(usize),
    /// After the given number of bytes the server sends nothing more.
    Stall(usize),
    /// The bytes at these positions are replaced. The server closes an idle connection.
    Garble(Vec<(usize, u8)>),
    /// The query returns endless rows.
    Endless,
    /// Rows have another number of columns than announced.
    Columns(usize),
    /// The type of the column is an infinitely nested array.
    NestedTypes,
}

/// How long a server waits for a client that it has sent garbage to.
const PATIENCE: Duration = Duration::from_secs(1);

/// Encodes a message: tag, length and body.
pub(crate) fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len() + 4).expect("a short message");
    let mut message = vec![tag];
    message.extend_from_slice(&len.to_be_bytes());
    message.extend_from_slice(body);
    message
}

/// Starts a server with a fault on each of its first connections, and none on later ones. The pool
/// has at most one session.
pub(crate) async fn pool_with(net: &MemoryNet, faults: Vec<Fault>) -> Pool {
    let listener = net.on("db").listen("tcp", ":0").await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    let mut faults = faults.into_iter();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let fault = faults.next().unwrap_or(Fault::None);
            tokio::spawn(async move { Peer::new(stream, fault).serve().await });
        }
    });
    let config = Config::new("db", address.port().expect("a port"))
        .with_user("x")
        .with_password("secret")
        .with_connect_timeout(Some(Duration::from_secs(10)));
    Pool::builder(Connector::new(net.clone()), config)
        .max_size(1)
        .build()
}

/// The server's end of a connection.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the protocol has these states"
)]
struct Peer<S> {
    stream: S,
    fault: Fault,
    said: usize,
    has_started: bool,
    /// The queries of statements, by name.
    statements: HashMap<Vec<u8>, String>,
    query: String,
    in_transaction: bool,
    is_copying: bool,
    copied: usize,
    /// Messages are skipped until the next Sync.
    has_failed: bool,
    /// The OID of the last type that was announced.
    last_type: u32,
}

/// The connection is over.
struct Over;

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    fn new(stream: S, fault: Fault) -> Self {
        Peer {
            stream,
            fault,
            said: 0,
            has_started: false,
            statements: HashMap::new(),
            query: String::new(),
            in_transaction: false,
            is_copying: false,
            copied: 0,
            has_failed: false,
            last_type: 100_000,
        }
    }

    async fn serve(mut self) {
        while let Some((tag, body)) = self.receive().await {
            if self.answer(tag, &body).await.is_err() {
                return;
            }
        }
    }

    /// The next message; the first has no tag.
    async fn receive(&mut self) -> Option<(u8, Vec<u8>)> {
        let reading = async {
            let tag = if self.has_started {
                self.stream.read_u8().await.ok()?
            } else {
                0
            };
            let len = self.stream.read_u32().await.ok()?;
            let mut body = vec![0; len.checked_sub(4)? as usize];
            self.stream.read_exact(&mut body).await.ok()?;
            self.has_started = true;
            Some((tag, body))
        };
        match self.fault {
            Fault::Garble(_) => net::time::timeout(PATIENCE, reading).await.ok()?,
            _ => reading.await,
        }
    }

    /// Sends bytes, as far as the fault allows.
    async fn say(&mut self, mut bytes: Vec<u8>) -> Result<(), Over> {
        let (start, end) = (self.said, self.said + bytes.len());
        self.said = end;
        let limit = match &self.fault {
            Fault::Cut(limit) | Fault::Stall(limit) => *limit,
            _ => usize::MAX,
        };
        if let Fault::Garble(places) = &self.fault {
            for (at, byte) in places {
                if let Some(place) = at.checked_sub(start).and_then(|at| bytes.get_mut(at)) {
                    *place = *byte;
                }
            }
        }
        bytes.truncate(limit.saturating_sub(start));
        self.stream.write_all(&bytes).await.map_err(|_| Over)?;
        self.stream.flush().await.map_err(|_| Over)?;
        match self.fault {
            Fault::Cut(limit) if end >= limit => Err(Over),
            Fault::Stall(limit) if end >= limit => pending().await,
            _ => Ok(()),
        }
    }

    async fn answer(&mut self, tag: u8, body: &[u8]) -> Result<(), Over> {
        if self.has_failed && !matches!(tag, b'S' | b'X') {
            return Ok(());
        }
        match tag {
            0 => self.say(message(b'R', b"\0\0\0\x05salt")).await,
            b'p' => self.let_in().await,
            b'Q' => self.answer_simple(&text(body)).await,
            b'P' => {
                let mut parts = body.split(|byte| *byte == 0);
                let name = parts.next().unwrap_or_default().to_vec();
                let query = text(parts.next().unwrap_or_default());
                self.statements.insert(name, query);
                self.say(message(b'1', b"")).await
            }
            b'D' => {
                let name = body[1..].split(|byte| *byte == 0).next();
                self.describe(name.unwrap_or_default()).await
            }
            b'B' => {
                let name = body.split(|byte| *byte == 0).nth(1);
                let query = self.statements.get(name.unwrap_or_default());
                self.query = query.cloned().unwrap_or_default();
                self.say(message(b'2', b"")).await
            }
            b'E' => self.execute().await,
            b'C' => self.say(message(b'3', b"")).await,
            // Ignored within a COPY.
            b'S' if self.is_copying => Ok(()),
            b'S' => {
                self.has_failed = false;
                self.be_ready().await
            }
            b'd' => {
                self.copied += 1;
                Ok(())
            }
            b'c' if self.is_copying => {
                self.is_copying = false;
                let done = format!("COPY {}\0", self.copied);
                self.say(message(b'C', done.as_bytes())).await
            }
            b'f' if self.is_copying => {
                self.is_copying = false;
                self.refuse("57014", "the client gave up").await
            }
            b'c' | b'f' => Ok(()),
            _ => Err(Over),
        }
    }

    async fn let_in(&mut self) -> Result<(), Over> {
        let said = [
            message(b'R', &[0; 4]),
            message(b'S', b"client_encoding\0UTF8\0"),
            message(b'K', b"\0\0\0\x07\0\0\0\x08"),
        ];
        self.say(said.concat()).await?;
        self.be_ready().await
    }

    async fn be_ready(&mut self) -> Result<(), Over> {
        let status = if self.in_transaction { b"T" } else { b"I" };
        self.say(message(b'Z', status)).await
    }

    async fn refuse(&mut self, code: &str, why: &str) -> Result<(), Over> {
        self.has_failed = true;
        let fields = format!("SERROR\0VERROR\0C{code}\0M{why}\0\0");
        self.say(message(b'E', fields.as_bytes())).await
    }

    async fn answer_simple(&mut self, query: &str) -> Result<(), Over> {
        if let Some(number) = query.strip_prefix("SELECT ") {
            self.say(description(0, &[INT4])).await?;
            self.say(self.row_of(number.as_bytes())).await?;
        }
        match query {
            "ROLLBACK" | "COMMIT" => self.in_transaction = false,
            _ if query.starts_with("START") || query.starts_with("BEGIN") => {
                self.in_transaction = true;
            }
            _ => {}
        }
        self.say(message(b'C', b"DONE\0")).await?;
        self.be_ready().await
    }

    async fn describe(&mut self, name: &[u8]) -> Result<(), Over> {
        let query = self.statements.get(name).map_or("", String::as_str);
        let is_of_types = query.starts_with(TYPE_QUERY);
        let answer = if is_of_types {
            description(1, &TYPE_COLUMNS)
        } else if !query.starts_with("SELECT") {
            message(b'n', b"")
        } else if self.fault == Fault::NestedTypes {
            description(1, &[self.last_type])
        } else {
            description(1, &[INT4])
        };
        let parameters = if is_of_types {
            [&[0, 1][..], &OID.to_be_bytes()].concat()
        } else {
            vec![0, 0]
        };
        self.say(message(b't', &parameters)).await?;
        self.say(answer).await
    }

    /// Encodes a row, with another number of columns if the fault says so.
    fn row_of(&self, value: &[u8]) -> Vec<u8> {
        match self.fault {
            Fault::Columns(number) => row(&vec![Some(value); number]),
            _ => row(&[Some(value)]),
        }
    }

    /// Describes a type as an array of the next one.
    async fn tell_type(&mut self) -> Result<(), Over> {
        self.last_type += 1;
        let element = self.last_type.to_be_bytes();
        let columns: [Option<&[u8]>; 7] = [
            Some(b"t"),
            Some(b"b"),
            Some(&element),
            None,
            Some(&[0; 4]),
            Some(b"public"),
            Some(&[0; 4]),
        ];
        self.say(row(&columns)).await?;
        self.say(message(b'C', b"SELECT 1\0")).await
    }

    async fn execute(&mut self) -> Result<(), Over> {
        let query = self.query.clone();
        if query.starts_with(TYPE_QUERY) {
            return self.tell_type().await;
        }
        if let Some(number) = query.strip_prefix("SELECT ") {
            let number: i32 = number.parse().unwrap_or_default();
            let row = self.row_of(&number.to_be_bytes());
            while self.fault == Fault::Endless {
                self.say(row.repeat(100)).await?;
            }
            self.say(row).await?;
            return self.say(message(b'C', b"SELECT 1\0")).await;
        }
        match query.as_str() {
            "COPY t FROM STDIN" => {
                self.is_copying = true;
                self.copied = 0;
                self.say(message(b'G', &[0; 3])).await
            }
            "COPY t TO STDOUT" => {
                self.say(message(b'H', &[0; 3])).await?;
                for line in [b"1\n", b"2\n"] {
                    self.say(message(b'd', line)).await?;
                }
                self.say([message(b'c', b""), message(b'C', b"COPY 2\0")].concat())
                    .await
            }
            _ => self.refuse("42P01", "there is no such table").await,
        }
    }
}

fn text(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    String::from_utf8_lossy(bytes).into_owned()
}

/// OIDs of types.
const INT4: u32 = 23;
const OID: u32 = 26;
const CHAR: u32 = 18;
const NAME: u32 = 19;

/// The query by which tokio-postgres looks up an unknown type, and its result.
const TYPE_QUERY: &str = "SELECT t.typname";
const TYPE_COLUMNS: [u32; 7] = [NAME, CHAR, OID, OID, OID, NAME, OID];

/// Encodes the description of columns of these types, as text or in binary.
fn description(format: u8, types: &[u32]) -> Vec<u8> {
    let mut body = vec![0, u8::try_from(types.len()).expect("a few columns")];
    for number in types {
        body.extend_from_slice(b"n\0");
        body.extend_from_slice(&[0; 6]);
        body.extend_from_slice(&number.to_be_bytes());
        body.extend_from_slice(&[0, 4, 0xff, 0xff, 0xff, 0xff, 0, format]);
    }
    message(b'T', &body)
}

/// Encodes a row of these values.
pub(crate) fn row(values: &[Option<&[u8]>]) -> Vec<u8> {
    let mut body = vec![0, u8::try_from(values.len()).expect("a few columns")];
    for value in values {
        let len = value.map_or(Ok(u32::MAX), |value| u32::try_from(value.len()));
        let len = len.expect("a short value");
        body.extend_from_slice(&len.to_be_bytes());
        body.extend_from_slice(value.unwrap_or_default());
    }
    message(b'D', &body)
}
