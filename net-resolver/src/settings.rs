//! Which servers are asked, and how.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_proto::rr::Name;
use net_traits::{Host, HostPort, Port};

/// The port of DNS.
const PORT: u16 = 53;

/// The bounds of what a file may say, as `man 5 resolv.conf` has them.
const MOST_SERVERS: usize = 3;
const LEAST_TIMEOUT: Duration = Duration::from_secs(1);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(30);
const MOST_ATTEMPTS: usize = 5;
const MOST_NDOTS: usize = 15;

/// What a lookup goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) servers: Vec<SocketAddr>,
    pub(crate) search: Vec<Name>,
    /// A name with so many dots is first asked for as it is.
    pub(crate) ndots: usize,
    /// For each question to a server.
    pub(crate) timeout: Duration,
    /// How often all servers are asked.
    pub(crate) attempts: usize,
    /// Whether each lookup begins with the next server.
    pub(crate) rotate: bool,
}

impl Default for Settings {
    /// Those of `man 5 resolv.conf`.
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
    /// Reads a `resolv.conf`. As the manual has it, what cannot be read in it
    /// is passed over.
    pub(crate) fn from_resolv_conf(text: &[u8]) -> Self {
        let (file, _) = resolv_conf::Config::parse_with_errors(text);
        let servers = file.nameservers.iter().map(|server| {
            let ip: IpAddr = server.into();
            SocketAddr::new(ip, PORT)
        });
        let number = |number| usize::try_from(number).unwrap_or(usize::MAX);
        Settings {
            servers: servers.take(MOST_SERVERS).collect(),
            search: (file.get_last_search_or_domain())
                .filter_map(|domain| absolute(domain))
                .collect(),
            ndots: number(file.ndots).min(MOST_NDOTS),
            timeout: Duration::from_secs(file.timeout.into()).clamp(LEAST_TIMEOUT, LONGEST_TIMEOUT),
            attempts: number(file.attempts).clamp(1, MOST_ATTEMPTS),
            rotate: file.rotate,
        }
    }

    /// Reads a list of servers, separated by commas or white space, each an
    /// address with or without a port.
    ///
    /// # Errors
    ///
    /// What is wrong with which.
    pub(crate) fn from_server_list(list: &str) -> Result<Self, String> {
        let servers: Result<Vec<SocketAddr>, String> = list
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

/// A domain of a search list, as an absolute name.
fn absolute(domain: &str) -> Option<Name> {
    let mut name = crate::name::read(domain).ok()?;
    name.set_fqdn(true);
    Some(name)
}

fn server(text: &str) -> Result<SocketAddr, String> {
    if let Ok(ip) = text.parse() {
        return Ok(SocketAddr::new(ip, PORT));
    }
    let unreadable = || format!("{text:?} is not the address of a server, expected ip or ip:port");
    let HostPort { host, port } = text.parse().map_err(|_| unreadable())?;
    match (host, port) {
        (Host::Ip { ip, zone: None, .. }, Port::Number(0)) => Ok(SocketAddr::new(ip, PORT)),
        (Host::Ip { ip, zone: None, .. }, Port::Number(port)) => Ok(SocketAddr::new(ip, port)),
        _ => Err(unreadable()),
    }
}
