#![doc = include_str!("../docs/redis.md")]

pub use net_redis::{Client as ClientOver, ClusterClient as ClusterClientOver};
pub use net_redis::{
    ClusterConnection, Connection, Dedicated, Error, ErrorKind, Pushes, Request, Result, Scan,
    Subscriber,
};
pub use net_redis::{
    Cmd, FromRedisValue, Msg, Pipeline, PushInfo, PushKind, RedisError, Script, ToRedisArgs, Value,
    cmd, pipe, redis,
};

use crate::target::OfTarget;

/// A client over the network of the target, created by [`open`](ClientOver::open) or
/// [`sentinel`](ClientOver::sentinel); [`ClientOver`] takes any dialer.
pub type Client = ClientOver<crate::Net>;

/// A client of a cluster over the network of the target, created by
/// [`open`](ClusterClientOver::open); [`ClusterClientOver`] takes any dialer.
pub type ClusterClient = ClusterClientOver<crate::Net>;

impl net_redis::Defaults<OfTarget> for Client {
    #[cfg(any(feature = "tls-ring", feature = "tls-rustcrypto"))]
    fn with_defaults(self) -> Self {
        self.with_lazy_tls(crate::tls::client_config)
    }

    #[cfg(not(any(feature = "tls-ring", feature = "tls-rustcrypto")))]
    fn with_defaults(self) -> Self {
        self
    }
}
