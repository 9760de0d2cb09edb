use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{Error, LocalInfile, Result};

/// Where a server is, as whom to log in there, and how to talk to it.
///
/// Each `with_` method changes one thing; [`Opts::from_url`] reads them from a
/// URL. What takes options also takes the text of a URL.
///
/// ```
/// use net_mysql::Opts;
///
/// # fn example() -> net_mysql::Result<()> {
/// let opts = Opts::new("db:3306").with_user("app").with_password("secret").with_database("shop");
/// let same = Opts::from_url("mysql://app:secret@db:3306/shop")?;
/// # Ok(())
/// # }
/// # example().unwrap();
/// ```
#[derive(Clone)]
pub struct Opts {
    pub(crate) network: &'static str,
    pub(crate) address: String,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) database: Option<String>,
    pub(crate) server_public_key: Option<Vec<u8>>,
    pub(crate) cleartext_password: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_packet: usize,
    pub(crate) compression: Compression,
    pub(crate) statement_cache: usize,
    pub(crate) found_rows: bool,
    pub(crate) charset: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) setup: Vec<String>,
    pub(crate) local_infile: Option<Arc<dyn LocalInfile>>,
    pub(crate) pool_max: usize,
    pub(crate) pool_wait: Duration,
    pub(crate) max_idle: Option<Duration>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) reset_connection: bool,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<net_tls::ClientConfig>,
}

/// What is asked of the server, if it can.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Compression {
    /// Its level; 0 for none.
    pub(crate) zlib: u32,
    /// It is preferred. Never without the feature `zstd`.
    pub(crate) zstd: bool,
}

impl Opts {
    /// Options for a server at `host:port`, as `root` without a password.
    ///
    /// They give a connection 10 seconds until it is ready, allow packets of up
    /// to 64 MiB, keep 32 prepared statements a connection, and up to 100
    /// connections in a pool.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Opts {
            network: "tcp",
            address: address.into(),
            user: "root".to_owned(),
            password: String::new(),
            database: None,
            server_public_key: None,
            cleartext_password: false,
            connect_timeout: Duration::from_secs(10),
            max_packet: 64 << 20,
            compression: Compression::default(),
            statement_cache: 32,
            found_rows: false,
            charset: None,
            time_zone: None,
            setup: Vec::new(),
            local_infile: None,
            pool_max: 100,
            pool_wait: Duration::from_secs(30),
            max_idle: None,
            max_age: None,
            reset_connection: true,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Options for a server on this machine, at the path of a Unix socket.
    #[must_use]
    pub fn unix(path: impl Into<String>) -> Self {
        Opts {
            network: "unix",
            ..Opts::new(path)
        }
    }

