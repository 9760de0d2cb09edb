//! `sock_getaddrinfo`.

use crate::abi;
use crate::case::{Checked, cases, must_be};

cases! { lookup:
    /// Source: POSIX `getaddrinfo`.
    an_address_is_found_as_itself;
    /// Source: RFC 6761 §6.3.
    localhost_is_found;
    /// Source: RFC 6761 §6.4.
    a_name_that_does_not_exist_is_an_error;
}

fn an_address_is_found_as_itself() -> Checked {
    must_be!(abi::lookup("127.0.0.1"), Ok(1));
    Ok(())
}

fn localhost_is_found() -> Checked {
    must_be!(abi::lookup("localhost")? > 0, true);
    Ok(())
}

fn a_name_that_does_not_exist_is_an_error() -> Checked {
    must_be!(abi::lookup("does-not-exist.invalid").is_err(), true);
    Ok(())
}
