//! Determines which nodes of a cluster a command is sent to.

use redis::{Arg, Cmd};

use crate::error::{Result, invalid};
use crate::slots::slot_of;

/// Where to send a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// To any node: it has no key.
    Any,
    /// To the node of its first key. If it has keys in other slots, the node replies with an
    /// error.
    Slot(u16),
    /// To the nodes of all its keys, split.
    Split(Split),
    /// To all masters.
    Masters(Join),
}

/// How to split a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Split {
    /// The number of arguments per key, including the key.
    pub(crate) step: usize,
    pub(crate) join: Join,
}

/// How to combine the replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    /// Returns the first: they are all equal.
    First,
    Sum,
    /// Concatenates arrays or, for a split command, orders elements by the keys.
    List,
    /// Returns the minimum of each element of arrays of numbers.
    Lowest,
}

/// The position of a command's first key.
enum Key {
    At(usize),
    /// After a number of keys.
    Counted(usize),
    BehindStreams,
    None,
}

impl Route {
    /// Determines the route of a command.
    ///
    /// # Errors
    ///
    /// Returns an error if the command concerns a single node, since it is unclear which.
    pub(crate) fn of(command: &Cmd) -> Result<Self> {
        let name = words(command, 0);
        if let Some(split) = split(&name) {
            let count = command.args_iter().len() - 1;
            if count > 0 && count.is_multiple_of(split.step) {
                return Ok(Route::Split(split));
            }
        }
        let both = words(command, 1);
        if let Some(join) = on_masters(&name, &both) {
            return Ok(Route::Masters(join));
        }
        if is_of_a_node(&name) {
            return Err(invalid(format!(
                "{name} concerns a single node of the cluster: send it to one of ClusterConnection::masters"
            )));
        }
        let key = match key(&name, &both) {
            Key::At(index) => Some(index),
            Key::Counted(index) => match arg(command, index) {
                Some(b"0") | None => None,
                Some(_) => Some(index + 1),
            },
            Key::BehindStreams => command
                .args_iter()
                .position(
                    |arg| matches!(arg, Arg::Simple(word) if word.eq_ignore_ascii_case(b"STREAMS")),
                )
                .map(|index| index + 1),
            Key::None => None,
        };
        let key = key.and_then(|index| arg(command, index));
        Ok(key.map_or(Route::Any, |key| Route::Slot(slot_of(key))))
    }
}

pub(crate) fn arg(command: &Cmd, index: usize) -> Option<&[u8]> {
    match command.args_iter().nth(index)? {
        Arg::Simple(bytes) => Some(bytes),
        _ => Some(b"0"),
    }
}

/// Returns the command's name in upper case, and its arguments up to `last`.
fn words(command: &Cmd, last: usize) -> String {
    let words: Vec<_> = (0..=last)
        .filter_map(|index| arg(command, index))
        .map(|word| String::from_utf8_lossy(&word[..word.len().min(32)]).to_ascii_uppercase())
        .collect();
    words.join(" ")
}

fn split(name: &str) -> Option<Split> {
    let (step, join) = match name {
        "DEL" | "EXISTS" | "TOUCH" | "UNLINK" => (1, Join::Sum),
        "MGET" => (1, Join::List),
        "MSET" => (2, Join::First),
        _ => return None,
    };
    Some(Split { step, join })
}

fn on_masters(name: &str, both: &str) -> Option<Join> {
    match (name, both) {
        ("DBSIZE", _) => Some(Join::Sum),
        ("KEYS", _) => Some(Join::List),
        (_, "SCRIPT EXISTS") => Some(Join::Lowest),
        ("FLUSHALL" | "FLUSHDB", _)
        | (
            _,
            "CONFIG RESETSTAT" | "CONFIG REWRITE" | "CONFIG SET" | "FUNCTION DELETE"
            | "FUNCTION FLUSH" | "FUNCTION LOAD" | "FUNCTION RESTORE" | "SCRIPT FLUSH"
            | "SCRIPT LOAD",
        ) => Some(Join::First),
        _ => None,
    }
}

fn is_of_a_node(name: &str) -> bool {
    matches!(
        name,
        "BGREWRITEAOF"
            | "BGSAVE"
            | "DEBUG"
            | "FAILOVER"
            | "LATENCY"
            | "MOVE"
            | "PUBSUB"
            | "RANDOMKEY"
            | "READONLY"
            | "READWRITE"
            | "REPLICAOF"
            | "SAVE"
            | "SCAN"
            | "SHUTDOWN"
            | "SLAVEOF"
            | "SLOWLOG"
            | "SWAPDB"
    )
}