    /// Reads a URL, `mysql://user:password@host:port/database?parameter=value`.
    /// What is not plain in user, password and database is percent-encoded.
    ///
    /// | parameter | as | for example |
    /// |---|---|---|
    /// | `socket` | [`unix`](Opts::unix), in place of host and port | `/run/mysqld/mysqld.sock` |
    /// | `connect_timeout` | [`with_connect_timeout`](Opts::with_connect_timeout), seconds | `10` |
    /// | `max_allowed_packet` | [`with_max_packet`](Opts::with_max_packet) | `67108864` |
    /// | `compression` | [`with_compression`](Opts::with_compression) | `fast`, `best`, `0` to `9`; `zstd` with that feature |
    /// | `stmt_cache_size` | [`with_statement_cache`](Opts::with_statement_cache) | `32` |
    /// | `client_found_rows` | [`with_found_rows`](Opts::with_found_rows) | `true` |
    /// | `charset` | [`with_charset`](Opts::with_charset) | `utf8mb4` |
    /// | `time_zone` | [`with_time_zone`](Opts::with_time_zone) | `%2B00:00` |
    /// | `pool_max` | [`with_pool_max`](Opts::with_pool_max) | `100` |
    /// | `pool_wait` | [`with_pool_wait`](Opts::with_pool_wait), seconds | `30` |
    /// | `inactive_connection_ttl` | [`with_max_idle`](Opts::with_max_idle), seconds | `300` |
    /// | `abs_conn_ttl` | [`with_max_age`](Opts::with_max_age), seconds | `3600` |
    /// | `reset_connection` | [`with_reset_connection`](Opts::with_reset_connection) | `false` |
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] if it is no such URL, or has a parameter that is not in
    /// the table. It does not tell the URL, which may hold a password.
    pub fn from_url(url: &str) -> Result<Self> {
        crate::opts_url::parse(url)
    }

    /// Logs in as this user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// Logs in with this password.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = password.into();
        self
    }

    /// Uses this database from the start.
    #[must_use]
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// The server's public RSA key, as PEM. Where a connection is not encrypted,
    /// `sha256_password` and `caching_sha2_password` send the password under
    /// this key.
    ///
    /// Without it the server is asked for its key. Whoever can change what is on
    /// the wire could then give his own, and read the password.
    #[must_use]
    pub fn with_server_public_key(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.server_public_key = Some(pem.into());
        self
    }

    /// Sends the password as it is, if the server asks for that and the
    /// connection is encrypted or a Unix socket: for servers that ask another
    /// party, such as PAM or LDAP.
    #[must_use]
    pub fn with_cleartext_password(mut self, on: bool) -> Self {
        self.cleartext_password = on;
        self
    }

    /// Encrypts connections, and logs in only where the server is who it says:
    /// its certificate must be for the host of the address.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, config: net_tls::ClientConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// How long dialing, logging in and the setup may take together, and the
    /// reset of a pool's connection.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The longest packet that is sent or read, in bytes: a statement with its
    /// values, a row. The server has a limit of its own, `max_allowed_packet`.
    #[must_use]
    pub fn with_max_packet(mut self, bytes: usize) -> Self {
        self.max_packet = bytes.clamp(1 << 10, 1 << 30);
        self
    }

    /// Compresses by zlib, 1 for the fastest level to 9 for the best, where the
    /// server does, too.
    #[must_use]
    pub fn with_compression(mut self, level: u32) -> Self {
        self.compression.zlib = level.min(9);
        self
    }

    /// Compresses by zstd where the server does, too, as MySQL 8.0.18 and later do.
    /// Elsewhere [`with_compression`](Opts::with_compression) counts.
    #[cfg(feature = "zstd")]
    #[must_use]
    pub fn with_zstd(mut self) -> Self {
        self.compression.zstd = true;
        self
    }

    /// How many prepared statements a connection keeps for texts that come again;
    /// 0 for none.
    #[must_use]
    pub fn with_statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// Lets an `UPDATE` report the rows that it has found, not those that it has
    /// changed.
    #[must_use]
    pub fn with_found_rows(mut self, on: bool) -> Self {
        self.found_rows = on;
        self
    }

    /// The character set of texts on this connection (`SET NAMES`). Without it,
    /// it is `utf8mb4`, and that is what Rust's strings need.
    #[must_use]
    pub fn with_charset(mut self, charset: impl Into<String>) -> Self {
        self.charset = Some(charset.into());
        self
    }

    /// The time zone in which the server gives and takes timestamps, such as
    /// `+00:00`. Without it, it is the server's.
    #[must_use]
    pub fn with_time_zone(mut self, time_zone: impl Into<String>) -> Self {
        self.time_zone = Some(time_zone.into());
        self
    }

    /// Runs these statements on each new connection, and after each reset.
    #[must_use]
    pub fn with_setup(mut self, statements: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.setup = statements.into_iter().map(Into::into).collect();
        self
    }

    /// Gives the server the files that `LOAD DATA LOCAL INFILE` names. Without a
    /// handler it gets none.
    #[must_use]
    pub fn with_local_infile(mut self, handler: impl LocalInfile + 'static) -> Self {
        self.local_infile = Some(Arc::new(handler));
        self
    }

    /// How many connections a pool opens, at most.
    #[must_use]
    pub fn with_pool_max(mut self, connections: usize) -> Self {
        self.pool_max = connections.max(1);
        self
    }

    /// How long to wait for a connection of a pool.
    #[must_use]
    pub fn with_pool_wait(mut self, timeout: Duration) -> Self {
        self.pool_wait = timeout;
        self
    }

    /// A pool does not use a connection again whose last command is longer ago.
    /// The server closes such connections itself, as a rule after 8 hours.
    #[must_use]
    pub fn with_max_idle(mut self, time: Duration) -> Self {
        self.max_idle = Some(time);
        self
    }

    /// A pool does not use a connection again that is older.
    #[must_use]
    pub fn with_max_age(mut self, time: Duration) -> Self {
        self.max_age = Some(time);
        self
    }

    /// Whether a pool resets a connection before it is used again, so that
    /// nothing of its earlier use is left: variables, temporary tables, locks,
    /// prepared statements. It costs a round trip, and shows that the connection
    /// still lives. It does unless it is told not to.
    #[must_use]
    pub fn with_reset_connection(mut self, on: bool) -> Self {
        self.reset_connection = on;
        self
    }

    /// The statements that a session begins with.
    pub(crate) fn session(&self) -> Result<Vec<String>> {
        let mut session = Vec::new();
        if let Some(charset) = &self.charset {
            session.push(format!("SET NAMES {}", name("character set", charset)?));
        }
        if let Some(zone) = &self.time_zone {
            session.push(format!("SET time_zone = '{}'", name("time zone", zone)?));
        }
        session.extend(self.setup.iter().cloned());
        Ok(session)
    }
}

/// A name that means nothing else within a statement.
fn name<'a>(what: &str, name: &'a str) -> Result<&'a str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-:/".contains(&byte);
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(Error::usage(format!("{name:?} is no {what}")));
    }
    Ok(name)
}

impl TryFrom<&str> for Opts {
    type Error = Error;

    fn try_from(url: &str) -> Result<Self> {
        Opts::from_url(url)
    }
}

impl TryFrom<String> for Opts {
    type Error = Error;

    fn try_from(url: String) -> Result<Self> {
        Opts::from_url(&url)
    }
}

/// Without the password.
impl fmt::Debug for Opts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opts")
            .field("network", &self.network)
            .field("address", &self.address)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}
