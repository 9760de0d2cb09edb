//! The identity of a client, and the commands that establish it on a connection.

use std::fmt;

use redis::{Cmd, Value, cmd};

use crate::error::{Error, ErrorKind, Result};
use crate::wire::Wire;

/// Credentials and per-connection state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Password>,
    pub(crate) database: u32,
    pub(crate) client_name: Option<String>,
    pub(crate) resp3: bool,
    /// The connection is to a cluster's replica, and must serve reads.
    pub(crate) read_only: bool,
}

/// A password, which is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(pub(crate) String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Login {
    /// Sends the commands and checks the replies. The server's message is not repeated where a
    /// command contains a password: some servers quote it.
    pub(crate) async fn log_in(&self, wire: &mut Wire) -> Result<()> {
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
            // A user without the permission for PING is logged in all the same.
            if name != "PING" || error.code() != "NOPERM" {
                return Err(Error::text(ErrorKind::Login, format!("{name}: {text}")));
            }
        }
        Ok(())
    }

    /// Returns the commands to send: at least one, to detect a server that rejects everything.
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
            // Servers before Redis 6 have no users.
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