fn key(name: &str, both: &str) -> Key {
    match name {
        "BITOP" | "OBJECT" | "XGROUP" | "XINFO" => Key::At(2),
        "EVAL" | "EVALSHA" | "EVALSHA_RO" | "EVAL_RO" | "FCALL" | "FCALL_RO" => Key::Counted(2),
        "LMPOP" | "SINTERCARD" | "ZDIFF" | "ZINTER" | "ZINTERCARD" | "ZMPOP" | "ZUNION" => {
            Key::Counted(1)
        }
        "MEMORY" if both == "MEMORY USAGE" => Key::At(2),
        "XREAD" | "XREADGROUP" => Key::BehindStreams,
        "ACL" | "CLIENT" | "CLUSTER" | "COMMAND" | "CONFIG" | "ECHO" | "FUNCTION" | "INFO"
        | "LASTSAVE" | "LOLWUT" | "MEMORY" | "MODULE" | "PING" | "PUBLISH" | "ROLE" | "SCRIPT"
        | "TIME" => Key::None,
        _ => Key::At(1),
    }
}

/// Returns whether a command is read-only, so that replicas execute it, and retries are safe.
pub(crate) fn is_read_only(command: &Cmd) -> bool {
    READ_ONLY.binary_search(&&*words(command, 0)).is_ok()
}

const READ_ONLY: [&str; 68] = [
    "BITCOUNT",
    "BITFIELD_RO",
    "BITPOS",
    "DBSIZE",
    "DUMP",
    "EVALSHA_RO",
    "EVAL_RO",
    "EXISTS",
    "EXPIRETIME",
    "FCALL_RO",
    "GEODIST",
    "GEOHASH",
    "GEOPOS",
    "GEORADIUSBYMEMBER_RO",
    "GEORADIUS_RO",
    "GEOSEARCH",
    "GET",
    "GETBIT",
    "GETRANGE",
    "HEXISTS",
    "HEXPIRETIME",
    "HGET",
    "HGETALL",
    "HKEYS",
    "HLEN",
    "HMGET",
    "HPEXPIRETIME",
    "HPTTL",
    "HRANDFIELD",
    "HSCAN",
    "HSTRLEN",
    "HTTL",
    "HVALS",
    "LCS",
    "LINDEX",
    "LLEN",
    "LPOS",
    "LRANGE",
    "MGET",
    "PEXPIRETIME",
    "PTTL",
    "SCARD",
    "SDIFF",
    "SINTER",
    "SINTERCARD",
    "SISMEMBER",
    "SMEMBERS",
    "SMISMEMBER",
    "SORT_RO",
    "SRANDMEMBER",
    "SSCAN",
    "STRLEN",
    "SUBSTR",
    "SUNION",
    "TTL",
    "TYPE",
    "XLEN",
    "XRANGE",
    "XREVRANGE",
    "ZCARD",
    "ZCOUNT",
    "ZLEXCOUNT",
    "ZMSCORE",
    "ZRANGE",
    "ZRANGEBYSCORE",
    "ZRANK",
    "ZREVRANGE",
    "ZSCORE",
];

#[cfg(test)]
mod tests {
    use redis::cmd;

    use super::{Join, READ_ONLY, Route, is_read_only, slot_of};

    fn route(line: &str) -> Option<Route> {
        let mut words = line.split(' ');
        let mut command = cmd(words.next().unwrap());
        words.for_each(|word| {
            command.arg(word);
        });
        Route::of(&command).ok()
    }

    #[test]
    fn commands_go_where_their_first_key_is() {
        for line in [
            "GET k",
            "set k v",
            "XREAD COUNT 2 streams k 0",
            "EVAL text 1 k arg",
            "OBJECT ENCODING k",
            "BITOP AND k a b",
            "ZUNION 2 k b",
            "memory usage k",
            "SPUBLISH k m",
            "MSET k",
        ] {
            assert_eq!(route(line), Some(Route::Slot(slot_of(b"k"))), "{line}");
        }
        for line in [
            "PING",
            "EVAL text 0 arg",
            "PUBLISH c m",
            "TIME",
            "CLUSTER NODES",
            "EVAL",
        ] {
            assert_eq!(route(line), Some(Route::Any), "{line}");
        }
        for (line, join) in [("DBSIZE", Join::Sum), ("script load x", Join::First)] {
            assert_eq!(route(line), Some(Route::Masters(join)), "{line}");
        }
        for line in ["SCAN 0", "RANDOMKEY", "pubsub channels"] {
            assert_eq!(route(line), None, "{line}");
        }
        for line in ["MGET a b", "mset a 1 b 2", "DEL a"] {
            assert!(matches!(route(line), Some(Route::Split(_))), "{line}");
        }
    }

    #[test]
    fn reading_is_told_from_writing() {
        assert!(READ_ONLY.is_sorted());
        assert!(is_read_only(cmd("get").arg("k")));
        for name in ["SET", "GETDEL", "EVALSHA", "SORT", "GETEX", ""] {
            assert!(!is_read_only(&cmd(name)), "{name}");
        }
    }
}
