use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use net_traits::{Backend, Operation, Resolver, Result};

use crate::name;
use crate::source::Overrides;

/// Configures a [`Dns`](crate::Dns) resolver; created by
/// [`Dns::builder`](crate::Dns::builder).
///
/// What is set here takes precedence over the environment and
/// `/etc/resolv.conf`.
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

    /// Adds a server. If any is added, servers in the environment and in
    /// `/etc/resolv.conf` are ignored.
    pub fn server(mut self, server: SocketAddr) -> Self {
        self.overrides.servers.push(server);
        self
    }

    /// Sets the search list: the domains that are appended to a relative name.
    ///
    /// # Errors
    ///
    /// Returns an error of kind
    /// [`InvalidInput`](std::io::ErrorKind::InvalidInput), which names the
    /// domain, if one is not a valid domain name.
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

    /// Sets how many dots a relative name must have to be queried as it is
    /// before the search list is tried; 1 by default.
    pub fn ndots(mut self, ndots: usize) -> Self {
        self.overrides.ndots = Some(ndots);
        self
    }

    /// Sets the timeout of each query to one server over one transport; 5
    /// seconds by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.overrides.timeout = Some(timeout);
        self
    }

    /// Sets how many times the list of servers is tried before a query fails;
    /// 2 by default, and at least 1.
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.overrides.attempts = Some(attempts);
        self
    }

    /// Sets whether lookups rotate through the servers instead of always
    /// starting with the first; `false` by default.
    pub fn rotate(mut self, rotate: bool) -> Self {
        self.overrides.rotate = Some(rotate);
        self
    }

    /// Sets how many responses are cached for their TTL, negative ones
    /// included; 1,024 by default. 0 disables the cache.
    pub fn cache_size(mut self, answers: u64) -> Self {
        self.cache_size = answers;
        self
    }

    /// Sets the list of servers to use instead of the environment variable
    /// `DNS_SERVER`: addresses separated by commas or white space, each with or
    /// without a port, such as `10.0.0.2` or `[fe80::1%eth0]:53`.
    ///
    /// An invalid list is reported by the first lookup.
    pub fn server_list(mut self, list: impl Into<String>) -> Self {
        self.overrides.variable = Some(list.into());
        self
    }

    /// Sets the file to read instead of `/etc/resolv.conf`.
    pub fn resolv_conf(mut self, path: impl Into<PathBuf>) -> Self {
        self.overrides.resolv_conf = Some(path.into());
        self
    }

    /// Sets the file to read instead of `/etc/hosts`.
    pub fn hosts(mut self, path: impl Into<PathBuf>) -> Self {
        self.overrides.hosts = Some(path.into());
        self
    }

    /// Sets the resolver that looks up addresses if no server is configured
    /// anywhere.
    pub fn fallback(mut self, resolver: impl Resolver) -> Self {
        self.fallback = Some(Arc::new(resolver));
        self
    }
}
