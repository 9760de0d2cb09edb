#![doc = include_str!("../../docs/redis.md")]

pub use net_redis::Client as ClientOver;
pub use net_redis::{
    Cmd, FromRedisValue, Msg, Pipeline, PushInfo, PushKind, RedisError, Script, ToRedisArgs, Value,
    cmd, pipe, redis,
};
pub use net_redis::{
    Connection, Dedicated, Error, ErrorKind, Pushes, Request, Result, Scan, Subscriber,
};

/// A client over the network of the target, made by [`open`](ClientOver::open);
/// [`ClientOver`] takes any dialer.
pub type Client = ClientOver<crate::Net>;
