use std::fmt;
use std::sync::Arc;

use net_traits::{Dialer, Stream};
use rand::seq::SliceRandom;
use tokio_postgres::NoTls;
use tokio_postgres::config::{ChannelBinding as Binding, SslMode as Encrypt};
use tokio_postgres::error::{DbError, SqlState};

use crate::cancel::Place;
use crate::config::{ChannelBinding, Config, LoadBalanceHosts, TargetSessionAttrs};
use crate::error::Cause;
use crate::negotiation::{Negotiation, negotiations};
use crate::session::{NoticeHook, Session};
use crate::transport::Transport;
use crate::{Client, Error, Host, Result};

/// Opens connections to databases over a dialer.
///
/// It is cheap to clone.
#[derive(Clone)]
pub struct Connector {
    transport: Transport,
    on_notice: Arc<NoticeHook>,
}

impl Connector {
    /// Creates a connector over a dialer.
    pub fn new(dialer: impl Dialer + 'static) -> Self {
        Connector {
            transport: Transport::new(dialer),
            on_notice: Arc::new(|_| {}),
        }
    }

    /// Sets the TLS configuration, which a connection uses if its `sslmode` asks for TLS.
    /// Without one, modes that require TLS are an error.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, config: net_tls::ClientConfig) -> Self {
        self.transport.tls = Some(config);
        self
    }

    /// Calls `hook` for each notice from the server, such as a warning. By default notices are
    /// dropped.
    #[must_use]
    pub fn with_notice_hook(mut self, hook: impl Fn(&DbError) + Send + Sync + 'static) -> Self {
        self.on_notice = Arc::new(hook);
        self
    }

    /// Connects to the first server that accepts the login and satisfies
    /// `target_session_attrs`.
    ///
    /// # Errors
    ///
    /// Returns an error if no server does, which contains the error of each. As in libpq, a
    /// rejected login is not tried on further servers.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes any connection that it has opened.
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
            // The next pass tries the same hosts again.
            failures.clear();
            for host in &hosts {
                match self.connect_to(config, host, target).await {
                    Ok(client) => return Ok(client),
                    Err(error) => {
                        let is_rejected = is_rejected_login(&error);
                        failures.push(error);
                        if is_rejected {
                            return Err(Error::attempts(failures));
                        }
                    }
                }
            }
        }
        Err(Error::attempts(failures))
    }

    /// Connects to one server within `connect_timeout`.
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
        connected.unwrap_or_else(|_| Err(host.error(Cause::TimedOut)))
    }

    /// Makes the attempts that the mode stands for.
    async fn log_in(&self, config: &Config, host: &Host) -> Result<Client> {
        let attempts = negotiations(config.ssl_mode, host, self.transport.tls.is_some());
        let mut result = Err(Error::config("the sslmode allows no attempt"));
        for (i, &negotiation) in attempts.iter().enumerate() {
            result = self.negotiate(config, host, negotiation).await;
            match &result {
                Err(error) if i + 1 < attempts.len() && is_worth_another(error) => {}
                _ => break,
            }
        }
        result
    }

    async fn negotiate(
        &self,
        config: &Config,
        host: &Host,
        negotiation: Negotiation,
    ) -> Result<Client> {
        let parameters = parameters(config, negotiation.encrypt)?;
        if negotiation.encrypt == Encrypt::Require && self.transport.tls.is_none() {
            let message = "this sslmode requires TLS: configure it with Connector::with_tls";
            return Err(Error::config(message));
        }
        let stream = self.transport.dial(host).await?;
        if let Some(keepalive) = config.keepalive
            && !host.is_unix()
        {
            let set = stream.set_option(keepalive);
            set.map_err(|error| host.error(Cause::Network(error)))?;
        }
        let encryption = self.transport.encryption(host, negotiation.verify);
        let on_notice = Arc::clone(&self.on_notice);
        let session = match encryption {
            Some(tls) => Session::start(stream, tls, &parameters, on_notice).await,
            None => Session::start(stream, NoTls, &parameters, on_notice).await,
        };
        let session = session.map_err(|error| host.error(Cause::Postgres(error)))?;
        let place = Place {
            transport: self.transport.clone(),
            host: host.clone(),
            verify: negotiation.verify,
        };
        Ok(Client::new(session, place))
    }
}

/// Returns whether the server rejected the user or the password.
fn is_rejected_login(error: &Error) -> bool {
    error.code().is_some_and(|code| {
        [
            SqlState::INVALID_PASSWORD,
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        ]
        .contains(code)
    })
}

/// Returns whether another negotiation may succeed: TLS failed, or the server's rules
/// (`pg_hba.conf`) reject connections of this kind.
fn is_worth_another(error: &Error) -> bool {
    let Some(error) = error.as_postgres() else {
        return false;
    };
    match error.code() {
        Some(code) => *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        None => true,
    }
}

fn parameters(config: &Config, encrypt: Encrypt) -> Result<tokio_postgres::Config> {
    let mut parameters = tokio_postgres::Config::new();
    parameters.user(config.user_name()?);
    parameters.ssl_mode(encrypt);
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

/// Checks a server against `target_session_attrs`.
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
    let answer = client.simple_query(question).await;
    let answer = answer.map_err(|error| host.error(Cause::Postgres(error)))?;
    let is_so = answer.iter().any(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0) == Some(expected),
        _ => false,
    });
    if is_so {
        return Ok(());
    }
    Err(host.error(Cause::Unsuitable(complaint)))
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connector").field(&self.transport).finish()
    }
}
