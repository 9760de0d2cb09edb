use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use hickory_proto::rr::{Name, RData, RecordType};
use hickory_resolver::{ResponseCache, TtlConfig};
use net_traits::{Answer, Backend, Family, Resolver, Result, async_trait};

use crate::answer::Answered;
use crate::builder::Builder;
use crate::failure::Failure;
use crate::lookup::Asker;
use crate::record::{self, Mx, Srv};
use crate::source::Source;
use crate::{hosts, name};

/// A DNS stub resolver over the sockets of a backend.
///
/// It never blocks the thread, on any target, and keeps no socket and no task
/// between lookups. Clones share the cache.
///
/// # Cancel safety
///
/// All lookups are cancel safe: dropping one closes its sockets.
///
/// # Examples
///
/// ```
/// use net_resolver::Dns;
/// use net_traits::{Backend, Family, Resolver, Result};
///
/// async fn mail<B: Backend>(backend: B) -> Result<()> {
///     let dns = Dns::builder(backend).server(([127, 0, 0, 1], 53).into()).build();
///     for server in dns.lookup_mx("example.com").await? {
///         let addresses = dns.lookup(&server.host, Family::Any).await?;
///         println!("{} at {addresses:?}", server.host);
///     }
///     Ok(())
/// }
/// ```
///
/// Returned names are absolute: in ASCII (A-label) form and with a trailing
/// dot, as in Go.
pub struct Dns<B> {
    inner: Arc<Inner<B>>,
}

struct Inner<B> {
    asker: Asker<B>,
    source: Source,
    fallback: Option<Arc<dyn Resolver>>,
}

impl<B: Backend> Builder<B> {
    /// Creates the resolver. It reads no file and sends nothing before its
    /// first lookup.
    #[must_use]
    pub fn build(self) -> Dns<B> {
        let cache = (self.cache_size > 0)
            .then(|| ResponseCache::new(self.cache_size, TtlConfig::default()));
        let asker = Asker {
            backend: self.backend,
            cache,
            next: AtomicUsize::new(0),
        };
        let inner = Inner {
            asker,
            source: Source::new(self.overrides),
            fallback: self.fallback,
        };
        Dns {
            inner: Arc::new(inner),
        }
    }
}

impl<B: Backend> Dns<B> {
    /// Creates a resolver that queries the servers in the environment variable
    /// `DNS_SERVER`, or if it is unset or empty, those in `/etc/resolv.conf`.
    ///
    /// It reads no file and sends nothing before its first lookup.
    pub fn new(backend: B) -> Self {
        Dns::builder(backend).build()
    }

    /// Returns a builder, to configure a resolver.
    pub fn builder(backend: B) -> Builder<B> {
        Builder::new(backend)
    }

    /// Looks up the mail servers (MX records) of a domain, sorted by preference.
    ///
    /// # Errors
    ///
    /// This method and those below return an error
    ///
    /// - of kind [`NotFound`](io::ErrorKind::NotFound) if there is no such name
    ///   or no such record,
    /// - of kind [`InvalidInput`](io::ErrorKind::InvalidInput) if the name or
    ///   the configuration is invalid,
    /// - of kind [`NotConnected`](io::ErrorKind::NotConnected) if no server is
    ///   configured,
    /// - of kind [`TimedOut`](io::ErrorKind::TimedOut) if no server responded
    ///   in time, and
    /// - of another kind, with the server's address in the message, if the last
    ///   server failed in another way.
    pub async fn lookup_mx(&self, domain: &str) -> Result<Vec<Mx>> {
        let found = self.records(domain, RecordType::MX).await?;
        let mut servers = found.all(|data| match data {
            RData::MX(mx) => Some(Mx::new(mx)),
            _ => None,
        });
        servers.sort_by_key(|server| server.preference);
        Ok(servers)
    }

    /// Looks up the name servers (NS records) of a domain.
    pub async fn lookup_ns(&self, domain: &str) -> Result<Vec<String>> {
        let found = self.records(domain, RecordType::NS).await?;
        Ok(found.all(|data| match data {
            RData::NS(host) => Some(host.to_ascii()),
            _ => None,
        }))
    }

