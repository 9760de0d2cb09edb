use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use net_traits::SocketOption;

use crate::connection_string;
use crate::{Error, Result};

/// How long one host may take unless the connection string says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a database is, and who asks.
///
/// It is read from libpq's connection strings, in both of their forms, and
/// changed by its methods:
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
/// Without a user, it is that of the variable `PGUSER`, or else of `USER`.
///
/// Source: <https://www.postgresql.org/docs/current/libpq-connect.html>,
/// "Connection Strings" and "Parameter Key Words".
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

/// One server, of those that are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub(crate) name: String,
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

impl Host {
    /// A server by its name or address, or by the folder of its Unix socket,
    /// which begins with `/`, or with `@` in the abstract namespace.
    pub fn new(name: impl Into<String>, port: u16) -> Self {
        Host {
            name: name.into(),
            address: None,
            port,
        }
    }

    /// The network and the address to dial.
    pub(crate) fn dialed(&self) -> (&'static str, String) {
        let Host { name, port, .. } = self;
        if self.is_unix() {
            return ("unix", format!("{name}/.s.PGSQL.{port}"));
        }
        let host = match self.address {
            Some(address) => address.to_string(),
            None => name.clone(),
        };
        if host.contains(':') {
            ("tcp", format!("[{host}]:{port}"))
        } else {
            ("tcp", format!("{host}:{port}"))
        }
    }

    pub(crate) fn is_unix(&self) -> bool {
        self.address.is_none() && self.name.starts_with(['/', '@'])
    }
}

/// Whether to encrypt, and whom to believe: libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SslMode {
    /// Never encrypt.
    Disable,
    /// Encrypt only where the server insists; whoever answers is believed.
    Allow,
    /// Encrypt where the server can; whoever answers is believed.
    #[default]
    Prefer,
    /// Encrypt, with a server whose certificate comes from one of the roots.
    /// As in libpq where it was given roots, this is `verify-ca`.
    Require,
    /// As [`Require`](SslMode::Require).
    VerifyCa,
    /// Encrypt, with a server whose certificate is for its host's name, too.
    VerifyFull,
}

/// Whether a login by password is tied to the TLS connection: libpq's
/// `channel_binding`.
///
/// Where it is, nobody can pass the login on who has another certificate than
/// the server: also where `sslmode` verifies none. It takes `scram-sha-256`,
/// TLS, and a certificate that is signed by RSA (PKCS #1) or ECDSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ChannelBinding {
    /// It is not.
    Disable,
    /// Where the server can.
    #[default]
    Prefer,
    /// Or else nobody logs in, not even without a password.
    Require,
}

/// Which of several servers will do: libpq's `target_session_attrs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TargetSessionAttrs {
    /// The first that lets one in.
    #[default]
    Any,
    /// One on which transactions may write.
    ReadWrite,
    /// One on which they may not.
    ReadOnly,
    /// One that is not a standby.
    Primary,
    /// A standby.
    Standby,
    /// A standby, or else any.
    PreferStandby,
}

/// In which order servers are tried: libpq's `load_balance_hosts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LoadBalanceHosts {
    /// As they were named.
    #[default]
    Disable,
    /// By chance.
    Random,
}

impl Config {
    /// A server at one address, and nothing else said.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Config {
            hosts: vec![Host::new(host, port)],
            ..Config::default()
        }
    }

    /// Tries this server too, after those that are there.
    #[must_use]
    pub fn with_host(mut self, host: Host) -> Self {
        self.hosts.push(host);
        self
    }

    /// Logs in as this user.
    #[must_use]
    pub fn with_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Logs in with this password.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Opens this database; without it, the one that is named as the user.
    #[must_use]
    pub fn with_database(mut self, database: impl Into<String>) -> Self {
        self.database = Some(database.into());
        self
    }

    /// Tells the server, and whoever looks at its sessions, who this is.
    #[must_use]
    pub fn with_application_name(mut self, name: impl Into<String>) -> Self {
        self.application_name = Some(name.into());
        self
    }

    /// Says whether to encrypt.
    #[must_use]
    pub fn with_ssl_mode(mut self, mode: SslMode) -> Self {
        self.ssl_mode = mode;
        self
    }

    /// Says whether to tie the login to the TLS connection.
    #[must_use]
    pub fn with_channel_binding(mut self, binding: ChannelBinding) -> Self {
        self.channel_binding = binding;
        self
    }

    /// How long one host may take, TLS and login included; 30 seconds unless
    /// something else is said. `None` is for ever.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Says which of several servers will do.
    #[must_use]
    pub fn with_target_session_attrs(mut self, target: TargetSessionAttrs) -> Self {
        self.target = target;
        self
    }

    /// Says in which order servers are tried.
    #[must_use]
    pub fn with_load_balance_hosts(mut self, order: LoadBalanceHosts) -> Self {
        self.load_balance = order;
        self
    }

    /// The servers that are tried.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// Whether to encrypt.
    #[must_use]
    pub fn ssl_mode(&self) -> SslMode {
        self.ssl_mode
    }

    /// Who logs in.
    pub(crate) fn user_name(&self) -> Result<String> {
        let from_environment = || {
            let mut variables = ["PGUSER", "USER"].into_iter();
            variables.find_map(|name| std::env::var(name).ok())
        };
        let user = self.user.clone().or_else(from_environment);
        user.ok_or_else(|| {
            Error::config("no user: name one in the connection string, or set PGUSER")
        })
    }
}

/// Localhost, port 5432.
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

impl FromStr for Config {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        connection_string::parse(text)
    }
}

impl TryFrom<&str> for Config {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<&String> for Config {
    type Error = Error;

    fn try_from(text: &String) -> Result<Self> {
        text.parse()
    }
}

impl TryFrom<String> for Config {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

/// Without the password.
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
