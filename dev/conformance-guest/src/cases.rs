//! The cases, by what they are about.

mod accept;
mod bind;
mod connect;
mod datagram;
mod listen;
mod lookup;
mod open;
mod options;
mod poll;
mod shutdown;
mod stream;

use crate::case::Case;

/// In the order of a socket's life.
pub(crate) fn all() -> Vec<&'static Case> {
    [
        open::CASES,
        bind::CASES,
        listen::CASES,
        connect::CASES,
        accept::CASES,
        stream::CASES,
        shutdown::CASES,
        datagram::CASES,
        options::CASES,
        poll::CASES,
        lookup::CASES,
    ]
    .into_iter()
    .flatten()
    .collect()
}
