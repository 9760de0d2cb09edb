//! What the tests share.

use std::future::Future;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use net::dns::{Builder, Dns};
use net::runtime::{Builder as Runtime, Flavor};
use net::{Family, Resolver, Result};

use crate::server::Server;

/// A limit for an answer that does not come.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(300);

/// Runs a test on one thread, as every target can. One that hangs fails.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    let test = Box::pin(test);
    Runtime::new()
        .flavor(Flavor::CurrentThread)
        .block_on(async { net::time::timeout(Duration::from_secs(60), test).await })
        .expect("the test ends")
}

/// A resolver that knows nothing but what a test tells it.
pub(crate) fn builder() -> Builder {
    net::dns::builder()
        .server_list("")
        .resolv_conf("/nowhere/resolv.conf")
        .hosts("/nowhere/hosts")
        .timeout(TIMEOUT)
        .attempts(1)
}

/// A resolver that asks these servers.
pub(crate) fn asking(servers: &[&Server]) -> Builder {
    servers
        .iter()
        .fold(builder(), |builder, server| builder.server(server.address))
}

pub(crate) fn ips(texts: &[&str]) -> Vec<IpAddr> {
    texts
        .iter()
        .map(|text| text.parse().expect("an address"))
        .collect()
}

/// The addresses of a name, as text.
pub(crate) async fn found(dns: &Dns, name: &str) -> Result<Vec<String>> {
    let addresses = dns.lookup(name, Family::Any).await?;
    Ok(addresses.iter().map(IpAddr::to_string).collect())
}

/// The message of the error that a lookup ends with.
pub(crate) async fn refusal(dns: &Dns, name: &str) -> net::Error {
    match dns.lookup(name, Family::Any).await {
        Ok(found) => panic!("{name}: {found:?}"),
        Err(error) => error,
    }
}

/// A new file with a text, or none where the program sees no folder.
pub(crate) fn file(name: &str, text: &str) -> Option<PathBuf> {
    let path = PathBuf::from(format!("/tmp/net-resolver-{}-{name}", unique()));
    match std::fs::write(&path, text) {
        Ok(()) => Some(path),
        Err(error) => {
            eprintln!("skipped, no folder for files: {error}");
            None
        }
    }
}

/// So that two runs at once do not meet.
fn unique() -> u128 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_nanos())
}
