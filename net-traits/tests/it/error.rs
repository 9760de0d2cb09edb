//! What an error says, and what it keeps on its way.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use net_traits::{
    Address, Endpoint, Error, HostPort, Operation, OptionName, UnixAddress, UnsupportedOption,
};

use crate::fake::at;

fn refused(operation: Operation) -> Error {
    Error::new(operation, ErrorKind::ConnectionRefused)
}

fn attempt(endpoint: &str, cause: impl Into<io::Error>) -> Error {
    Error::new(Operation::Dial, cause).with_endpoint(at(endpoint))
}

#[test]
fn a_message_tells_what_is_known_and_no_more() {
    let dial = || refused(Operation::Dial);
    let table = [
        (dial(), "dial: connection refused"),
        (dial().with_network("tcp"), "dial tcp: connection refused"),
        (dial().with_address("h:1"), "dial h:1: connection refused"),
        (
            dial().with_endpoint(at("127.0.0.1:1")),
            "dial 127.0.0.1:1: connection refused",
        ),
        (
            dial().with_network("tcp").with_address("h:1"),
            "dial tcp h:1: connection refused",
        ),
        (
            dial().with_network("tcp").with_endpoint(at("127.0.0.1:1")),
            "dial tcp 127.0.0.1:1: connection refused",
        ),
        (
            dial()
                .with_network("tcp")
                .with_address("h:1")
                .with_endpoint(at("127.0.0.1:1")),
            "dial tcp h:1 (127.0.0.1:1): connection refused",
        ),
        (
            dial().with_network("tcp").with_address(""),
            "dial tcp \"\": connection refused",
        ),
        (
            dial().with_address("").with_endpoint(at("127.0.0.1:1")),
            "dial \"\" (127.0.0.1:1): connection refused",
        ),
        (
            dial()
                .with_network("unix")
                .with_endpoint(UnixAddress::path("/a").into()),
            "dial unix /a: connection refused",
        ),
    ];
    for (error, message) in table {
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_literal_address_is_not_told_twice() {
    for text in ["127.0.0.1:1", "[::1]:1", "[fe80::1%2]:1"] {
        let error = refused(Operation::Dial)
            .with_network("tcp")
            .with_address(text)
            .with_endpoint(at(text));
        assert_eq!(
            error.to_string(),
            format!("dial tcp {text}: connection refused")
        );
    }
}

#[test]
fn every_operation_begins_its_message() {
    let table = [
        (Operation::Parse, "parse"),
        (Operation::Lookup, "lookup"),
        (Operation::Dial, "dial"),
        (Operation::Listen, "listen"),
        (Operation::Inherit, "inherit sockets"),
        (Operation::Accept, "accept"),
        (Operation::Handshake, "handshake"),
        (Operation::Wait, "wait"),
        (Operation::ListenPacket, "listen for packets"),
        (Operation::Transfer, "read or write"),
        (Operation::Send, "send"),
        (Operation::Receive, "receive"),
        (Operation::Address, "address"),
        (Operation::GetOption, "get option"),
        (Operation::SetOption, "set option"),
        (Operation::Run, "run"),
    ];
    for (operation, word) in table {
        assert_eq!(operation.name(), word);
        assert_eq!(operation.to_string(), word);
        assert_eq!(
            refused(operation).to_string(),
            format!("{word}: connection refused")
        );
    }
}

#[test]
fn each_attempt_is_told_in_order() {
    let error = Error::from_attempts(
        Operation::Dial,
        vec![
            attempt("192.0.2.1:80", ErrorKind::ConnectionRefused),
            attempt("[2001:db8::1]:80", ErrorKind::NetworkUnreachable),
            Error::timeout(Operation::Dial).with_endpoint(at("192.0.2.2:80")),
        ],
    )
    .with_network("tcp")
    .with_address("example.com:http");
    assert_eq!(
        error.to_string(),
        "dial tcp example.com:http: 192.0.2.1:80: connection refused; \
         [2001:db8::1]:80: network unreachable; 192.0.2.2:80: deadline has elapsed"
    );
    assert_eq!(error.attempts().len(), 3);
    assert_eq!(
        error.attempts()[1].endpoint(),
        Some(&at("[2001:db8::1]:80"))
    );
    assert_eq!(error.endpoint(), None);
}

/// An answer tells more than a timeout, a timeout more than having no route;
/// of two that tell as much, the first one counts.
#[test]
fn of_several_attempts_the_most_telling_one_decides() {
    use ErrorKind::{
        AddrNotAvailable, ConnectionRefused, ConnectionReset, HostUnreachable, InvalidInput,
        NetworkDown, NetworkUnreachable, PermissionDenied, TimedOut, Unsupported,
    };
    let table: [(&[ErrorKind], ErrorKind); 12] = [
        (&[TimedOut, ConnectionRefused], ConnectionRefused),
        (&[ConnectionRefused, TimedOut], ConnectionRefused),
        (&[NetworkUnreachable, TimedOut], TimedOut),
        (&[TimedOut, NetworkUnreachable], TimedOut),
        (&[HostUnreachable, TimedOut, NetworkDown], TimedOut),
        (&[NetworkUnreachable, ConnectionRefused], ConnectionRefused),
        (&[AddrNotAvailable, PermissionDenied], PermissionDenied),
        (&[Unsupported, TimedOut], TimedOut),
        (&[InvalidInput, ConnectionReset], ConnectionReset),
        (&[ConnectionRefused, ConnectionReset], ConnectionRefused),
        (&[NetworkUnreachable, HostUnreachable], NetworkUnreachable),
        (&[TimedOut, TimedOut], TimedOut),
    ];
    for (kinds, expected) in table {
        let attempts = kinds.iter().zip(1..).map(|(kind, port)| {
            let endpoint = std::net::SocketAddr::from(([192, 0, 2, 1], port));
            Error::new(Operation::Dial, *kind).with_endpoint(endpoint.into())
        });
        let error = Error::from_attempts(Operation::Dial, attempts.collect());
        assert_eq!(error.kind(), expected, "{kinds:?}");
        assert_eq!(error.is_timeout(), expected == TimedOut, "{kinds:?}");
        // The cause is the same attempt.
        let cause = error.cause().downcast_ref::<Error>().unwrap();
        let first = kinds.iter().position(|kind| *kind == expected);
        let port = cause.endpoint().and_then(Endpoint::port).unwrap();
        assert_eq!(Some(usize::from(port) - 1), first, "{kinds:?}");
        assert_eq!(io::Error::from(error).kind(), expected, "{kinds:?}");
    }
}

#[test]
fn attempts_of_attempts_are_told_and_weighed_alike() {
    let timeout = || Error::timeout(Operation::Dial).with_endpoint(at("192.0.2.1:80"));
    let refused = || attempt("192.0.2.2:80", ErrorKind::ConnectionRefused);
    let both = Error::from_attempts(Operation::Dial, vec![timeout(), refused()]);
    let error = Error::from_attempts(Operation::Dial, vec![timeout(), both]);
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(!error.is_timeout());
    assert_eq!(
        error.to_string(),
        "dial: 192.0.2.1:80: deadline has elapsed; \
         192.0.2.1:80: deadline has elapsed; 192.0.2.2:80: connection refused"
    );
}

#[test]
fn a_single_attempt_is_the_error_itself() {
    let error = Error::from_attempts(
        Operation::Listen,
        vec![attempt("192.0.2.1:80", ErrorKind::AddrInUse)],
    )
    .with_network("tcp")
    .with_address("h:80");
    assert_eq!(
        error.to_string(),
        "listen tcp h:80 (192.0.2.1:80): address in use"
    );
    assert!(error.attempts().is_empty());
    assert_eq!(error.endpoint(), Some(&at("192.0.2.1:80")));
    assert_eq!(error.operation(), Operation::Listen);
}

#[test]
#[should_panic(expected = "no attempt")]
fn no_attempt_is_a_mistake_of_the_caller() {
    let _ = Error::from_attempts(Operation::Dial, Vec::new());
}

#[test]
fn what_was_said_can_be_asked() {
    let error = refused(Operation::Dial)
        .with_operation(Operation::Listen)
        .with_network("tcp4")
        .with_address("h:1")
        .with_endpoint(at("127.0.0.1:1"));
    assert_eq!(error.operation(), Operation::Listen);
    assert_eq!(error.network(), Some("tcp4"));
    assert_eq!(error.address(), Some("h:1"));
    assert_eq!(error.endpoint(), Some(&at("127.0.0.1:1")));
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);

    let bare = refused(Operation::Dial);
    assert_eq!(bare.network(), None);
    assert_eq!(bare.address(), None);
    assert_eq!(bare.endpoint(), None);
}

#[test]
fn what_is_said_later_replaces() {
    let error = refused(Operation::Dial)
        .with_network("tcp")
        .with_network("udp")
        .with_address("a:1")
        .with_address("b:2");
    assert_eq!(error.to_string(), "dial udp b:2: connection refused");
}

#[test]
fn only_a_timeout_is_a_timeout() {
    let timeout = Error::timeout(Operation::Dial);
    assert!(timeout.is_timeout());
    assert_eq!(timeout.kind(), ErrorKind::TimedOut);
    assert_eq!(timeout.to_string(), "dial: deadline has elapsed");
    assert!(Error::new(Operation::Dial, ErrorKind::TimedOut).is_timeout());
    assert!(!refused(Operation::Dial).is_timeout());
    assert!(!Error::new(Operation::Dial, ErrorKind::WouldBlock).is_timeout());
}

#[test]
fn invalid_input_has_its_kind_and_message() {
    let error = Error::invalid(Operation::Dial, "no good");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.to_string(), "dial: no good");
}

