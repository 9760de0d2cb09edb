use std::sync::Arc;
use std::time::Duration;

use net_traits::Dialer;

use crate::client::{Client, Shared};
use crate::ring::{Ring, is_unix};
use crate::server::{Open, Opener, Server};
use crate::settings::{Secret, Settings};
use crate::{Error, Result, WhenDown};

/// How a [`Client`] is made.
///
/// ```
/// # fn example(dialer: impl net_traits::Dialer + 'static) -> net_memcache::Result<()> {
/// use std::time::Duration;
/// use net_memcache::{Client, WhenDown};
///
/// let client = Client::builder(dialer)
///     .with_servers(["10.0.0.7:11211", "10.0.0.8:11211"])
///     .with_timeout(Duration::from_millis(200))
///     .with_when_down(WhenDown::Miss)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Builder {
    opener: Arc<dyn Open>,
    servers: Vec<(String, u32)>,
    settings: Settings,
}

impl Builder {
    pub(crate) fn new(dialer: impl Dialer + 'static) -> Self {
        Builder {
            opener: Arc::new(Opener(dialer)),
            servers: Vec::new(),
            settings: Settings::default(),
        }
    }

    /// Adds servers: `host:port`, `host` for port 11211, or the path of a Unix
    /// socket.
    ///
    /// All clients that share servers must write them alike: the text decides
    /// which keys are on which, not the order.
    #[must_use]
    pub fn with_servers(mut self, servers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        for server in servers {
            self = self.with_weighted_server(server, 1);
        }
        self
    }

    /// Adds a server that has `weight` times as many keys as one of weight 1.
    #[must_use]
    pub fn with_weighted_server(mut self, server: impl Into<String>, weight: u32) -> Self {
        self.servers.push((with_port(server.into()), weight));
        self
    }

    /// How long an operation may take, with the dial if it needs one: a second,
    /// unless it is told otherwise. A connection on which answers are owed and
    /// nothing moves for so long is closed.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How long it may take until a connection is there and the server has
    /// greeted back: a second, unless it is told otherwise.
    #[must_use]
    pub fn with_dial_timeout(mut self, timeout: Duration) -> Self {
        self.settings.dial_timeout = timeout;
        self
    }

    /// The longest value that is sent and received: 1 MiB, unless it is told
    /// otherwise, as memcached's own limit is (its option `-I`).
    #[must_use]
    pub fn with_max_value_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_value_bytes = bytes;
        self
    }

    /// How many connections to each server there are: one, unless it is told
    /// otherwise. Any number of tasks share one; more of them help where long
    /// values would make short ones wait.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.settings.connections = connections;
        self
    }

    /// What becomes of the keys of a server that cannot be reached.
    #[must_use]
    pub fn with_when_down(mut self, when_down: WhenDown) -> Self {
        self.settings.when_down = when_down;
        self
    }

    /// After how many failures in a row a server counts as down: 3, unless it
    /// is told otherwise. A failure is a dial without success, or the end of a
    /// connection on which answers were owed.
    #[must_use]
    pub fn with_failure_limit(mut self, failures: u32) -> Self {
        self.settings.failure_limit = failures;
        self
    }

    /// How long a server that counts as down is left alone before it is tried
    /// again: a second at first, then twice as long each time, a minute at
    /// most, unless it is told otherwise.
    #[must_use]
    pub fn with_pause(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.pauses = (first, longest.max(first));
        self
    }

    /// Names itself to servers that ask for it (memcached's option `-Y`). On a
    /// connection without TLS, the password is sent in the clear.
    #[must_use]
    pub fn with_password(mut self, user: &str, password: &str) -> Self {
        self.settings.secret = Some(Secret(format!("{user} {password}")));
        self
    }

    /// A client. It dials when it needs to.
    ///
    /// # Errors
    ///
    /// If there is no server, one is named twice, or a setting makes no sense.
    pub fn build(self) -> Result<Client> {
        self.check()?;
        let settings = Arc::new(self.settings);
        let ring = (self.servers.len() > 1).then(|| Ring::new(&self.servers));
        let server = |(address, _)| {
            let opener = Arc::clone(&self.opener);
            Server::new(address, opener, Arc::clone(&settings))
        };
        let servers = self.servers.into_iter().map(server).collect();
        Ok(Client::new(Shared {
            servers,
            ring,
            settings,
        }))
    }

    fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::invalid("build a client", what));
        if self.servers.is_empty() {
            return wrong("no server is named".to_owned());
        }
        for (n, (server, weight)) in self.servers.iter().enumerate() {
            if self.servers[..n].iter().any(|(other, _)| other == server) {
                return wrong(format!("the server {server} is named twice"));
            }
            if *weight == 0 {
                return wrong(format!("the server {server} has the weight 0"));
            }
        }
        if self.settings.connections == 0 || self.settings.failure_limit == 0 {
            return wrong("connections and the limit of failures are 1 at least".to_owned());
        }
        Ok(())
    }
}

/// An address with memcached's own port if it has none.
fn with_port(address: String) -> String {
    let has_port = match address.rsplit_once(']') {
        Some((_, rest)) => rest.starts_with(':'),
        None => address.contains(':'),
    };
    if has_port || is_unix(&address) {
        address
    } else {
        format!("{address}:11211")
    }
}
