//! Which servers are queried, and how.

use std::time::Duration;

use hickory_proto::rr::Name;

use crate::name;
use crate::server::Server;

/// The bounds of what a file may set, as in `man 5 resolv.conf`.
const MOST_SERVERS: usize = 3;
const LEAST_TIMEOUT: Duration = Duration::from_secs(1);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);
const MOST_ATTEMPTS: usize = 5;
const MOST_NDOTS: usize = 15;

/// The settings of a lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) servers: Vec<Server>,
    pub(crate) search: Vec<Name>,
    /// A name with at least this many dots is queried as it is first.
    pub(crate) ndots: usize,
    /// For each query to a server.
    pub(crate) timeout: Duration,
    /// How many times the list of servers is tried.
    pub(crate) attempts: usize,
    /// Whether each lookup starts with the next server.
    pub(crate) rotate: bool,
}

impl Default for Settings {
    /// Returns the defaults of `man 5 resolv.conf`.
    fn default() -> Self {
        Settings {
            servers: Vec::new(),
            search: Vec::new(),
            ndots: 1,
            timeout: Duration::from_secs(5),
            attempts: 2,
            rotate: false,
        }
    }
}

impl Settings {
    /// Parses a `resolv.conf`. Invalid entries are skipped, as its manual says.
    pub(crate) fn from_resolv_conf(text: &[u8]) -> Self {
        let (file, _) = resolv_conf::Config::parse_with_errors(text);
        let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
        Settings {
            servers: servers(text).take(MOST_SERVERS).collect(),
            search: (file.get_last_search_or_domain())
                .filter_map(|domain| absolute(domain))
                .collect(),
            ndots: number(file.ndots).min(MOST_NDOTS),
            timeout: Duration::from_secs(file.timeout.into()).clamp(LEAST_TIMEOUT, LONGEST_TIMEOUT),
            attempts: number(file.attempts).clamp(1, MOST_ATTEMPTS),
            rotate: file.rotate,
        }
    }

    /// Parses a list of servers, separated by commas or white space, each an
    /// address with or without a port.
    ///
    /// # Errors
    ///
    /// Returns a message that quotes the invalid entry.
    pub(crate) fn from_server_list(list: &str) -> Result<Self, String> {
        let servers: Result<Vec<Server>, String> = list
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|item| !item.is_empty())
            .map(server)
            .collect();
        Ok(Settings {
            servers: servers?,
            ..Settings::default()
        })
    }
}

/// Parses a domain of a search list as an absolute name.
fn absolute(domain: &str) -> Option<Name> {
    let mut name = name::read(domain).ok()?;
    name.set_fqdn(true);
    Some(name)
}

/// Parses the servers of a `resolv.conf`. The crate that parses the rest
/// rejects zones such as `br-lan` and `eth0.7`.
fn servers(text: &[u8]) -> impl Iterator<Item = Server> {
    text.split(|byte| *byte == b'\n').filter_map(|line| {
        let line = str::from_utf8(line).ok()?;
        let mut words = line.split(['#', ';']).next()?.split_whitespace();
        match (words.next(), words.next()) {
            (Some("nameserver"), Some(address)) => Server::parse_ip(address),
            _ => None,
        }
    })
}

fn server(text: &str) -> Result<Server, String> {
    (Server::parse_ip(text).or_else(|| Server::parse_host_port(text)))
        .ok_or_else(|| format!("invalid server address {text:?}, expected ip or ip:port"))
}
