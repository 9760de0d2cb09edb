//! What a client was told, and how it opens a connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use net_traits::{BoxStream, Dialer, KeepAlive, Stream};
use redis::{Cmd, Value, cmd};

use crate::error::{Error, ErrorKind, Result};
use crate::sentinel::Sentinels;
use crate::url::{Login, Target};
use crate::wire::Wire;

/// How everything is done that a client does.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) target: Target,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_timeout: Duration,
    pub(crate) max_answer_bytes: usize,
    pub(crate) max_queued_bytes: usize,
    pub(crate) first_pause: Duration,
    pub(crate) longest_pause: Duration,
}

impl Settings {
    pub(crate) fn new(target: Target) -> Self {
        Settings {
            target,
            connect_timeout: Duration::from_secs(5),
            response_timeout: Duration::from_secs(5),
            max_answer_bytes: 512 << 20,
            max_queued_bytes: 64 << 20,
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(2),
        }
    }
}

/// Opens connections that are logged in.
#[derive(Clone)]
pub(crate) struct Opener {
    pub(crate) dialer: Arc<dyn Dialer<Stream = BoxStream>>,
    pub(crate) settings: Arc<Settings>,
    /// Who knows the server's address, if the settings do not.
    pub(crate) sentinels: Option<Arc<Sentinels>>,
}

impl Opener {
    /// The server's address, or the name of the master that sentinels watch.
    pub(crate) fn address(&self) -> &Arc<str> {
        &self.settings.target.address
    }

    /// Whether connections have to be to a master, whichever server it is.
    pub(crate) fn follows_master(&self) -> bool {
        let sentinels = self.sentinels.as_ref();
        sentinels.is_some_and(|sentinels| !sentinels.replicas)
    }

    /// Dials and logs in.
    pub(crate) async fn open(&self) -> Result<Wire> {
        if let Some(sentinels) = &self.sentinels {
            return sentinels.open(self).await;
        }
        let Settings {
            target,
            connect_timeout,
            max_answer_bytes,
            ..
        } = &*self.settings;
        let opened = open_at(&*self.dialer, target, *connect_timeout, *max_answer_bytes);
        opened.await.map_err(|error| error.at(self.address()))
    }
}

/// Dials a server and logs in, within a time.
pub(crate) async fn open_at(
    dialer: &dyn Dialer<Stream = BoxStream>,
    target: &Target,
    limit: Duration,
    max_answer_bytes: usize,
) -> Result<Wire> {
    let opened = tokio::time::timeout(limit, async {
        let stream = dialer.dial(target.network, &target.address).await;
        let stream = stream.map_err(Error::connect)?;
        // Not every host has the options, and none is needed for it to work.
        let _ = stream.set_nodelay(true);
        let _ = stream.set_keepalive(Some(KeepAlive::new()));
        let mut wire = Wire::new(stream, max_answer_bytes);
        target.login.log_in(&mut wire).await?;
        Ok(wire)
    });
    opened.await.unwrap_or_else(|_| {
        let message = format!("not connected and logged in within {limit:?}");
        Err(Error::text(ErrorKind::Timeout, message))
    })
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

impl Login {
    /// Says who this is. The server's texts about a command with a password are
    /// not repeated: some quote it.
    async fn log_in(&self, wire: &mut Wire) -> Result<()> {
        let commands = self.commands();
        let mut bytes = Vec::new();
        for command in &commands {
            command.write_packed_command(&mut bytes);
        }
        for (command, answer) in commands.iter().zip(wire.ask(&bytes, commands.len()).await?) {
            let Value::ServerError(error) = answer else {
                continue;
            };
            let name = name_of(command);
            let text = match error.details() {
                Some(details) if self.password.is_none() => format!("{} {details}", error.code()),
                _ => error.code().to_owned(),
            };
            // A user who may not ask for it is logged in nevertheless.
            if name != "PING" || error.code() != "NOPERM" {
                return Err(Error::text(ErrorKind::Login, format!("{name}: {text}")));
            }
        }
        Ok(())
    }

    /// What is sent first; at least one command, so that a server that refuses
    /// everything is noticed.
    fn commands(&self) -> Vec<Cmd> {
        let mut commands = Vec::new();
        let user = self.username.as_deref();
        if self.resp3 {
            let mut hello = cmd("HELLO");
            hello.arg(3);
            if let Some(password) = &self.password {
                let user = user.unwrap_or("default");
                hello.arg("AUTH").arg(user).arg(&password.0);
            }
            commands.push(hello);
        } else if let Some(password) = &self.password {
            // Servers before Redis 6 know no users.
            commands.push(cmd("AUTH").arg(user).arg(&password.0).take());
        }
        if let Some(name) = &self.client_name {
            commands.push(cmd("CLIENT").arg("SETNAME").arg(name).take());
        }
        if self.database != 0 {
            commands.push(cmd("SELECT").arg(self.database).take());
        }
        if self.read_only {
            commands.push(cmd("READONLY"));
        }
        if commands.is_empty() {
            commands.push(cmd("PING"));
        }
        commands
    }
}

fn name_of(command: &Cmd) -> String {
    match command.args_iter().next() {
        Some(redis::Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
        _ => String::new(),
    }
}
