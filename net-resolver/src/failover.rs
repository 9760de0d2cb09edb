//! Which server is queried, and which is next when one fails (`man 5
//! resolv.conf`).

use std::io;

use hickory_proto::op::{DnsResponse, Query, ResponseCode};
use net_traits::Backend;

use crate::exchange;
use crate::failure::{Failure, Fault};
use crate::settings::Settings;

/// Queries the servers, starting with `first`, until one gives an
/// authoritative or recursive answer, positive or negative.
///
/// # Errors
///
/// Returns the failure of the last server.
pub(crate) async fn ask<B: Backend>(
    backend: &B,
    settings: &Settings,
    first: usize,
    query: &Query,
) -> Result<DnsResponse, Failure> {
    let servers = &settings.servers;
    let mut failure = Failure::NoServer;
    for _ in 0..settings.attempts {
        for place in 0..servers.len() {
            let server = &servers[(first + place) % servers.len()];
            let answer = match server.resolve(backend) {
                Ok(address) => exchange::ask(backend, address, query, settings.timeout).await,
                Err(cause) => Err(cause),
            };
            failure = match answer.map(fault_of) {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(fault)) => Failure::Server(server.clone(), fault),
                Err(cause) if cause.kind() == io::ErrorKind::TimedOut => {
                    Failure::Server(server.clone(), Fault::NoAnswer(settings.timeout))
                }
                Err(cause) => Failure::Server(server.clone(), Fault::Io(cause)),
            };
        }
    }
    Err(failure)
}

/// Returns the fault of a response that does not settle the query.
fn fault_of(response: DnsResponse) -> Result<DnsResponse, Fault> {
    match response.response_code {
        ResponseCode::NoError if is_lame(&response) => Err(Fault::Lame),
        ResponseCode::NoError | ResponseCode::NXDomain => Ok(response),
        code => Err(Fault::Code(code)),
    }
}

/// Whether the response is a mere referral: the server is not authoritative
/// and does not recurse.
fn is_lame(response: &DnsResponse) -> bool {
    !response.authoritative
        && !response.recursion_available
        && response.answers.is_empty()
        && response.soa().is_none()
}
