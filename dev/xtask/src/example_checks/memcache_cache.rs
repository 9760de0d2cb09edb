//! A cache in memcached: work is done once, and without memcached each time.

use anyhow::{Result, ensure};

use super::Place;
use crate::peers;

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let server = peers::start("memcached")?;
    let address = &server.addresses()["tcp"];
    let run = |server: &str| place.run("memcache_cache", &[server, "100"]);
    let said = (run(address)?, run(address)?);
    ensure!(said.0 == "prime 100 is 541, by work\n", "{said:?}");
    ensure!(said.1 == "prime 100 is 541, from the cache\n", "{said:?}");
    let said = run("127.0.0.1:1")?;
    ensure!(said == "prime 100 is 541, by work\n", "{said:?}");
    Ok(())
}
