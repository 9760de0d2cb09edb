//! What a reporter prints that goes from one `source` to the next.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, ErrorKind};

use net_traits::{Error, Operation};

use crate::fake::at;

/// Prints an error and all its sources, as programs do at their end.
fn report(error: &(dyn StdError + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    let texts: Vec<_> = chain.map(ToString::to_string).collect();
    texts.join(": ")
}

/// An error that does not print its source.
#[derive(Debug)]
struct Because<E>(&'static str, E);

impl<E> fmt::Display for Because<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<E: StdError + 'static> StdError for Because<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.1)
    }
}

/// An error without a source.
#[derive(Debug)]
struct Root;

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expired")
    }
}

impl StdError for Root {}

fn refused() -> Error {
    Error::new(Operation::Dial, ErrorKind::ConnectionRefused)
        .with_network("tcp")
        .with_address("h:1")
}

fn lookup() -> Error {
    Error::new(Operation::Lookup, ErrorKind::NotFound).with_address("h")
}

fn untrusted() -> io::Error {
    io::Error::other(Because("invalid certificate", Root))
}

#[test]
fn a_cause_is_printed_once() {
    assert_eq!(report(&refused()), "dial tcp h:1: connection refused");
    let system = Error::new(Operation::Dial, io::Error::from_raw_os_error(2));
    assert_eq!(report(&system), system.to_string());
    let text = Error::invalid(Operation::Parse, "no good");
    assert_eq!(report(&text), "parse: no good");
}

#[test]
fn a_cause_that_is_an_error_of_this_crate_is_printed_once() {
    let dial = Error::new(Operation::Dial, lookup()).with_address("h:1");
    let expected = "dial h:1: lookup h: entity not found";
    assert_eq!(report(&dial), expected);
    let outer = Error::new(Operation::Handshake, dial);
    assert_eq!(report(&outer), format!("handshake: {expected}"));
}

#[test]
fn a_source_that_the_cause_does_not_print_follows() {
    let error = Error::new(Operation::Handshake, untrusted()).with_address("h:1");
    assert_eq!(error.to_string(), "handshake h:1: invalid certificate");
    assert_eq!(error.source().unwrap().to_string(), "expired");
    assert_eq!(
        report(&error),
        "handshake h:1: invalid certificate: expired"
    );

    let outer = Error::new(Operation::Dial, error).with_address("h:1");
    assert_eq!(
        report(&outer),
        "dial h:1: handshake h:1: invalid certificate: expired"
    );
}

#[test]
fn an_io_error_around_it_prints_each_cause_once() {
    assert_eq!(
        report(&io::Error::from(refused())),
        "dial tcp h:1: connection refused"
    );
    let nested = Error::new(Operation::Dial, io::Error::other(io::Error::from(lookup())));
    let expected = "dial: lookup h: entity not found";
    assert_eq!(report(&nested), expected);
    assert_eq!(report(&io::Error::other(nested)), expected);

    let error = Error::new(Operation::Handshake, io::Error::other(untrusted()));
    let expected = "handshake: invalid certificate: expired";
    assert_eq!(report(&error), expected);
    assert_eq!(report(&io::Error::from(error)), expected);
}

#[test]
fn an_error_of_another_crate_around_it_prints_each_cause_once() {
    assert_eq!(
        report(&Because("cannot start", refused())),
        "cannot start: dial tcp h:1: connection refused"
    );
    assert_eq!(
        report(&Because("cannot start", io::Error::from(refused()))),
        "cannot start: dial tcp h:1: connection refused"
    );
    let between = io::Error::other(Because("pool", lookup()));
    let outer = Error::new(Operation::Wait, between);
    assert_eq!(report(&outer), "wait: pool: lookup h: entity not found");
}

#[test]
fn each_attempt_is_printed_once() {
    let attempt =
        |endpoint, cause: io::Error| Error::new(Operation::Dial, cause).with_endpoint(at(endpoint));
    let refused = || attempt("127.0.0.1:1", ErrorKind::ConnectionRefused.into());
    let timeout = || Error::timeout(Operation::Dial).with_endpoint(at("[::1]:1"));
    let error = Error::from_attempts(Operation::Dial, vec![timeout(), refused()]);
    let expected = "dial: [::1]:1: deadline has elapsed; 127.0.0.1:1: connection refused";
    assert_eq!(report(&error), expected);
    assert_eq!(report(&io::Error::from(error)), expected);

    // As everywhere, the source is that of the cause: here, of the most telling one.
    let untrusted = attempt("127.0.0.1:1", untrusted());
    let error = Error::from_attempts(Operation::Dial, vec![timeout(), untrusted]);
    assert_eq!(
        report(&error),
        "dial: [::1]:1: deadline has elapsed; 127.0.0.1:1: invalid certificate: expired"
    );
}
