use std::fmt;
use std::sync::Arc;

use net_traits::{BoxDialer, BoxStream, Dialer, Stream};
use rand::seq::SliceRandom;
use tokio_postgres::NoTls;
use tokio_postgres::config::{ChannelBinding as Binding, SslMode as Negotiate};
use tokio_postgres::error::{DbError, SqlState};

use crate::config::{ChannelBinding, Config, Host, LoadBalanceHosts, TargetSessionAttrs};
use crate::error::Cause;
use crate::session::{NoticeHook, Session};
use crate::transport::{Encryption, TlsConfig, Way, ways};
use crate::{Client, Error, Result};

/// Opens connections to databases over a dialer.
///
/// It is cheap to clone.
#[derive(Clone)]
pub struct Connector {
    dialer: Arc<BoxDialer>,
    on_notice: Arc<NoticeHook>,
    tls: Option<TlsConfig>,
}

impl Connector {
    /// Connections over this dialer.
    pub fn new(dialer: impl Dialer + 'static) -> Self {
        Connector {
            dialer: Arc::new(dialer.boxed()),
            on_notice: Arc::new(|_| {}),
            tls: None,
        }
    }

    /// Encrypts, as far as a configuration's `sslmode` asks for it, and with
    /// these roots. Without it, modes that insist on TLS are refused.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, config: net_tls::ClientConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// Calls a function with the server's notices, such as warnings. Without
    /// one nobody is told.
    #[must_use]
    pub fn with_notice_hook(mut self, hook: impl Fn(&DbError) + Send + Sync + 'static) -> Self {
        self.on_notice = Arc::new(hook);
        self
    }

    /// Connects to the first server that answers, lets one in, and is what
    /// `target_session_attrs` asks for.
    ///
    /// # Errors
    ///
    /// What each server said.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes what it has opened.
    pub async fn connect(&self, config: &Config) -> Result<Client> {
        let mut hosts: Vec<Host> = match &config.hosts[..] {
            [] => vec![Host::new("localhost", 5432)],
            hosts => hosts.to_vec(),
        };
        if config.load_balance == LoadBalanceHosts::Random {
            hosts.shuffle(&mut rand::rng());
        }
        let passes = match config.target {
            TargetSessionAttrs::PreferStandby => {
                &[TargetSessionAttrs::Standby, TargetSessionAttrs::Any][..]
            }
            _ => &[config.target],
        };
        let mut failures = Vec::new();
        for &target in passes {
            // Those of the pass before are told by this one, too.
            failures.clear();
            for host in &hosts {
                match self.connect_to(config, host, target).await {
                    Ok(client) => return Ok(client),
                    Err(error) => failures.push(error),
                }
            }
        }
        Err(Error::attempts(failures))
    }

    /// Connects to one server, in its time.
    async fn connect_to(
        &self,
        config: &Config,
        host: &Host,
        target: TargetSessionAttrs,
    ) -> Result<Client> {
        let connecting = async {
            let client = self.log_in(config, host).await?;
            check(&client, host, target).await?;
            Ok(client)
        };
        let Some(timeout) = config.connect_timeout else {
            return connecting.await;
        };
        let connected = tokio::time::timeout(timeout, connecting).await;
        connected.unwrap_or_else(|_| Err(Error::connect(host.dialed().1, Cause::TimedOut)))
    }

    /// Goes through the ways that the mode allows.
    async fn log_in(&self, config: &Config, host: &Host) -> Result<Client> {
        let ways = ways(config.ssl_mode, host, self.tls.is_some());
        let mut result = Err(Error::config("no way to connect"));
        for (i, &way) in ways.iter().enumerate() {
            result = self.log_in_by(config, host, way).await;
            match &result {
                Err(error) if i + 1 < ways.len() && may_do_otherwise(error) => {}
                _ => break,
            }
        }
        result
    }

