use std::fmt;
use std::time::Duration;

use net_traits::SocketOption;

use crate::{Error, Host, Result};

/// The default timeout for connecting to a host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The configuration of a connection: the hosts, the login, and the settings.
///
/// It is parsed from libpq's connection strings, in both of their forms, and changed by its
/// methods:
///
/// ```
/// use net_postgres::{Config, SslMode};
///
/// let url: Config = "postgres://app:secret@db1,db2:5433/todo?sslmode=require".parse()?;
/// let pairs: Config = "host=db1,db2 port=5432,5433 user=app password=secret \
///                      dbname=todo sslmode=require".parse()?;
/// assert_eq!(url, pairs);
/// assert_eq!(url.ssl_mode(), SslMode::Require);
/// assert!(!format!("{url:?}").contains("secret"));
/// # Ok::<(), net_postgres::Error>(())
/// ```
///
/// If no user is set, it is taken from the environment variable `PGUSER`, or else from `USER`.
///
/// Reference: <https://www.postgresql.org/docs/current/libpq-connect.html>, "Connection Strings"
/// and "Parameter Key Words".
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    pub(crate) hosts: Vec<Host>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) options: Option<String>,
    pub(crate) application_name: Option<String>,
    pub(crate) ssl_mode: SslMode,
    pub(crate) channel_binding: ChannelBinding,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) target: TargetSessionAttrs,
    pub(crate) load_balance: LoadBalanceHosts,
    pub(crate) keepalive: Option<SocketOption>,
}

/// Whether to use TLS, and what to verify: libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SslMode {
    /// Never uses TLS.
    Disable,
    /// Uses TLS only if the server requires it, without verifying the server.
    Allow,
    /// Uses TLS if the server supports it, without verifying the server.
    #[default]
    Prefer,
    /// Requires TLS, and a certificate issued by one of the trust roots. This equals `verify-ca`,
    /// as in libpq if it has a root certificate.
    Require,
    /// Same as [`Require`](SslMode::Require).
    VerifyCa,
    /// Requires TLS, and a certificate issued by one of the trust roots for the host's name.
    VerifyFull,
}

/// Whether to bind authentication by password to the TLS connection: libpq's `channel_binding`.
///
/// With channel binding, authentication cannot be relayed by a party that has a certificate other
/// than the server's, even if `sslmode` does not verify certificates. It requires `scram-sha-256`,
/// TLS, and a certificate signed with RSA (PKCS #1) or ECDSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ChannelBinding {
    /// Does not use channel binding.
    Disable,
    /// Uses channel binding if the server supports it.
    #[default]
    Prefer,
    /// Requires channel binding, and fails without it, even if the server asks for no password.
    Require,
}

/// Which servers are acceptable: libpq's `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TargetSessionAttrs {
    /// Any server.
    #[default]
    Any,
    /// A server on which transactions are read-write by default.
    ReadWrite,
    /// A server on which transactions are read-only by default.
    ReadOnly,
    /// A server that is not a standby.
    Primary,
    /// A standby.
    Standby,
    /// A standby if there is one, or else any server.
    PreferStandby,
}

/// The order in which hosts are tried: libpq's `load_balance_hosts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LoadBalanceHosts {
    /// The order in which they are configured.
    #[default]
    Disable,
    /// A random order.
    Random,
}

impl Config {
    /// Creates a configuration for a single host, with defaults for everything else.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Config {
            hosts: vec![Host::new(host, port)],
            ..Config::default()
        }
    }

    /// Adds a host to try after the others.
    #[must_use]
    pub fn with_host(mut self, host: Host) -> Self {
        self.hosts.push(host);
        self
    }

    /// Sets the user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Sets the password.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Sets the database. The default is the name of the user.
    #[must_use]
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// Sets the application name, which the server shows in its list of sessions and may log.
    #[must_use]
    pub fn with_application_name(mut self, name: impl Into<String>) -> Self {
        self.application_name = Some(name.into());
        self
    }

    /// Sets whether to use TLS, and what to verify.
    #[must_use]
    pub fn with_ssl_mode(mut self, mode: SslMode) -> Self {
        self.ssl_mode = mode;
        self
    }

    /// Sets whether to bind authentication to the TLS connection.
    #[must_use]
    pub fn with_channel_binding(mut self, binding: ChannelBinding) -> Self {
        self.channel_binding = binding;
        self
    }

    /// Sets the timeout for connecting to a host, including TLS and login. The default is 30
    /// seconds; `None` disables the timeout.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets which servers are acceptable.
    #[must_use]
    pub fn with_target_session_attrs(mut self, target: TargetSessionAttrs) -> Self {
        self.target = target;
        self
    }

    /// Sets the order in which hosts are tried.
    #[must_use]
    pub fn with_load_balance_hosts(mut self, order: LoadBalanceHosts) -> Self {
        self.load_balance = order;
        self
    }

    /// Returns the hosts to try.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// Returns whether to use TLS, and what to verify.
    #[must_use]
    pub fn ssl_mode(&self) -> SslMode {
        self.ssl_mode
    }

    /// Returns the user, from the environment if it is not set.
    pub(crate) fn user_name(&self) -> Result<String> {
        let from_environment = || {
            let mut variables = ["PGUSER", "USER"].into_iter();
            variables.find_map(|name| std::env::var(name).ok())
        };
        let user = self.user.clone().or_else(from_environment);
        user.ok_or_else(|| {
            Error::config("missing user: set it in the connection string or in PGUSER")
        })
    }
}

/// Localhost at port 5432.
impl Default for Config {
    fn default() -> Self {
        Config {
            hosts: Vec::new(),
            user: None,
            password: None,
            database: None,
            options: None,
            application_name: None,
            ssl_mode: SslMode::default(),
            channel_binding: ChannelBinding::default(),
            connect_timeout: Some(CONNECT_TIMEOUT),
            target: TargetSessionAttrs::default(),
            load_balance: LoadBalanceHosts::default(),
            keepalive: None,
        }
    }
}

/// Omits the password.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("hosts", &self.hosts)
            .field("user", &self.user)
            .field("database", &self.database)
            .field("ssl_mode", &self.ssl_mode)
            .field("connect_timeout", &self.connect_timeout)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
