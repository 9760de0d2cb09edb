use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use net_traits::{BoxStream, Dialer};

use crate::defaults::Defaults;
use crate::error::{Result, invalid};
use crate::sentinel::{Memory, Sentinel, Sentinels};
use crate::settings::{Opener, Settings};
use crate::url::{Password, SENTINEL_PORT, Target};
use crate::{Connection, Dedicated, Subscriber};

/// Where a server is and how it is talked to. It opens connections.
///
/// Each `with_` method changes one thing.
///
/// | in the URL | means |
/// |---|---|
/// | `redis://`, `rediss://`, `redis+unix://` | TCP, TLS, a Unix socket's path |
/// | `user:password@` | the user of an ACL, or `:password@` alone |
/// | `host:port` | port 6379 if there is none |
/// | `/3`, `?db=3` | the database |
/// | `?protocol=resp3` | the newer protocol, with pushed messages |
/// | `?client_name=worker` | the name that `CLIENT LIST` shows |
/// | `?user=`, `?pass=` | with `redis+unix://` |
///
/// In users and passwords, special characters are percent-encoded.
#[derive(Clone)]
pub struct Client<D> {
    dialer: Arc<D>,
    settings: Settings,
    /// Who knows where the master is, if the settings have but its name.
    sentinels: Vec<Target>,
    memory: Arc<Memory>,
    replicas: bool,
    #[cfg(feature = "tls")]
    tls: Option<net_tls::LazyClientConfig>,
}

impl<D: Dialer + Default + 'static> Client<D> {
    /// A client of the server in a URL, over the dialer's default, and with TLS
    /// as the target has it: `net::redis::Client::open(url)`. The crate `net`
    /// says what that is.
    ///
    /// # Errors
    ///
    /// If the URL is none. The error does not repeat it.
    pub fn open<By>(url: &str) -> Result<Self>
    where
        Self: Defaults<By>,
    {
        Ok(Client::new(D::default(), url)?.with_defaults())
    }

    /// A client of the master that sentinels watch by a name, over the dialer's
    /// default.
    ///
    /// Whenever it connects, it asks the sentinels, first the one that answered
    /// last, and makes sure that the server is a master. So after a failover it
    /// goes on with the new one. A server that answers `READONLY` counts as
    /// lost.
    ///
    /// A sentinel is `host:port`, with port 26379 if there is none, or a URL if
    /// it wants a password or TLS: `rediss://:password@host:port`. The master's
    /// name may be a URL as well, that has the name in place of the host and says
    /// how to log in: `redis://user:password@mymaster/2?protocol=resp3`.
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
    /// If there is no sentinel, or what is given is no address, URL or name.
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
    /// A client of the server in a URL, over a dialer. It gives 5 seconds for
    /// connecting and 5 for an answer, takes answers of up to 512 MiB, and has
    /// up to 64 MiB of commands wait for being sent.
    ///
    /// # Errors
    ///
    /// If the URL is none. The error does not repeat it.
    pub fn new(dialer: D, url: &str) -> Result<Self> {
        Ok(Client::of_target(dialer, Target::parse(url)?))
    }

    /// As [`sentinel`](Client::sentinel), over a dialer.
    ///
    /// # Errors
    ///
    /// As [`sentinel`](Client::sentinel).
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

    /// Connections are to a replica of the master that sentinels watch: one after
    /// the other where there are several, and the master if there is none. What
    /// they answer may be old, and they refuse to change anything.
    ///
    /// # Errors
    ///
    /// If the client has no sentinels.
    pub fn with_replicas(mut self) -> Result<Self> {
        if self.sentinels.is_empty() {
            return Err(invalid("only sentinels know replicas"));
        }
        self.replicas = true;
        Ok(self)
    }

    /// Logs in as a user of the server's ACL, or with an empty name as nobody in
    /// particular, in place of what the URL says.
    #[must_use]
    pub fn with_login(mut self, user: &str, password: &str) -> Self {
        let login = &mut self.settings.target.login;
        login.username = (!user.is_empty()).then(|| user.to_owned());
        login.password = Some(Password(password.to_owned()));
        self
    }

    /// Whom to trust with a URL that begins with `rediss://`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, config: net_tls::ClientConfig) -> Self {
        self.with_lazy_tls(move || Ok(config.clone()))
    }

    /// As [`with_tls`](Client::with_tls), with what a function gives when the
    /// first connection wants it: reading the roots of a system takes its time.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_lazy_tls(
        mut self,
        make: impl Fn() -> net_traits::Result<net_tls::ClientConfig> + Send + Sync + 'static,
    ) -> Self {
        self.tls = Some(net_tls::LazyClientConfig::new(make));
        self
    }

    /// How long dialing and logging in may take together.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.connect_timeout = timeout;
        self
    }

    /// How long an answer may take, waiting for a connection included. A shared
    /// connection on which one is overdue is closed, since whatever was asked
    /// after it waits as well.
    ///
    /// On a [`Dedicated`] connection it does not count for commands that block.
    #[must_use]
    pub fn with_response_timeout(mut self, timeout: Duration) -> Self {
        self.settings.response_timeout = timeout;
        self
    }

    /// How long an answer may be; a connection on which a longer one arrives is
    /// closed. As values, many small elements take some twenty times as much
    /// memory.
    #[must_use]
    pub fn with_max_answer_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_answer_bytes = bytes;
        self
    }

    /// How many bytes of commands may wait for being sent on a shared connection;
    /// beyond that, those who ask wait.
    #[must_use]
    pub fn with_max_queued_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_queued_bytes = bytes;
        self
    }

    /// The pauses between attempts to connect again: the first, which doubles up
    /// to the longest. The first attempt is made at once.
    #[must_use]
    pub fn with_backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.first_pause = first;
        self.settings.longest_pause = longest.max(first);
        self
    }

    /// Opens a connection that tasks share.
    ///
    /// # Errors
    ///
    /// If the server is not there or does not let the client in.
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes what it has opened.
    pub async fn connect(&self) -> Result<Connection> {
        let opener = self.opener()?;
        let wire = opener.open().await?;
        Ok(Connection::share(wire, opener))
    }

    /// Opens a connection for one task: for commands that block, such as `BLPOP`,
    /// and for those that change the connection, such as `WATCH`.
    ///
    /// # Errors
    ///
    /// As [`connect`](Client::connect).
    ///
    /// # Cancel safety
    ///
    /// As [`connect`](Client::connect).
    pub async fn dedicated(&self) -> Result<Dedicated> {
        let opener = self.opener()?;
        let wire = opener.open().await?;
        Ok(Dedicated::new(wire, &opener))
    }

    /// Opens a connection on which messages of channels arrive.
    ///
    /// # Errors
    ///
    /// As [`connect`](Client::connect).
    ///
    /// # Cancel safety
    ///
    /// As [`connect`](Client::connect).
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

    /// The dialer, with TLS where the URL wants it.
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
            "rediss:// needs the cargo feature tls, and Client::with_tls",
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
