//! Hosts, their addresses and names.

use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::Duration;

use net_traits::Result;
use tokio::time::Instant;

use crate::support::pair;

fn ips(addresses: &[&str]) -> Vec<IpAddr> {
    addresses.iter().map(|ip| ip.parse().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn hosts_have_names_and_an_address_of_each_family() -> Result<()> {
    let pair = pair();
    let found = pair.client.lookup("Server.").await?;
    assert_eq!(found, ips(&["10.0.0.2", "fd00::2"]));
    assert_eq!(
        pair.client.backend().addresses(),
        ips(&["10.0.0.1", "fd00::1"])
    );
    assert_eq!(pair.client.backend().name(), "client");
    let error = pair.client.lookup("nobody").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_name_of_the_table_is_dialed_by_its_first_address_that_answers() -> Result<()> {
    let pair = pair();
    let _listener = pair.listen().await?;
    let given = pair.network.host_at("given", &ips(&["192.0.2.7"]));
    assert_eq!(given.addresses(), ips(&["192.0.2.7"]));
    pair.network
        .set_name("db.internal", ips(&["192.0.2.7", "10.0.0.2"]));
    pair.client.dial("tcp", "db.internal:80").await?;
    pair.network.remove_name("db.internal");
    pair.client.dial("tcp", "db.internal:80").await.unwrap_err();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn rules_for_lookups_slow_and_fail_them_and_others_leave_them_alone() -> Result<()> {
    let pair = pair();
    let _others = pair.network.rule().cut();
    let slow = pair
        .network
        .rule()
        .lookups()
        .latency(Duration::from_secs(3));
    let start = Instant::now();
    pair.client.lookup("server").await?;
    assert_eq!(start.elapsed(), Duration::from_secs(3));
    drop(slow);
    let _cut = pair.network.rule().lookups().cut();
    let error = pair.client.lookup("server").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    Ok(())
}

#[test]
#[should_panic(expected = "10.0.0.1 is an address of the host \"client\" already")]
fn an_address_has_one_host() {
    let _ = pair().network.host_at("other", &ips(&["10.0.0.1"]));
}
