//! Commands that must not be sent on a connection, or on a shared one.

use redis::{Arg, Cmd};

use crate::error::{Result, invalid};

/// The length up to which command names are compared.
const LONGEST: usize = 16;

/// Commands that have no reply or many, or change the protocol of the connection.
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

/// Commands that affect other users of the connection.
const NOT_SHARED: [&[u8]; 8] = [
    b"ASKING", b"AUTH", b"DISCARD", b"EXEC", b"MULTI", b"SELECT", b"UNWATCH", b"WATCH",
];

/// Commands that delay the replies to all later ones. `XREAD` does so with `BLOCK`.
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

/// Checks that a command may be sent on any connection.
pub(crate) fn on_any(command: &Cmd) -> Result<()> {
    let Some(name) = Name::of(command) else {
        return Err(invalid("empty command"));
    };
    let name = name.as_bytes();
    if NEVER.contains(&name) || silences(command, name) {
        let name = String::from_utf8_lossy(name);
        return Err(invalid(format!(
            "{name} is not supported on this connection; to subscribe, use Client::subscriber"
        )));
    }
    if command.is_no_response() {
        return Err(invalid(
            "commands marked as having no response are not supported",
        ));
    }
    Ok(())
}

/// Checks that a command may be sent on a shared connection.
pub(crate) fn on_shared(command: &Cmd) -> Result<()> {
    on_any(command)?;
    let Some(name) = Name::of(command) else {
        return Ok(());
    };
    let name = name.as_bytes();
    if NOT_SHARED.contains(&name) || waits(command, name) {
        let name = String::from_utf8_lossy(name);
        return Err(invalid(format!(
            "{name} is not supported on a shared connection; use Client::dedicated"
        )));
    }
    Ok(())
}

/// Returns whether the server may delay the reply as the command tells it to.
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

/// Returns whether this is `CLIENT REPLY`, which turns replies off.
fn silences(command: &Cmd, name: &[u8]) -> bool {
    let second = || command.args_iter().nth(1);
    name == b"CLIENT" && second().is_some_and(|arg| is(&arg, b"REPLY"))
}

fn is(arg: &Arg<&[u8]>, word: &[u8]) -> bool {
    matches!(arg, Arg::Simple(bytes) if bytes.eq_ignore_ascii_case(word))
}

/// The name of a command in upper case, truncated to the length that is compared.
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
            // A longer name is not in the lists above.
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
