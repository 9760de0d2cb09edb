use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use net_traits::{BoxStream, Dialer};

use crate::defaults::Defaults;
use crate::error::{Result, invalid};
use crate::login::Password;
use crate::opener::Opener;
use crate::sentinel::{Memory, Sentinel, Sentinels};
use crate::settings::{LONGEST, Settings};
use crate::url::{SENTINEL_PORT, Target};
use crate::{Connection, Dedicated, Subscriber};

/// A client of one server. It holds the server's address and the settings, and opens connections.
///
/// Each `with_` method changes one setting.
///
/// | in the URL | meaning |
/// |---|---|
/// | `redis://`, `rediss://`, `redis+unix://` | TCP, TLS, a Unix socket's path |
/// | `user:password@` | the ACL user, or `:password@` alone |
/// | `host:port` | the port defaults to 6379 |
/// | `/3`, `?db=3` | the database |
/// | `?protocol=resp3` | RESP3, with push messages |
/// | `?client_name=worker` | the name that `CLIENT LIST` shows |
/// | `?user=`, `?pass=` | with `redis+unix://` |
///
/// In users and passwords, special characters are percent-encoded.
#[derive(Clone)]
pub struct Client<D> {
    dialer: Arc<D>,
    settings: Settings,
    /// The sentinels to ask for the master's address, if the settings hold its name.
    sentinels: Vec<Target>,
    memory: Arc<Memory>,
    replicas: bool,
    #[cfg(feature = "tls")]
    tls: Option<net_tls::LazyClientConfig>,
}

impl<D: Dialer + Default + 'static> Client<D> {
    /// Creates a client from a URL, over the default dialer, and with the target's default TLS
    /// configuration: `net::redis::Client::open(url)`. The crate `net` documents these defaults.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is invalid. The error does not contain it.
    pub fn open<By>(url: &str) -> Result<Self>
    where
        Self: Defaults<By>,
    {
        Ok(Client::new(D::default(), url)?.with_defaults())
    }

    /// Creates a client of the master that sentinels monitor under a name, over the default
    /// dialer.
    ///
    /// Each time it connects, it asks the sentinels, starting with the last that answered, and
    /// checks that the server is a master. After a failover it therefore continues with the new
    /// master. A connection whose server replies `READONLY` is treated as lost.
    ///
    /// A sentinel is `host:port`, where the port defaults to 26379, or a URL if it requires a
    /// password or TLS: `rediss://:password@host:port`. The master's name may be a URL as well,
    /// which contains the name in place of the host and says how to log in:
    /// `redis://user:password@mymaster/2?protocol=resp3`.
    ///
    /// ```no_run
    /// use net_redis::Client;
    ///
    /// # async fn example() -> net_redis::Result<()> {
    /// let sentinels = ["10.0.0.1:26379", "10.0.0.2:26379", "10.0.0.3:26379"];
    /// let client = Client::new_sentinel(net::Net::default(), sentinels, "mymaster")?;
    /// let master = client.connect().await?;
    /// let replica = client.with_replicas()?.connect().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if there is no sentinel, or if an address, a URL or the name is invalid.
    pub fn sentinel<By>(
        sentinels: impl IntoIterator<Item: AsRef<str>>,
        master: &str,
    ) -> Result<Self>
    where
        Self: Defaults<By>,
    {
        let client = Client::new_sentinel(D::default(), sentinels, master)?;
        Ok(client.with_defaults())
    }
}

