use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use net_traits::{BoxStream, Dialer};

use crate::error::{Result, invalid};
use crate::settings::{Opener, Settings};
use crate::url::{Password, Target};
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
    #[cfg(feature = "tls")]
    tls: Option<net_tls::ClientConfig>,
}

impl<D: Dialer + Default + 'static> Client<D> {
    /// A client of the server in a URL, over the dialer's default.
    ///
    /// # Errors
    ///
    /// If the URL is none. The error does not repeat it.
    pub fn open(url: &str) -> Result<Self> {
        Client::new(D::default(), url)
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
        Ok(Client {
            dialer: Arc::new(dialer),
            settings: Settings {
                target: Target::parse(url)?,
                connect_timeout: Duration::from_secs(5),
                response_timeout: Duration::from_secs(5),
                max_answer_bytes: 512 << 20,
                max_queued_bytes: 64 << 20,
                first_pause: Duration::from_millis(50),
                longest_pause: Duration::from_secs(2),
            },
            #[cfg(feature = "tls")]
            tls: None,
        })
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
    pub fn with_tls(mut self, config: net_tls::ClientConfig) -> Self {
        self.tls = Some(config);
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

    fn opener(&self) -> Result<Opener> {
        Ok(Opener {
            dialer: self.erased_dialer()?,
            settings: Arc::new(self.settings.clone()),
        })
    }

    /// The dialer, with TLS where the URL wants it.
    fn erased_dialer(&self) -> Result<Arc<dyn Dialer<Stream = BoxStream>>> {
        let dialer = Arc::clone(&self.dialer);
        if !self.settings.target.tls {
            return Ok(Arc::from(dialer.boxed()));
        }
        #[cfg(feature = "tls")]
        if let Some(config) = &self.tls {
            return Ok(Arc::from(
                net_tls::TlsDialer::new(dialer, config.clone()).boxed(),
            ));
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
