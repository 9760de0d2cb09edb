//! The resolver of networks that were given none.

use std::sync::Arc;

use net_traits::Resolver;

use crate::Wasip1;

cfg_if::cfg_if! {
    if #[cfg(feature = "getaddrinfo")] {
        /// The host's function, which blocks the program.
        pub(crate) fn of_host(backend: Wasip1) -> Arc<dyn Resolver> {
            Arc::new(net_traits::HostResolver::new(backend))
        }
    } else if #[cfg(feature = "dns")] {
        pub(crate) fn of_host(_: Wasip1) -> Arc<dyn Resolver> {
            Arc::new(dns())
        }
    } else {
        pub(crate) fn of_host(_: Wasip1) -> Arc<dyn Resolver> {
            Arc::new(NoResolver)
        }

        /// Refuses every name, for programs that dial by addresses only.
        #[derive(Debug)]
        struct NoResolver;

        #[net_traits::async_trait]
        impl Resolver for NoResolver {
            async fn lookup(
                &self,
                name: &str,
                _family: net_traits::Family,
            ) -> net_traits::Result<Vec<std::net::IpAddr>> {
                let cause = std::io::Error::new(
                    std::io::ErrorKind::Unsupported,
                    "this program has no resolver (its crate `net` has neither the feature `dns` \
                     nor `getaddrinfo`)",
                );
                let error = net_traits::Error::new(net_traits::Operation::Lookup, cause);
                Err(error.with_address(name))
            }
        }
    }
}

/// Returns the program's resolver that asks DNS servers: those of its
/// environment, or the host where that is net-run and no server is named.
#[cfg(feature = "dns")]
#[must_use]
pub fn dns() -> net_resolver::Dns<Wasip1> {
    use net_resolver::Dns;
    use net_traits::{Backend, HostResolver};

    static SHARED: std::sync::LazyLock<Dns<Wasip1>> = std::sync::LazyLock::new(|| {
        let backend = Wasip1::new();
        let builder = Dns::builder(backend);
        match backend.host() {
            // Its rules may be about names.
            "net-run" => builder.fallback(HostResolver::new(backend)).build(),
            _ => builder.build(),
        }
    });
    SHARED.clone()
}