impl<D: Dialer + 'static> Client<D> {
    /// Creates a client from a URL, over a dialer.
    ///
    /// By default, connecting and replies time out after 5 seconds each, a reply may have up to
    /// 512 MiB, and up to 64 MiB of commands are queued.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is invalid. The error does not contain it.
    pub fn new(dialer: D, url: &str) -> Result<Self> {
        Ok(Client::of_target(dialer, Target::parse(url)?))
    }

    /// Like [`sentinel`](Client::sentinel), but over a given dialer.
    ///
    /// # Errors
    ///
    /// See [`sentinel`](Client::sentinel).
    pub fn new_sentinel(
        dialer: D,
        sentinels: impl IntoIterator<Item: AsRef<str>>,
        master: &str,
    ) -> Result<Self> {
        let mut client = Client::of_target(dialer, Target::parse_master(master)?);
        let sentinels = sentinels.into_iter();
        client.sentinels = sentinels
            .map(|sentinel| Target::parse_place(sentinel.as_ref(), SENTINEL_PORT))
            .collect::<Result<_>>()?;
        if client.sentinels.is_empty() {
            return Err(invalid("at least one sentinel is needed"));
        }
        client.memory = Arc::new(Memory::of(client.sentinels.len()));
        Ok(client)
    }

    pub(crate) fn of_target(dialer: D, target: Target) -> Self {
        Client {
            dialer: Arc::new(dialer),
            settings: Settings::new(target),
            sentinels: Vec::new(),
            memory: Arc::new(Memory::of(0)),
            replicas: false,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Connects to replicas of the master that sentinels monitor, in round-robin order, and to the
    /// master if there are none. Replicas may return stale data, and reject writes.
    ///
    /// # Errors
    ///
    /// Returns an error if the client has no sentinels.
    pub fn with_replicas(mut self) -> Result<Self> {
        if self.sentinels.is_empty() {
            return Err(invalid("replicas require sentinels"));
        }
        self.replicas = true;
        Ok(self)
    }

    /// Sets the ACL user and the password, in place of those in the URL. An empty user logs in
    /// with the password alone.
    #[must_use]
    pub fn with_login(mut self, user: &str, password: &str) -> Self {
        let login = &mut self.settings.target.login;
        login.username = (!user.is_empty()).then(|| user.to_owned());
        login.password = Some(Password(password.to_owned()));
        self
    }

    /// Sets the TLS configuration for `rediss://` URLs.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, config: net_tls::ClientConfig) -> Self {
        self.with_lazy_tls(move || Ok(config.clone()))
    }

    /// Like [`with_tls`](Client::with_tls), but calls a function for the configuration on the
    /// first connection: loading the system's trust roots is slow.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_lazy_tls(
        mut self,
        make: impl Fn() -> net_traits::Result<net_tls::ClientConfig> + Send + Sync + 'static,
    ) -> Self {
        self.tls = Some(net_tls::LazyClientConfig::new(make));
        self
    }

    /// Sets the timeout for dialing and logging in together.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// Sets the timeout for a reply, which includes waiting for a connection. A shared connection
    /// on which a reply is overdue is closed, since all later requests on it are waiting as well.
    ///
    /// On a [`Dedicated`] connection it does not apply to commands that block.
    #[must_use]
    pub fn with_response_timeout(mut self, timeout: Duration) -> Self {
        self.settings.response_timeout = timeout.min(LONGEST);
        self
    }

    /// Sets the maximum length of a reply. A connection that receives a longer one is closed.
    /// Parsed values of many small elements take some twenty times as much memory.
    #[must_use]
    pub fn with_max_answer_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_answer_bytes = bytes;
        self
    }

    /// Sets the maximum number of bytes queued for sending on a shared connection. Beyond that,
    /// callers wait.
    #[must_use]
    pub fn with_max_queued_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_queued_bytes = bytes;
        self
    }

    /// Sets the delays between attempts to reconnect: the first, which doubles up to the longest.
    /// The first attempt is immediate.
    #[must_use]
    pub fn with_backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.first_pause = first.min(LONGEST);
        self.settings.longest_pause = longest.max(first).min(LONGEST);
        self
    }

    /// Opens a connection that many tasks can share.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached or rejects the login.
    ///
    /// # Panics
    ///
    /// Panics if called outside of a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes any connection that it has opened.
    pub async fn connect(&self) -> Result<Connection> {
        let opener = self.opener()?;
        let wire = opener.open().await?;
        Ok(Connection::share(wire, opener))
    }

    /// Opens a connection for one task: for commands that block, such as `BLPOP`, and for those
    /// that change the state of the connection, such as `WATCH`.
    ///
    /// # Errors
    ///
    /// See [`connect`](Client::connect).
    ///
    /// # Cancel safety
    ///
    /// See [`connect`](Client::connect).
    pub async fn dedicated(&self) -> Result<Dedicated> {
        let opener = self.opener()?;
        let wire = opener.open().await?;
        Ok(Dedicated::new(wire, &opener))
    }

    /// Opens a connection for Pub/Sub.
    ///
    /// # Errors
    ///
    /// See [`connect`](Client::connect).
    ///
    /// # Cancel safety
    ///
    /// See [`connect`](Client::connect).
    pub async fn subscriber(&self) -> Result<Subscriber> {
        let opener = self.opener()?;
        let wire = opener.open().await?;
        Ok(Subscriber::new(wire, opener))
    }

    pub(crate) fn opener(&self) -> Result<Opener> {
        let sentinels = self.sentinels.iter().map(|target| {
            Ok(Sentinel {
                dialer: self.dialer_to(target)?,
                target: target.clone(),
            })
        });
        let sentinels = sentinels.collect::<Result<Vec<_>>>()?;
        let master = &self.settings.target.address;
        let sentinels = (!sentinels.is_empty()).then(|| {
            let (master, memory) = (Arc::clone(master), Arc::clone(&self.memory));
            Arc::new(Sentinels::new(master, self.replicas, sentinels, memory))
        });
        Ok(Opener {
            dialer: self.dialer_to(&self.settings.target)?,
            settings: Arc::new(self.settings.clone()),
            sentinels,
        })
    }

    /// Returns the dialer, wrapped in TLS if the URL asks for it.
    fn dialer_to(&self, target: &Target) -> Result<Arc<dyn Dialer<Stream = BoxStream>>> {
        let dialer = Arc::clone(&self.dialer);
        if !target.tls {
            return Ok(Arc::from(dialer.boxed()));
        }
        #[cfg(feature = "tls")]
        if let Some(config) = &self.tls {
            let config = config.get().map_err(crate::Error::connect)?.clone();
            let dialer = net_tls::TlsDialer::new(dialer, config);
            return Ok(Arc::from(dialer.boxed()));
        }
        Err(invalid(
            "rediss:// requires the cargo feature `tls` and Client::with_tls",
        ))
    }
}

impl<D> fmt::Debug for Client<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("target", &self.settings.target)
            .finish_non_exhaustive()
    }
}
