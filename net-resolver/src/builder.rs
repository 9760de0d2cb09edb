use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use net_traits::{Backend, Operation, Resolver, Result};

use crate::dns::Dns;
use crate::name;
use crate::source::Overrides;

/// Says how a [`Dns`] resolver asks; made by [`Dns::builder`].
///
/// What is set here goes before what the environment and `/etc/resolv.conf`
/// say.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder<B> {
    pub(crate) backend: B,
    pub(crate) overrides: Overrides,
    pub(crate) fallback: Option<Arc<dyn Resolver>>,
    pub(crate) cache_size: u64,
}

impl<B: Backend> Builder<B> {
    pub(crate) fn new(backend: B) -> Self {
        Builder {
            backend,
            overrides: Overrides::default(),
            fallback: None,
            cache_size: 1024,
        }
    }

    /// Adds a server. With one, neither the environment nor a file is asked
    /// for servers.
    pub fn server(mut self, server: SocketAddr) -> Self {
        self.overrides.servers.push(server);
        self
    }

    /// Sets the domains that are put behind a name with few dots.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](std::io::ErrorKind::InvalidInput), with the one that
    /// is no name.
    pub fn search<'a>(mut self, domains: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut names = Vec::new();
        for domain in domains {
            let mut name = name::read(domain)
                .map_err(|failure| failure.explain(domain).with_operation(Operation::Parse))?;
            name.set_fqdn(true);
            names.push(name);
        }
        self.overrides.search = Some(names);
        Ok(self)
    }

    /// Sets how many dots a name has that is first asked for as it is; 1
    /// otherwise.
    pub fn ndots(mut self, ndots: usize) -> Self {
        self.overrides.ndots = Some(ndots);
        self
    }

    /// Sets how long to wait for the answer to each question; 5 seconds
    /// otherwise.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.overrides.timeout = Some(timeout);
        self
    }

    /// Sets how often all servers are asked before a lookup fails; twice
    /// otherwise, and once at least.
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.overrides.attempts = Some(attempts);
        self
    }

    /// Lets each lookup begin with the next server, and not always with the
    /// first.
    pub fn rotate(mut self, rotate: bool) -> Self {
        self.overrides.rotate = Some(rotate);
        self
    }

    /// Sets how many answers are kept, for as long as they are good; 1,024
    /// otherwise, and none with 0.
    pub fn cache_size(mut self, answers: u64) -> Self {
        self.cache_size = answers;
        self
    }

    /// Reads this in place of the environment variable `DNS_SERVER`.
    pub fn server_list(mut self, list: impl Into<String>) -> Self {
        self.overrides.variable = Some(list.into());
        self
    }

    /// Reads this file in place of `/etc/resolv.conf`.
    pub fn resolv_conf(mut self, path: impl Into<PathBuf>) -> Self {
        self.overrides.resolv_conf = Some(path.into());
        self
    }

    /// Reads this file in place of `/etc/hosts`.
    pub fn hosts(mut self, path: impl Into<PathBuf>) -> Self {
        self.overrides.hosts = Some(path.into());
        self
    }

    /// Sets whom to ask for addresses where no server is named anywhere.
    pub fn fallback(mut self, resolver: impl Resolver) -> Self {
        self.fallback = Some(Arc::new(resolver));
        self
    }

    /// The resolver. Nothing is read and nobody asked before its first lookup.
    #[must_use]
    pub fn build(self) -> Dns<B> {
        Dns::from_builder(self)
    }
}
