use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{Error, NetworkKind, Operation, Result};

/// Finds the addresses of names.
///
/// `net` has one that asks the host and one that asks DNS servers. A test may
/// bring its own:
///
/// ```
/// use std::net::IpAddr;
/// use net_traits::{Error, Family, Operation, Resolver, Result, async_trait};
///
/// /// Knows one name.
/// #[derive(Debug)]
/// struct OneName;
///
/// #[async_trait]
/// impl Resolver for OneName {
///     async fn lookup(&self, name: &str, _family: Family) -> Result<Vec<IpAddr>> {
///         match name {
///             "db.internal" => Ok(vec![[10, 0, 0, 7].into()]),
///             _ => Err(Error::new(Operation::Lookup, std::io::ErrorKind::NotFound)
///                 .with_address(name)),
///         }
///     }
/// }
/// ```
///
/// The caller sorts the addresses (RFC 6724), drops those of another family than
/// it asked for, and bounds the time.
#[async_trait]
pub trait Resolver: fmt::Debug + Send + Sync + 'static {
    /// Looks up the addresses of a name. `family` is all that the caller wants;
    /// addresses of the other family may be returned as well.
    ///
    /// # Errors
    ///
    /// Returns an error of the operation [`Lookup`](Operation::Lookup) with the
    /// name as its address. Its kind must be
    /// [`NotFound`](std::io::ErrorKind::NotFound) if the name has no such address,
    /// and must not be if the answer is not known.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future must leave nothing behind: no task, no socket.
    async fn lookup(&self, name: &str, family: Family) -> Result<Vec<IpAddr>>;

    /// As [`lookup`](Resolver::lookup), but passes each part of the answer to
    /// `found` as soon as it is known: a dialer need not wait for the slower
    /// family (RFC 8305 §3).
    ///
    /// A resolver that asks for each family by itself implements it. It must give
    /// at most one answer for each family, without addresses if there are none;
    /// the last may be left out. The default gives one answer for all.
    ///
    /// # Errors
    ///
    /// As [`lookup`](Resolver::lookup), if no answer had an address.
    async fn lookup_each(
        &self,
        name: &str,
        family: Family,
        found: &mut (dyn FnMut(Answer) + Send),
    ) -> Result<()> {
        let addresses = self.lookup(name, family).await?;
        found(Answer::new(family, addresses));
        Ok(())
    }

    /// Looks up the names of an address: a reverse lookup.
    ///
    /// # Errors
    ///
    /// Returns an error of kind [`NotFound`](std::io::ErrorKind::NotFound) if it
    /// has none, and of kind [`Unsupported`](std::io::ErrorKind::Unsupported) if the
    /// resolver cannot look names up; this is the default.
    async fn lookup_addr(&self, address: IpAddr) -> Result<Vec<String>> {
        let unsupported = io::Error::new(
            io::ErrorKind::Unsupported,
            "the resolver has no reverse lookups",
        );
        Err(Error::new(Operation::Lookup, unsupported).with_address(address.to_string()))
    }
}

#[async_trait]
impl<R: Resolver + ?Sized> Resolver for Arc<R> {
    async fn lookup(&self, name: &str, family: Family) -> Result<Vec<IpAddr>> {
        (**self).lookup(name, family).await
    }

    async fn lookup_each(
        &self,
        name: &str,
        family: Family,
        found: &mut (dyn FnMut(Answer) + Send),
    ) -> Result<()> {
        (**self).lookup_each(name, family, found).await
    }

    async fn lookup_addr(&self, address: IpAddr) -> Result<Vec<String>> {
        (**self).lookup_addr(address).await
    }
}

/// Which IP addresses are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Family {
    /// All.
    #[default]
    Any,
    /// Those of IPv4.
    V4,
    /// Those of IPv6.
    V6,
}

impl Family {
    /// Returns the family of a network's addresses: `tcp4` has those of IPv4.
    #[must_use]
    pub fn of(network: NetworkKind) -> Self {
        match (network.allows_ipv4(), network.allows_ipv6()) {
            (true, false) => Family::V4,
            (false, true) => Family::V6,
            _ => Family::Any,
        }
    }

    /// Returns whether an address is of the family.
    #[must_use]
    pub fn has(self, address: IpAddr) -> bool {
        match self {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        }
    }
}

/// A part of what a [`Resolver`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The family that this is the whole answer for.
    pub family: Family,
    /// Its addresses, perhaps none.
    pub addresses: Vec<IpAddr>,
}

impl Answer {
    /// Creates the answer for a family.
    #[must_use]
    pub fn new(family: Family, addresses: Vec<IpAddr>) -> Self {
        Answer { family, addresses }
    }
}
