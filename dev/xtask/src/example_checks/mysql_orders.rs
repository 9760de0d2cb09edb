//! Orders in MySQL and MariaDB.

use anyhow::{Context, Result, ensure};

use super::Place;
use crate::peers;

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    for server in ["mysql", "mariadb"] {
        let server = peers::start(server)?;
        let address = server.addresses().get("tcp").context("an address")?;
        let url = format!("mysql://root@{address}/test");
        let said = place.run("mysql_orders", &[&url, "add", "tea", "3"])?;
        ensure!(said == "ordered 3 of tea\n", "it says {said:?}");
        let said = place.run("mysql_orders", &[&url, "add", "tea", "8"])?;
        ensure!(said == "there are no 8 of tea\n", "it says {said:?}");
        let said = place.run("mysql_orders", &[&url, "list"])?;
        ensure!(said == "1: 3 of tea\n", "it says {said:?}");
    }
    Ok(())
}
