//! The list of things to do, in PostgreSQL.

use anyhow::{Context, Result, ensure};

use super::Place;
use crate::peers;

pub(super) fn check(place: &Place<'_>) -> Result<()> {
    let server = peers::start("postgres")?;
    let address = server.addresses().get("tcp").context("no address")?;
    let url = format!("postgres://postgres@{address}/postgres");
    let todo = |words: &[&str]| place.run("postgres_todo", &[&[url.as_str()], words].concat());
    for (words, expected) in [
        (&["add", "buy milk"][..], "1 buy milk\n"),
        (&["add", "sleep"], "2 sleep\n"),
        (&["done", "1"], "1 done\n"),
        (&["list"], "1 buy milk (done)\n2 sleep\n"),
    ] {
        let said = todo(words)?;
        ensure!(said == expected, "{words:?}: it says {said:?}");
    }
    Ok(())
}
