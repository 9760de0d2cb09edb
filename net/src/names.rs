use std::net::IpAddr;
use std::sync::Arc;

use net_dial::DefaultResolver;
use net_traits::{Error, Family, Operation, Resolver, Result, async_trait};

use crate::backend::{self, Backend};

/// The resolver of a [`Net`](crate::Net) that was given none; each target has
/// its own.
#[derive(Debug, Clone, Copy)]
pub enum OfTarget {}

impl DefaultResolver<Backend> for OfTarget {
    fn resolver(backend: &Backend) -> Arc<dyn Resolver> {
        backend::resolver(*backend)
    }
}

/// Refuses every name, for programs that dial by addresses only.
///
/// It is what names meet on `wasm32-wasip1` in a program that is built without
/// the features `dns` and `getaddrinfo`.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoResolver;

#[cfg(feature = "memory")]
impl DefaultResolver<net_memory::Host> for OfTarget {
    fn resolver(host: &net_memory::Host) -> Arc<dyn Resolver> {
        Arc::new(net_dial::HostResolver::new(host.clone()))
    }
}

#[async_trait]
impl Resolver for NoResolver {
    async fn lookup(&self, name: &str, _family: Family) -> Result<Vec<IpAddr>> {
        let cause = std::io::Error::new(
            std::io::ErrorKind::Unsupported,
            "this program has no resolver (its crate `net` has neither the feature `dns` \
             nor `getaddrinfo`)",
        );
        Err(Error::new(Operation::Lookup, cause).with_address(name))
    }
}
