//! `redis_counter`, with Redis.

use anyhow::{Context, Result, ensure};

use super::{Place, output};
use crate::peers;

pub(crate) fn check(place: &Place<'_>) -> Result<()> {
    let server = peers::start("redis")?;
    let address = server.addresses().get("tcp").context("no address")?;
    let url = format!("redis://{address}/");
    for expected in ["counted to 10", "counted to 20"] {
        let printed = output(&mut place.command("redis_counter", &[&url])?)?;
        ensure!(printed.trim() == expected, "{printed:?}");
    }
    Ok(())
}
