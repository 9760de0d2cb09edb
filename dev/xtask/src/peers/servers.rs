//! Which servers tests may start.

use std::path::Path;

use anyhow::{Result, bail};

use super::process::{Folder, Setup};
use super::{grpcio, mariadb, memcached, microsocks, mysql, nginx, openssl, postgres};
use super::{redis, redis_groups, tinyproxy, ttrpc, websockets};

/// Writes a server's files into its folder.
type SetUp = fn(&Path) -> Result<Setup>;

const SERVERS: &[(&str, SetUp)] = &[
    ("grpcio", grpcio::set_up),
    ("mariadb", mariadb::set_up),
    ("memcached", memcached::set_up),
    ("memcached-password", memcached::set_up_with_password),
    ("memcached-tls", memcached::set_up_tls),
    ("memcached-unix", memcached::set_up_unix),
    ("microsocks", microsocks::set_up),
    ("mysql", mysql::set_up),
    ("nginx", nginx::set_up),
    ("openssl-tls1.2", openssl::set_up_tls12),
    ("openssl-tls1.3", openssl::set_up_tls13),
    ("postgres", postgres::set_up),
    ("redis", redis::set_up),
    ("redis-cluster", redis_groups::set_up_cluster),
    ("redis-cluster-tls", redis_groups::set_up_cluster_tls),
    ("redis-password", redis::set_up_with_password),
    ("redis-sentinel", redis_groups::set_up_sentinel),
    ("redis-sentinel-tls", redis_groups::set_up_sentinel_tls),
    ("tinyproxy", tinyproxy::set_up),
    ("ttrpc", ttrpc::set_up),
    ("websockets", websockets::set_up),
];

/// A server that can be started, with the folder of its files.
pub(crate) fn set_up(name: &str) -> Result<(Setup, Folder)> {
    let Some((_, set_up)) = SERVERS.iter().find(|(known, _)| *known == name) else {
        bail!("no such server is offered to tests");
    };
    let folder = Folder::new(name)?;
    Ok((set_up(folder.path())?, folder))
}
