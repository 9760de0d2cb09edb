//! Commands that would confuse a connection, or those who share it.

use redis::{Arg, Cmd};

use crate::error::{Result, invalid};

/// How long a command's name is at most that is looked up.
const LONGEST: usize = 16;

/// A connection expects one answer to each command. These have none or many, or
/// change what the connection is.
const NEVER: [&[u8]; 13] = [
    b"MONITOR",
    b"PSUBSCRIBE",
    b"PSYNC",
    b"PUNSUBSCRIBE",
    b"REPLCONF",
    b"SSUBSCRIBE",
    b"SUBSCRIBE",
    b"SUNSUBSCRIBE",
    b"SYNC",
    b"UNSUBSCRIBE",
    b"HELLO",
    b"RESET",
    b"QUIT",
];

/// These change what others get that share the connection.
const NOT_SHARED: [&[u8]; 8] = [
    b"ASKING", b"AUTH", b"DISCARD", b"EXEC", b"MULTI", b"SELECT", b"UNWATCH", b"WATCH",
];

/// These make the server wait before it answers whatever comes behind; `XREAD`
/// does with `BLOCK`.
const BLOCKING: [&[u8]; 10] = [
    b"BLMOVE",
    b"BLMPOP",
    b"BLPOP",
    b"BRPOP",
    b"BRPOPLPUSH",
    b"BZMPOP",
    b"BZPOPMAX",
    b"BZPOPMIN",
    b"WAIT",
    b"WAITAOF",
];

/// Refuses what no connection may be asked.
pub(crate) fn on_any(command: &Cmd) -> Result<()> {
    let Some(name) = Name::of(command) else {
        return Err(invalid("an empty command, which Redis does not answer"));
    };
    let name = name.as_bytes();
    if NEVER.contains(&name) || silences(command, name) {
        let name = String::from_utf8_lossy(name);
        return Err(invalid(format!(
            "{name} turns a connection into something else; to subscribe, use Client::subscriber"
        )));
    }
    if command.is_no_response() {
        return Err(invalid("a command that is marked as one without an answer"));
    }
    Ok(())
}

/// Refuses what a connection that is shared may not be asked.
pub(crate) fn on_shared(command: &Cmd) -> Result<()> {
    on_any(command)?;
    let Some(name) = Name::of(command) else {
        return Ok(());
    };
    let name = name.as_bytes();
    if NOT_SHARED.contains(&name) || waits(command, name) {
        let name = String::from_utf8_lossy(name);
        return Err(invalid(format!(
            "{name} would disturb others on a shared connection; use Client::dedicated"
        )));
    }
    Ok(())
}

/// Whether the server may take its time, as it was told to.
pub(crate) fn blocks(command: &Cmd) -> bool {
    Name::of(command).is_some_and(|name| waits(command, name.as_bytes()))
}

fn waits(command: &Cmd, name: &[u8]) -> bool {
    match name {
        b"XREAD" | b"XREADGROUP" => command
            .args_iter()
            .take_while(|arg| !is(arg, b"STREAMS"))
            .any(|arg| is(&arg, b"BLOCK")),
        _ => BLOCKING.contains(&name),
    }
}

/// `CLIENT REPLY`: answers stay out from now on.
fn silences(command: &Cmd, name: &[u8]) -> bool {
    let second = || command.args_iter().nth(1);
    name == b"CLIENT" && second().is_some_and(|arg| is(&arg, b"REPLY"))
}

fn is(arg: &Arg<&[u8]>, word: &[u8]) -> bool {
    matches!(arg, Arg::Simple(bytes) if bytes.eq_ignore_ascii_case(word))
}

/// A command's name in capitals, or as much of it as matters.
struct Name {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Name {
    fn of(command: &Cmd) -> Option<Self> {
        let mut name = Name {
            bytes: [0; LONGEST],
            length: 0,
        };
        if let Arg::Simple(bytes) = command.args_iter().next()? {
            // A longer one is none of those above.
            name.length = bytes.len().min(LONGEST);
            name.bytes[..name.length].copy_from_slice(&bytes[..name.length]);
            name.bytes.make_ascii_uppercase();
        }
        Some(name)
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
