use std::sync::Arc;
use std::time::Duration;

use net_traits::Dialer;

use crate::address::with_default_port;
use crate::client::{Client, Shared};
use crate::ring::Ring;
use crate::server::{Open, Opener, Server};
use crate::settings::{Secret, Settings};
use crate::{Error, Result, WhenDown};

/// Builds a [`Client`].
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

impl Client {
    /// Connects to a single server.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be reached, or does not support meta commands.
    pub async fn connect(dialer: impl Dialer + 'static, server: &str) -> Result<Self> {
        let client = Client::builder(dialer).with_servers([server]).build()?;
        client.ping().await?;
        Ok(client)
    }

    /// Creates a builder, for several servers or for other settings.
    pub fn builder(dialer: impl Dialer + 'static) -> Builder {
        Builder::new(dialer)
    }
}

impl Builder {
    fn new(dialer: impl Dialer + 'static) -> Self {
        Builder {
            opener: Arc::new(Opener(dialer)),
            servers: Vec::new(),
            settings: Settings::default(),
        }
    }

    /// Adds servers: `host:port`, `host` for port 11211, or the path of a Unix socket.
    ///
    /// Clients that share servers must spell them the same: the text, not the order, determines
    /// which keys are on which server.
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
        self.servers
            .push((with_default_port(server.into()), weight));
        self
    }

    /// Sets the timeout of an operation, including dialing if necessary. The default is one
    /// second. A connection on which replies are outstanding is closed if it is idle for this
    /// long.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Sets the timeout for dialing and for the server's first reply. The default is one second.
    #[must_use]
    pub fn with_dial_timeout(mut self, timeout: Duration) -> Self {
        self.settings.dial_timeout = timeout;
        self
    }

    /// Sets the maximum length of a value, sent or received. The default is 1 MiB, the same as
    /// memcached's own limit (its option `-I`).
    #[must_use]
    pub fn with_max_value_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_value_bytes = bytes;
        self
    }

    /// Sets the number of connections to each server. The default is one, which any number of
    /// tasks share; more help if long values delay short ones.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.settings.connections = connections;
        self
    }

    /// Sets what happens to the keys of a server that is down.
    #[must_use]
    pub fn with_when_down(mut self, when_down: WhenDown) -> Self {
        self.settings.when_down = when_down;
        self
    }

    /// Sets the number of consecutive failures after which a server is considered down. The
    /// default is 3. A failed dial is a failure, and so is the end of a connection on which
    /// replies were outstanding.
    #[must_use]
    pub fn with_failure_limit(mut self, failures: u32) -> Self {
        self.settings.failure_limit = failures;
        self
    }

    /// Sets for how long a server that is down is not tried: `first`, doubled after each further
    /// failure up to `longest`. The defaults are one second and one minute.
    #[must_use]
    pub fn with_pause(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.pauses = (first, longest.max(first));
        self
    }

    /// Authenticates to servers that require it (memcached's option `-Y`). Without TLS, the
    /// password is sent in cleartext.
    #[must_use]
    pub fn with_password(mut self, user: &str, password: &str) -> Self {
        self.settings.secret = Some(Secret(format!("{user} {password}")));
        self
    }

    /// Builds the client. It connects on demand.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no server, if a server is added twice, or if a setting is
    /// invalid.
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
            return wrong("no servers were added".to_owned());
        }
        for (n, (server, weight)) in self.servers.iter().enumerate() {
            if self.servers[..n].iter().any(|(other, _)| other == server) {
                return wrong(format!("the server {server} was added twice"));
            }
            if *weight == 0 {
                return wrong(format!("the weight of the server {server} is 0"));
            }
        }
        if self.settings.connections == 0 || self.settings.failure_limit == 0 {
            return wrong(
                "the number of connections and the failure limit must be at least 1".to_owned(),
            );
        }
        Ok(())
    }
}
