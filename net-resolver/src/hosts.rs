//! `/etc/hosts` (`man 5 hosts`).

use std::net::IpAddr;
use std::sync::Arc;

use hickory_proto::op::Query;
use hickory_proto::rr::{Name, RData, RecordType};
use hickory_resolver::Hosts;

/// Parses the file; invalid lines are skipped.
pub(crate) fn read(text: &[u8]) -> Arc<Hosts> {
    let mut hosts = Hosts::default();
    for line in text.split(|byte| *byte == b'\n') {
        // Line by line, since the parser stops at an error such as bad UTF-8.
        let _ = hosts.read_hosts_conf(line);
    }
    Arc::new(hosts)
}

/// Returns all addresses of a name; `None` if the file does not have it.
pub(crate) fn addresses(hosts: &Hosts, name: &Name) -> Option<Vec<IpAddr>> {
    let mut found = Vec::new();
    for kind in [RecordType::A, RecordType::AAAA] {
        let query = Query::query(name.clone(), kind);
        let Some(lookup) = hosts.lookup_static_host(&query) else {
            continue;
        };
        let records = lookup.answers().iter();
        found.extend(records.filter_map(|record| record.data.ip_addr()));
    }
    (!found.is_empty()).then_some(found)
}

/// Returns the names of an address, which is given as its name below `arpa`.
pub(crate) fn names(hosts: &Hosts, arpa: &Name) -> Vec<Name> {
    let query = Query::query(arpa.clone(), RecordType::PTR);
    let Some(lookup) = hosts.lookup_static_host(&query) else {
        return Vec::new();
    };
    let records = lookup.answers().iter();
    records
        .filter_map(|record| match &record.data {
            RData::PTR(name) => Some(name.0.clone()),
            _ => None,
        })
        .collect()
}
