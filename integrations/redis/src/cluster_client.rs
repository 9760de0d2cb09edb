use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use net_traits::Dialer;

use crate::Client;
use crate::cluster::ClusterConnection;
use crate::defaults::Defaults;
use crate::error::{Result, invalid};
use crate::nodes::Nodes;
use crate::url::{DEFAULT_PORT, Login, Target};

/// Where a cluster is and how its nodes are talked to. It opens connections.
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
    /// Of the first seed.
    client: Client<D>,
    seeds: Vec<Arc<str>>,
    replicas: bool,
}

impl<D: Dialer + Default + 'static> ClusterClient<D> {
    /// A client of the cluster to which these nodes belong, over the dialer's
    /// default. Each is `host:port` or a URL; see [`new`](ClusterClient::new).
    ///
    /// # Errors
    ///
    /// As [`new`](ClusterClient::new).
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
    /// A client of the cluster to which these nodes belong, over a dialer. Those
    /// that are not named are found; one that answers suffices.
    ///
    /// How to log in is the same everywhere: the first URL says it, or
    /// [`with_login`](ClusterClient::with_login). The others may repeat it.
    ///
    /// # Errors
    ///
    /// If there is none, or one is neither an address nor a URL, or they differ
    /// in more than their addresses.
    pub fn new(dialer: D, seeds: impl IntoIterator<Item: AsRef<str>>) -> Result<Self> {
        let seeds = seeds
            .into_iter()
            .map(|seed| Target::parse_place(seed.as_ref(), DEFAULT_PORT));
        let seeds = seeds.collect::<Result<Vec<_>>>()?;
        let Some(first) = seeds.first() else {
            return Err(invalid("at least one node of the cluster is needed"));
        };
        if first.login.database != 0 {
            return Err(invalid("a cluster has but the database 0"));
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

    /// Replicas answer what only reads, one after the other; their answers may be
    /// old. Where there is none, or it cannot be asked, the master answers.
    #[must_use]
    pub fn with_replicas(mut self) -> Self {
        self.replicas = true;
        self
    }

    /// As [`Client::with_login`].
    #[must_use]
    pub fn with_login(self, user: &str, password: &str) -> Self {
        self.with(|client| client.with_login(user, password))
    }

    /// As [`Client::with_tls`].
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, config: net_tls::ClientConfig) -> Self {
        self.with(|client| client.with_tls(config))
    }

    /// As [`Client::with_connect_timeout`], for each node.
    #[must_use]
    pub fn with_connect_timeout(self, timeout: Duration) -> Self {
        self.with(|client| client.with_connect_timeout(timeout))
    }

    /// How long each answer may take, and for how long a command is tried again
    /// that no node has carried out. To get over a failover it has to be longer
    /// than that takes: the cluster's `cluster-node-timeout`, which is 15 seconds
    /// if nobody has changed it, and some more.
    #[must_use]
    pub fn with_response_timeout(self, timeout: Duration) -> Self {
        self.with(|client| client.with_response_timeout(timeout))
    }

    /// As [`Client::with_max_answer_bytes`].
    #[must_use]
    pub fn with_max_answer_bytes(self, bytes: usize) -> Self {
        self.with(|client| client.with_max_answer_bytes(bytes))
    }

    /// As [`Client::with_max_queued_bytes`], for each node.
    #[must_use]
    pub fn with_max_queued_bytes(self, bytes: usize) -> Self {
        self.with(|client| client.with_max_queued_bytes(bytes))
    }

    /// The pauses between attempts to connect to a node, and to ask a command
    /// that no node has carried out; see [`Client::with_backoff`].
    #[must_use]
    pub fn with_backoff(self, first: Duration, longest: Duration) -> Self {
        self.with(|client| client.with_backoff(first, longest))
    }

    fn with(mut self, change: impl FnOnce(Client<D>) -> Client<D>) -> Self {
        self.client = change(self.client);
        self
    }

    /// Asks a node who has which slots, for a connection that tasks share.
    ///
    /// # Errors
    ///
    /// If no node answers, or the cluster has no slots.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes what it has opened.
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