    async fn log_in_by(&self, config: &Config, host: &Host, way: Way) -> Result<Client> {
        let parameters = parameters(config, way)?;
        if way.negotiate == Negotiate::Require && self.tls.is_none() {
            let message = "this sslmode needs TLS, which the connector was not given (with_tls)";
            return Err(Error::config(message));
        }
        let stream = self.dial(host).await?;
        if let Some(keepalive) = config.keepalive
            && !host.is_unix()
        {
            let failed = |error| Error::connect(host.dialed().1, Cause::Network(error));
            stream.set_option(keepalive).map_err(failed)?;
        }
        let session = self.start_session(stream, host, way, &parameters).await;
        let session =
            session.map_err(|error| Error::connect(host.dialed().1, Cause::Postgres(error)))?;
        Ok(Client::new(
            session,
            Place {
                connector: self.clone(),
                host: host.clone(),
                way,
            },
        ))
    }

    /// Opens a stream to a server; a cancel request needs one, too.
    pub(crate) async fn dial(&self, host: &Host) -> Result<BoxStream> {
        let (network, address) = host.dialed();
        let stream = self.dialer.dial(network, &address).await;
        stream.map_err(|error| Error::connect(address, Cause::Network(error)))
    }

    async fn start_session(
        &self,
        stream: BoxStream,
        host: &Host,
        way: Way,
        parameters: &tokio_postgres::Config,
    ) -> Result<Session, tokio_postgres::Error> {
        let on_notice = Arc::clone(&self.on_notice);
        match self.encryption(host, way) {
            Some(tls) => Session::start(stream, tls, parameters, on_notice).await,
            None => Session::start(stream, NoTls, parameters, on_notice).await,
        }
    }

    /// What a connection is encrypted by, where there is something.
    pub(crate) fn encryption(&self, host: &Host, way: Way) -> Option<Encryption> {
        let config = self.tls.as_ref()?;
        Some(Encryption::new(config, &host.name, way.verify))
    }
}

/// Where a session is, and how it got there.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) connector: Connector,
    pub(crate) host: Host,
    pub(crate) way: Way,
}

/// A server that refuses one way of connecting may take the other: TLS did not work out, or its
/// rules (`pg_hba.conf`) do not let anybody in who comes like this.
fn may_do_otherwise(error: &Error) -> bool {
    let Some(error) = error.as_postgres() else {
        return false;
    };
    match error.code() {
        Some(code) => *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        None => true,
    }
}

fn parameters(config: &Config, way: Way) -> Result<tokio_postgres::Config> {
    let mut parameters = tokio_postgres::Config::new();
    parameters.user(config.user_name()?);
    parameters.ssl_mode(way.negotiate);
    parameters.channel_binding(match config.channel_binding {
        ChannelBinding::Disable => Binding::Disable,
        ChannelBinding::Prefer => Binding::Prefer,
        ChannelBinding::Require => Binding::Require,
    });
    if let Some(password) = &config.password {
        parameters.password(password);
    }
    if let Some(database) = &config.database {
        parameters.dbname(database);
    }
    if let Some(options) = &config.options {
        parameters.options(options);
    }
    if let Some(name) = &config.application_name {
        parameters.application_name(name);
    }
    Ok(parameters)
}

/// Whether a server is what it should be.
async fn check(client: &Client, host: &Host, target: TargetSessionAttrs) -> Result<()> {
    const READ_ONLY: &str = "SHOW transaction_read_only";
    const STANDBY: &str =
        "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'on' ELSE 'off' END";
    let (question, expected, complaint) = match target {
        TargetSessionAttrs::Any | TargetSessionAttrs::PreferStandby => return Ok(()),
        TargetSessionAttrs::ReadWrite => (READ_ONLY, "off", "the session is read-only"),
        TargetSessionAttrs::ReadOnly => (READ_ONLY, "on", "the session is not read-only"),
        TargetSessionAttrs::Primary => (STANDBY, "off", "the server is a standby"),
        TargetSessionAttrs::Standby => (STANDBY, "on", "the server is not a standby"),
    };
    let address = || host.dialed().1;
    let answer = client.simple_query(question).await;
    let answer = answer.map_err(|error| Error::connect(address(), Cause::Postgres(error)))?;
    let is_so = answer.iter().any(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0) == Some(expected),
        _ => false,
    });
    if is_so {
        return Ok(());
    }
    Err(Error::connect(address(), Cause::Unsuitable(complaint)))
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connector").field(&self.dialer).finish()
    }
}
