use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use net_traits::Dialer;

use crate::Client;
use crate::cluster::ClusterConnection;
use crate::defaults::Defaults;
use crate::error::{Result, invalid};
use crate::login::Login;
use crate::nodes::Nodes;
use crate::url::{DEFAULT_PORT, Target};

/// A client of a cluster. It holds the addresses of some nodes and the settings, and opens
/// connections.
///
/// ```no_run
/// use net_redis::{ClusterClient, Cmd};
///
/// # async fn example() -> net_redis::Result<()> {
/// let seeds = ["redis://:password@10.0.0.1:6379", "redis://:password@10.0.0.2:6379"];
/// let client = ClusterClient::new(net::Net::default(), seeds)?;
/// let redis = client.connect().await?;
/// redis.exec(&Cmd::set("greeting", "hello")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ClusterClient<D> {
    /// The client of the first seed.
    client: Client<D>,
    seeds: Vec<Arc<str>>,
    replicas: bool,
}

impl<D: Dialer + Default + 'static> ClusterClient<D> {
    /// Creates a client of the cluster that these nodes belong to, over the default dialer. Each
    /// is `host:port` or a URL; see [`new`](ClusterClient::new).
    ///
    /// # Errors
    ///
    /// See [`new`](ClusterClient::new).
    pub fn open<By>(seeds: impl IntoIterator<Item: AsRef<str>>) -> Result<Self>
    where
        Client<D>: Defaults<By>,
    {
        let mut cluster = ClusterClient::new(D::default(), seeds)?;
        cluster.client = cluster.client.with_defaults();
        Ok(cluster)
    }
}

impl<D: Dialer + 'static> ClusterClient<D> {
    /// Creates a client of the cluster that these nodes belong to, over a dialer. The other nodes
    /// are discovered; one reachable node suffices.
    ///
    /// All nodes share the login of the first URL, or of
    /// [`with_login`](ClusterClient::with_login). The other URLs may repeat it.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no node, if an address or a URL is invalid, or if the URLs
    /// differ in more than their addresses.
    pub fn new(dialer: D, seeds: impl IntoIterator<Item: AsRef<str>>) -> Result<Self> {
        let seeds = seeds
            .into_iter()
            .map(|seed| Target::parse_place(seed.as_ref(), DEFAULT_PORT));
        let seeds = seeds.collect::<Result<Vec<_>>>()?;
        let Some(first) = seeds.first() else {
            return Err(invalid("at least one node of the cluster is needed"));
        };
        if first.login.database != 0 {
            return Err(invalid("a cluster has only database 0"));
        }
        let plain = |seed: &Target| seed.login == Login::default();
        let fits = |seed: &Target| seed.login == first.login || plain(seed);
        if !seeds.iter().all(|seed| fits(seed) && seed.tls == first.tls) {
            return Err(invalid(
                "the URLs of a cluster's nodes differ in more than their addresses",
            ));
        }
        Ok(ClusterClient {
            seeds: seeds.iter().map(|seed| Arc::clone(&seed.address)).collect(),
            client: Client::of_target(dialer, first.clone()),
            replicas: false,
        })
    }

    /// Sends read-only commands to replicas, in round-robin order; they may return stale data. If
    /// a slot has no replica, or it cannot be reached, the command is sent to the master.
    #[must_use]
    pub fn with_replicas(mut self) -> Self {
        self.replicas = true;
        self
    }

    /// See [`Client::with_login`].
    #[must_use]
    pub fn with_login(self, user: &str, password: &str) -> Self {
        self.with(|client| client.with_login(user, password))
    }

    /// See [`Client::with_tls`].
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, config: net_tls::ClientConfig) -> Self {
        self.with(|client| client.with_tls(config))
    }

    /// See [`Client::with_connect_timeout`]; it applies to each node.
    #[must_use]
    pub fn with_connect_timeout(self, timeout: Duration) -> Self {
        self.with(|client| client.with_connect_timeout(timeout))
    }

    /// Sets the timeout for each reply, and the time during which a command that no node has
    /// executed is retried. To survive a failover it must be longer than that takes: the cluster's
    /// `cluster-node-timeout`, 15 seconds by default, and some more.
    #[must_use]
    pub fn with_response_timeout(self, timeout: Duration) -> Self {
        self.with(|client| client.with_response_timeout(timeout))
    }

    /// See [`Client::with_max_answer_bytes`].
    #[must_use]
    pub fn with_max_answer_bytes(self, bytes: usize) -> Self {
        self.with(|client| client.with_max_answer_bytes(bytes))
    }

    /// See [`Client::with_max_queued_bytes`]; it applies to each node.
    #[must_use]
    pub fn with_max_queued_bytes(self, bytes: usize) -> Self {
        self.with(|client| client.with_max_queued_bytes(bytes))
    }

    /// Sets the delays between attempts to connect to a node, and between retries of a command;
    /// see [`Client::with_backoff`].
    #[must_use]
    pub fn with_backoff(self, first: Duration, longest: Duration) -> Self {
        self.with(|client| client.with_backoff(first, longest))
    }

    fn with(mut self, change: impl FnOnce(Client<D>) -> Client<D>) -> Self {
        self.client = change(self.client);
        self
    }

    /// Asks a node for the map of slots, and returns a connection that many tasks can share.
    ///
    /// # Errors
    ///
    /// Returns an error if no node can be reached, or if the cluster serves no slots.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes any connection that it has opened.
    pub async fn connect(&self) -> Result<ClusterConnection> {
        let opener = self.client.opener()?;
        let nodes = Nodes::new(opener, self.seeds.clone(), self.replicas);
        let nodes = Arc::new(nodes);
        nodes.refresh(nodes.generation()).await?;
        Ok(ClusterConnection { nodes })
    }
}

impl<D> fmt::Debug for ClusterClient<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterClient")
            .field("seeds", &self.seeds)
            .finish_non_exhaustive()
    }
}
