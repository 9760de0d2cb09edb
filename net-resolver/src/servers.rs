//! Which server is asked, and who is next when one fails (`man 5
//! resolv.conf`).

use std::io;

use hickory_proto::op::{DnsResponse, Query, ResponseCode};
use net_traits::Backend;

use crate::exchange;
use crate::failure::{Failure, Fault};
use crate::settings::Settings;

/// Asks the servers, beginning with one, until one answers the question: that
/// there is such a record, or that there is none.
///
/// # Errors
///
/// What the last server has done.
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
            let server = servers[(first + place) % servers.len()];
            let answer = exchange::ask(backend, server, query, settings.timeout).await;
            failure = match answer.map(fault_of) {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(fault)) => Failure::Server(server, fault),
                Err(cause) if cause.kind() == io::ErrorKind::TimedOut => {
                    Failure::Server(server, Fault::NoAnswer(settings.timeout))
                }
                Err(cause) => Failure::Server(server, Fault::Io(cause)),
            };
        }
    }
    Err(failure)
}

/// Whether a response settles the question.
fn fault_of(response: DnsResponse) -> Result<DnsResponse, Fault> {
    match response.response_code {
        ResponseCode::NoError if is_lame(&response) => Err(Fault::Lame),
        ResponseCode::NoError | ResponseCode::NXDomain => Ok(response),
        code => Err(Fault::Code(code)),
    }
}

/// Whether it is a mere referral: from a server that has not got the name, and
/// that does not ask others either.
fn is_lame(response: &DnsResponse) -> bool {
    !response.authoritative
        && !response.recursion_available
        && response.answers.is_empty()
        && response.soa().is_none()
}