    /// Looks up the TXT records of a name. The strings of a record are
    /// concatenated. Bytes that are not UTF-8 are replaced.
    pub async fn lookup_txt(&self, name: &str) -> Result<Vec<String>> {
        let found = self.records(name, RecordType::TXT).await?;
        Ok(found.all(|data| match data {
            RData::TXT(text) => {
                let bytes = text.txt_data.concat();
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        }))
    }

    /// Looks up the servers of a service (SRV records, RFC 2782), such as
    /// `"http"` over `"tcp"`, in the order in which to try them: by priority,
    /// and within one priority at random, according to their weights.
    ///
    /// If service and protocol are empty, the name is queried as it is.
    pub async fn lookup_srv(&self, service: &str, protocol: &str, name: &str) -> Result<Vec<Srv>> {
        let full = match (service, protocol) {
            ("", "") => name.to_owned(),
            _ => format!("_{service}._{protocol}.{name}"),
        };
        let found = self.records(&full, RecordType::SRV).await?;
        let mut servers = found.all(|data| match data {
            RData::SRV(srv) => Some(Srv::new(srv)),
            _ => None,
        });
        record::sort(&mut servers);
        Ok(servers)
    }

    /// Looks up the canonical name of a name: the end of its chain of CNAME
    /// records, or the name itself. The canonical name must have an address.
    pub async fn lookup_cname(&self, name: &str) -> Result<String> {
        let found = match self.records(name, RecordType::A).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.records(name, RecordType::AAAA).await?
            }
            other => other?,
        };
        Ok(found.canonical.to_ascii())
    }

    /// Looks up the names of an address (PTR records).
    pub async fn lookup_addr(&self, address: IpAddr) -> Result<Vec<String>> {
        let text = address.to_string();
        let arpa = Name::from(address.to_canonical());
        let hosts = self.inner.source.hosts(self.inner.asker.backend.now());
        let known = hosts::names(&hosts, &arpa);
        if !known.is_empty() {
            return Ok(known.iter().map(Name::to_ascii).collect());
        }
        let found = self.find(&arpa, RecordType::PTR).await;
        let found = found.map_err(|failure| failure.explain(&text))?;
        Ok(found.all(|data| match data {
            RData::PTR(name) => Some(name.to_ascii()),
            _ => None,
        }))
    }

    async fn records(&self, text: &str, kind: RecordType) -> Result<Answered> {
        let found = async { self.find(&name::read(text)?, kind).await };
        found.await.map_err(|failure| failure.explain(text))
    }

    async fn find(&self, name: &Name, kind: RecordType) -> Result<Answered, Failure> {
        if name::is_localhost(name) {
            return Err(Failure::NoSuchRecord);
        }
        let Inner { asker, source, .. } = &*self.inner;
        let settings = source.settings(asker.backend.now())?;
        asker.begin(&settings).records(name, kind).await
    }

    /// Returns the addresses that are known without a query.
    fn known(&self, name: &Name) -> Option<Vec<IpAddr>> {
        if name::is_localhost(name) {
            return Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let hosts = self.inner.source.hosts(self.inner.asker.backend.now());
        hosts::addresses(&hosts, name)
    }

    async fn find_addresses(
        &self,
        text: &str,
        family: Family,
        found: &mut (dyn FnMut(Answer) + Send),
    ) -> Result<()> {
        let explain = |failure: Failure| failure.explain(text);
        if let Ok(literal) = text.parse::<IpAddr>() {
            return forward(vec![literal], family, found).map_err(explain);
        }
        let name = name::read(text).map_err(explain)?;
        if let Some(known) = self.known(&name) {
            return forward(known, family, found).map_err(explain);
        }
        let Inner {
            asker,
            source,
            fallback,
        } = &*self.inner;
        let settings = match (source.settings(asker.backend.now()), fallback) {
            (Err(Failure::NoServer), Some(fallback)) => {
                return fallback.lookup_each(text, family, found).await;
            }
            (settings, _) => settings.map_err(explain)?,
        };
        let lookup = asker.begin(&settings);
        let result = lookup.addresses(&name, family, found).await;
        result.map_err(explain)
    }
}

/// Forwards the known addresses of the family.
fn forward(
    mut addresses: Vec<IpAddr>,
    family: Family,
    found: &mut (dyn FnMut(Answer) + Send),
) -> Result<(), Failure> {
    addresses.retain(|address| family.has(*address));
    if addresses.is_empty() {
        return Err(Failure::NoSuchRecord);
    }
    found(Answer::new(family, addresses));
    Ok(())
}

#[async_trait]
impl<B: Backend> Resolver for Dns<B> {
    async fn lookup(&self, name: &str, family: Family) -> Result<Vec<IpAddr>> {
        let mut all = Vec::new();
        let mut collect = |answer: Answer| all.extend(answer.addresses);
        self.find_addresses(name, family, &mut collect).await?;
        // Whichever family was answered first.
        all.sort_by_key(IpAddr::is_ipv6);
        Ok(all)
    }

    async fn lookup_each(
        &self,
        name: &str,
        family: Family,
        found: &mut (dyn FnMut(Answer) + Send),
    ) -> Result<()> {
        self.find_addresses(name, family, found).await
    }

    async fn lookup_addr(&self, address: IpAddr) -> Result<Vec<String>> {
        match Dns::lookup_addr(self, address).await {
            Err(error) if is_without_server(&error) => match &self.inner.fallback {
                Some(fallback) => fallback.lookup_addr(address).await,
                None => Err(error),
            },
            found => found,
        }
    }
}

fn is_without_server(error: &net_traits::Error) -> bool {
    error.kind() == io::ErrorKind::NotConnected
}

impl<B> Clone for Dns<B> {
    fn clone(&self) -> Self {
        Dns {
            inner: self.inner.clone(),
        }
    }
}

impl<B: fmt::Debug> fmt::Debug for Dns<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dns")
            .field("backend", &self.inner.asker.backend)
            .field("source", &self.inner.source)
            .finish_non_exhaustive()
    }
}