#[test]
fn the_cause_can_be_asked() {
    let error = Error::new(
        Operation::Dial,
        io::Error::new(ErrorKind::ConnectionRefused, "nobody there"),
    );
    assert_eq!(error.cause().to_string(), "nobody there");
    assert_eq!(error.to_string(), "dial: nobody there");
    assert!(error.source().is_none(), "the cause is printed already");

    let plain = refused(Operation::Dial);
    let cause = plain.cause().downcast_ref::<io::Error>().unwrap();
    assert_eq!(cause.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn the_system_s_code_stays_within_reach() {
    let system = || io::Error::from_raw_os_error(2);
    let code = |error: &Error| error.downcast_ref::<io::Error>()?.raw_os_error();
    assert_eq!(code(&Error::new(Operation::Dial, system())), Some(2));
    let lookup = Error::new(Operation::Lookup, system());
    assert_eq!(code(&Error::new(Operation::Dial, lookup)), Some(2));
    let boxed = io::Error::other(io::Error::other(system()));
    assert_eq!(code(&Error::new(Operation::Dial, boxed)), Some(2));
}

/// A failed lookup is the cause of a failed dial: it is printed with it, and
/// found by its type.
#[test]
fn an_error_that_is_the_cause_of_another_is_found() {
    let lookup = || Error::new(Operation::Lookup, ErrorKind::NotFound).with_address("h");
    let dial = Error::new(Operation::Dial, lookup())
        .with_network("tcp")
        .with_address("h:1");
    assert_eq!(dial.to_string(), "dial tcp h:1: lookup h: entity not found");
    assert_eq!(dial.kind(), ErrorKind::NotFound);
    assert_eq!(dial.operation(), Operation::Dial);

    let cause = dial.cause().downcast_ref::<Error>().unwrap();
    assert_eq!(cause.operation(), Operation::Lookup);
    let found = dial.downcast_ref::<Error>().unwrap();
    assert_eq!(found.operation(), Operation::Lookup);
    assert!(found.downcast_ref::<Error>().is_none());
    assert!(dial.source().is_none(), "the lookup is printed already");
}

#[test]
fn a_timeout_that_is_the_cause_of_another_error_is_one_still() {
    let lookup = Error::timeout(Operation::Lookup).with_address("h");
    let dial = Error::new(Operation::Dial, lookup).with_address("h:1");
    assert!(dial.is_timeout());
    assert_eq!(dial.kind(), ErrorKind::TimedOut);
    assert_eq!(dial.to_string(), "dial h:1: lookup h: deadline has elapsed");
}

#[test]
fn a_refused_option_is_found_at_any_depth() {
    let refusal = || UnsupportedOption::new(OptionName::Linger, "WasmEdge");
    let error = Error::new(Operation::SetOption, refusal());
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.to_string(),
        "set option: the option linger is not supported by WasmEdge"
    );
    assert_eq!(error.downcast_ref(), Some(&refusal()));

    let dial = Error::new(Operation::Dial, error);
    assert_eq!(dial.downcast_ref(), Some(&refusal()));
    let wrapped = io::Error::other(io::Error::from(dial));
    let wait = Error::new(Operation::Wait, wrapped);
    assert_eq!(wait.downcast_ref(), Some(&refusal()));
    assert!(wait.downcast_ref::<std::fmt::Error>().is_none());
}

#[test]
fn what_is_looked_for_is_found_in_any_attempt() {
    let refusal = || UnsupportedOption::new(OptionName::Linger, "WasmEdge");
    let attempts = || {
        vec![
            attempt("[::1]:1", refusal()),
            attempt("127.0.0.1:1", ErrorKind::ConnectionRefused),
        ]
    };
    let error = Error::from_attempts(Operation::Dial, attempts());
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(error.downcast_ref(), Some(&refusal()));
    // What every attempt has is that of the most telling one.
    let found = error.downcast_ref::<Error>().unwrap();
    assert_eq!(found.endpoint(), Some(&at("127.0.0.1:1")));
    assert_eq!(
        Error::new(Operation::Wait, error).downcast_ref(),
        Some(&refusal())
    );
}

#[test]
fn a_server_goes_on_after_what_passes() {
    use ErrorKind as Kind;
    let accept = |kind| Error::new(Operation::Accept, io::Error::from(kind));
    for kind in [
        Kind::ConnectionAborted,
        Kind::ConnectionReset,
        Kind::HostUnreachable,
        Kind::Interrupted,
        Kind::NetworkDown,
        Kind::NetworkUnreachable,
        Kind::OutOfMemory,
        Kind::TimedOut,
        Kind::WouldBlock,
    ] {
        assert!(accept(kind).is_transient(), "{kind:?}");
    }
    for kind in [
        Kind::AddrInUse,
        Kind::BrokenPipe,
        Kind::ConnectionRefused,
        Kind::InvalidInput,
        Kind::NotConnected,
        Kind::NotFound,
        Kind::Other,
        Kind::PermissionDenied,
        Kind::Unsupported,
    ] {
        assert!(!accept(kind).is_transient(), "{kind:?}");
    }
}

/// `EMFILE` has no kind: only its code tells.
#[cfg(any(unix, target_os = "wasi"))]
#[test]
fn a_lack_of_descriptors_passes_at_any_depth() {
    let code = if cfg!(unix) { 24 } else { 33 };
    let lack = || io::Error::from_raw_os_error(code);
    let accept = |cause: io::Error| Error::new(Operation::Accept, cause);
    assert!(accept(lack()).is_transient());
    // As a listener around another says it, with an operation of its own.
    let wrapped = Error::new(Operation::Handshake, accept(lack()));
    assert!(wrapped.is_transient());
    assert!(accept(io::Error::other(lack())).is_transient());
    assert!(Error::from(io::Error::from(accept(lack()))).is_transient());
    // EBADF is for good.
    let code = if cfg!(unix) { 9 } else { 8 };
    let closed = || io::Error::from_raw_os_error(code);
    assert!(!accept(closed()).is_transient());
    assert!(!Error::new(Operation::Handshake, accept(closed())).is_transient());
}

#[test]
fn a_target_is_told_as_network_and_address() {
    for (network, address) in [
        ("tcp", "h:1"),
        ("udp6", "[fe80::1%eth0]:53"),
        ("unix", "/run/app.sock"),
        ("unixgram", "@bus"),
    ] {
        let target = Address::parse(network, address).unwrap();
        let error = refused(Operation::Dial).with_target(&target);
        assert_eq!(error.network(), Some(network));
        assert_eq!(error.address(), Some(address));
        assert_eq!(
            error.to_string(),
            format!("dial {network} {address}: connection refused")
        );
    }
}

#[test]
fn debug_is_the_message_so_that_main_prints_it_well() {
    let error = refused(Operation::Dial)
        .with_network("tcp")
        .with_address("h:1");
    assert_eq!(format!("{error:?}"), error.to_string());
    assert_eq!(format!("{error:?}").lines().count(), 1);
}

#[test]
fn alternate_debug_shows_the_fields() {
    let error = refused(Operation::Dial)
        .with_network("tcp")
        .with_address("h:1")
        .with_endpoint(at("127.0.0.1:1"));
    let debug = format!("{error:#?}");
    for part in [
        "operation: Dial",
        "network: Some",
        "\"tcp\"",
        "address: Some",
        "\"h:1\"",
        "endpoint: Some",
        "127.0.0.1:1",
        "ConnectionRefused",
    ] {
        assert!(debug.contains(part), "{part:?} is not in {debug}");
    }
    assert!(debug.lines().count() > 1);
}

/// It prints on one line, whatever the caller typed: a line of a log is one
/// error.
#[test]
fn an_address_with_a_newline_does_not_break_the_line() {
    let error = refused(Operation::Dial)
        .with_network("tcp\n")
        .with_address("h\n2026-01-01 all is well:80");
    let message = error.to_string();
    assert_eq!(message.lines().count(), 1, "{message:?}");
    assert_eq!(
        message,
        "dial tcp\\n h\\n2026-01-01 all is well:80: connection refused"
    );
    assert_eq!(format!("{error:?}"), message);
    // Only the message escapes.
    assert_eq!(error.network(), Some("tcp\n"));
    assert_eq!(error.address(), Some("h\n2026-01-01 all is well:80"));
}

#[test]
fn an_endpoint_with_a_newline_does_not_break_the_line() {
    let path = || UnixAddress::path("/a\n/b").into();
    let error = refused(Operation::Send).with_endpoint(path());
    assert_eq!(error.to_string(), "send /a\\x0a/b: connection refused");
    let error = Error::from_attempts(
        Operation::Dial,
        vec![
            refused(Operation::Dial).with_endpoint(path()),
            refused(Operation::Dial).with_endpoint(at("[::1]:1")),
        ],
    );
    assert_eq!(
        error.to_string(),
        "dial: /a\\x0a/b: connection refused; [::1]:1: connection refused"
    );
}

#[test]
fn every_control_character_is_escaped_and_nothing_else() {
    for typed in [
        '\0', '\t', '\r', '\n', '\u{1b}', '\u{7f}', '\u{80}', '\u{9f}',
    ] {
        let text = format!("{typed}h{typed}{typed}:1");
        let escaped = typed.escape_default();
        assert_eq!(
            refused(Operation::Dial).with_address(text).to_string(),
            format!("dial {escaped}h{escaped}{escaped}:1: connection refused")
        );
    }
    for text in [
        "bücher.example:80",
        "a\"b:1",
        "a\\nb:1",
        "it's:1",
        "例え:1",
        " :1",
    ] {
        assert_eq!(
            refused(Operation::Dial).with_address(text).to_string(),
            format!("dial {text}: connection refused")
        );
    }
}

#[test]
fn a_path_that_is_escaped_is_not_told_twice() {
    let dial = |typed: &str, path: &str| {
        refused(Operation::Dial)
            .with_network("unix")
            .with_address(typed)
            .with_endpoint(UnixAddress::path(path).into())
            .to_string()
    };
    assert_eq!(
        dial("/a\n/b", "/a\n/b"),
        "dial unix /a\\n/b: connection refused"
    );
    assert_eq!(
        dial("/a\\b", "/a\\b"),
        "dial unix /a\\b: connection refused"
    );
    assert_eq!(
        dial("/a\\x0a/b", "/a\n/b"),
        "dial unix /a\\x0a/b: connection refused"
    );
    // Another path is told.
    assert_eq!(dial("/a", "/b"), "dial unix /a (/b): connection refused");
}

/// A peer may have written a part of it.
#[test]
fn a_cause_with_a_newline_does_not_break_the_line() {
    let cause = || io::Error::other("bad greeting\n2026-01-01 all is well\u{1b}[2J");
    let error = Error::new(Operation::Handshake, cause()).with_address("h:1");
    let message = "handshake h:1: bad greeting\\n2026-01-01 all is well\\u{1b}[2J";
    assert_eq!(error.to_string(), message);
    let outer = Error::new(Operation::Dial, error);
    assert_eq!(outer.to_string(), format!("dial: {message}"));
    let attempts = vec![attempt("[::1]:1", cause()), attempt("[::1]:2", cause())];
    let error = Error::from_attempts(Operation::Dial, attempts);
    assert!(!error.to_string().contains(char::is_control), "{error}");
    assert!(!format!("{error:?}").contains(char::is_control), "{error}");
}

#[test]
fn an_error_that_went_through_io_comes_out_as_it_was() {
    let error = refused(Operation::Accept)
        .with_network("tcp6")
        .with_address("h:1")
        .with_endpoint(at("[::1]:1"));
    let message = error.to_string();

    let io = io::Error::from(error);
    assert_eq!(io.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(io.to_string(), message);

    let back = Error::from(io);
    assert_eq!(back.operation(), Operation::Accept);
    assert_eq!(back.network(), Some("tcp6"));
    assert_eq!(back.address(), Some("h:1"));
    assert_eq!(back.endpoint(), Some(&at("[::1]:1")));
    assert_eq!(back.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(back.to_string(), message);
}

#[test]
fn attempts_go_through_io_too() {
    let error = Error::from_attempts(
        Operation::Dial,
        vec![
            attempt("192.0.2.1:80", ErrorKind::ConnectionRefused),
            Error::timeout(Operation::Dial).with_endpoint(at("192.0.2.2:80")),
        ],
    );
    let io = io::Error::from(error);
    assert_eq!(io.kind(), ErrorKind::ConnectionRefused);
    let back = Error::from(io);
    assert_eq!(back.attempts().len(), 2);
    assert!(back.attempts()[1].is_timeout());
}

#[test]
fn any_other_io_error_is_one_of_a_transfer() {
    let error = Error::from(io::Error::new(ErrorKind::BrokenPipe, "gone"));
    assert_eq!(error.operation(), Operation::Transfer);
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    assert_eq!(error.to_string(), "read or write: gone");

    let simple = Error::from(io::Error::from(ErrorKind::UnexpectedEof));
    assert_eq!(simple.operation(), Operation::Transfer);
    assert_eq!(simple.kind(), ErrorKind::UnexpectedEof);

    let foreign = Error::from(io::Error::other(std::fmt::Error));
    assert_eq!(foreign.operation(), Operation::Transfer);
    assert_eq!(foreign.kind(), ErrorKind::Other);
}

#[test]
fn the_question_mark_works_both_ways() {
    fn outer() -> net_traits::Result<()> {
        fn inner() -> io::Result<()> {
            "localhost".parse::<HostPort>()?;
            Ok(())
        }
        inner()?;
        Ok(())
    }
    assert_eq!(outer().unwrap_err().operation(), Operation::Parse);
}

#[test]
fn an_error_is_one_pointer() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<net_traits::Result<()>>(), size_of::<usize>());
}
