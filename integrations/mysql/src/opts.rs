use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::{Error, LocalInfile, Result};

/// Options of a connection: the server's address, the login, and the settings.
///
/// Each `with_` method changes one setting; [`Opts::from_url`] reads them from a URL. Functions
/// that take options also accept a URL.
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
    pub(crate) address: Address,
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

/// The compression to request, if the server supports it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Compression {
    /// The level; 0 for none.
    pub(crate) zlib: u32,
    /// Whether to prefer zstd. Always `false` without the feature `zstd`.
    pub(crate) zstd: bool,
}

impl Opts {
    /// Creates options for a server at `host:port`, as the user `root` without a password.
    ///
    /// By default, connecting times out after 10 seconds, packets may have up to 64 MiB, each
    /// connection caches 32 prepared statements, and a pool has up to 100 connections.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Opts {
            address: Address::Tcp(address.into()),
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

    /// Creates options for a local server at the path of a Unix socket.
    #[must_use]
    pub fn unix(path: impl Into<String>) -> Self {
        Opts {
            address: Address::Unix(path.into()),
            ..Opts::new("")
        }
    }

    /// Sets the user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// Sets the password.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = password.into();
        self
    }

    /// Sets the default database.
    #[must_use]
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// Sets the server's public RSA key, as PEM. On an unencrypted connection, `sha256_password`
    /// and `caching_sha2_password` encrypt the password with it.
    ///
    /// Without it the server is asked for its key. An attacker who can modify the traffic could
    /// then substitute another key, and read the password.
    #[must_use]
    pub fn with_server_public_key(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.server_public_key = Some(pem.into());
        self
    }

    /// Allows the server to request the password in cleartext, over TLS or a Unix socket only: for
    /// servers that pass it on, to PAM or LDAP for example.
    #[must_use]
    pub fn with_cleartext_password(mut self, on: bool) -> Self {
        self.cleartext_password = on;
        self
    }

    /// Requires TLS. The server's certificate must be valid for the host of the address.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, config: net_tls::ClientConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// Sets the timeout for dialing, login and setup together, and for the reset of a pooled
    /// connection.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the maximum length of a packet, sent or received, in bytes: a statement with its
    /// values, or a row. The server has a limit of its own, `max_allowed_packet`.
    #[must_use]
    pub fn with_max_packet(mut self, bytes: usize) -> Self {
        self.max_packet = bytes.clamp(1 << 10, 1 << 30);
        self
    }

    /// Compresses with zlib if the server supports it, at levels 1 (fastest) to 9 (best).
    #[must_use]
    pub fn with_compression(mut self, level: u32) -> Self {
        self.compression.zlib = level.min(9);
        self
    }

    /// Compresses with zstd if the server supports it, as MySQL 8.0.18 and later do. Otherwise
    /// [`with_compression`](Opts::with_compression) applies.
    #[cfg(feature = "zstd")]
    #[must_use]
    pub fn with_zstd(mut self) -> Self {
        self.compression.zstd = true;
        self
    }

    /// Sets the number of prepared statements that each connection caches; 0 disables the cache.
    #[must_use]
    pub fn with_statement_cache(mut self, statements: usize) -> Self {
        self.statement_cache = statements;
        self
    }

    /// Makes an `UPDATE` report the rows that it found rather than those that it changed.
    #[must_use]
    pub fn with_found_rows(mut self, on: bool) -> Self {
        self.found_rows = on;
        self
    }

    /// Sets the character set of the connection (`SET NAMES`). The default is `utf8mb4`, which
    /// Rust strings require.
    #[must_use]
    pub fn with_charset(mut self, charset: impl Into<String>) -> Self {
        self.charset = Some(charset.into());
        self
    }

    /// Sets the time zone of the session, such as `+00:00`. The default is that of the server.
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

    /// Sets the handler that provides files for `LOAD DATA LOCAL INFILE`. Without a handler, such
    /// statements fail.
    #[must_use]
    pub fn with_local_infile(mut self, handler: impl LocalInfile + 'static) -> Self {
        self.local_infile = Some(Arc::new(handler));
        self
    }

    /// Sets the maximum number of connections of a pool.
    #[must_use]
    pub fn with_pool_max(mut self, connections: usize) -> Self {
        self.pool_max = connections.max(1);
        self
    }

    /// Sets the timeout for a connection from a pool.
    #[must_use]
    pub fn with_pool_wait(mut self, timeout: Duration) -> Self {
        self.pool_wait = timeout;
        self
    }

    /// Sets the maximum idle time of a pooled connection, after which it is closed rather than
    /// reused. The server itself closes idle connections, by default after 8 hours.
    #[must_use]
    pub fn with_max_idle(mut self, time: Duration) -> Self {
        self.max_idle = Some(time);
        self
    }

    /// Sets the maximum age of a pooled connection, after which it is closed rather than reused.
    #[must_use]
    pub fn with_max_age(mut self, time: Duration) -> Self {
        self.max_age = Some(time);
        self
    }

    /// Sets whether a pool resets a connection before reuse, which clears its variables, temporary
    /// tables, locks and prepared statements. The reset takes a round trip, which also checks that
    /// the connection is alive. Enabled by default.
    #[must_use]
    pub fn with_reset_connection(mut self, on: bool) -> Self {
        self.reset_connection = on;
        self
    }

    /// Returns the statements that set up a session.
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

/// Validates a name, so that it can be inserted into a statement.
fn name<'a>(what: &str, name: &'a str) -> Result<&'a str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-:/".contains(&byte);
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(Error::usage(format!("invalid {what}: {name:?}")));
    }
    Ok(name)
}

/// Without the password.
impl fmt::Debug for Opts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opts")
            .field("address", &self.address)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}
