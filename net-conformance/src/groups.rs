//! The cases, by what they are about.

mod cancel;
mod conn;
mod deadlines;
mod dial;
mod eyeballs;
mod half_close;
mod limits;
mod listener;
mod options;
mod reset;
mod starvation;
mod types;
mod udp;
mod unix;

use crate::subject::{Running, Subject};
use crate::{Case, Fixture};

macro_rules! groups {
    ($($(#[doc = $text:literal])+ $group:ident;)+) => {
        /// The groups of cases, each with what it is about.
        pub const GROUPS: &[(&str, &str)] = &[$((stringify!($group), concat!($($text),+))),+];

        pub(crate) fn cases() -> impl Iterator<Item = &'static Case> {
            [$($group::CASES),+].into_iter().flatten()
        }

        pub(crate) fn start<'a, F: Fixture>(
            on: &'a Subject<F>,
            case: &Case,
        ) -> Option<Running<'a>> {
            match case.group {
                $(stringify!($group) => $group::start(on, case.name),)+
                _ => None,
            }
        }
    };
}

groups! {
    /// connections: bytes arrive, in order, whatever the size of buffers
    conn;
    /// cancel safety: a future that is dropped half-way harms nothing
    cancel;
    /// connections with deadlines, as Go's have them
    deadlines;
    /// one direction ends, the other goes on
    half_close;
    /// peers that go away without a word
    reset;
    /// taking connections
    listener;
    /// opening connections
    dial;
    /// racing the addresses of a name
    eyeballs;
    /// datagrams
    udp;
    /// Unix sockets
    unix;
    /// socket options
    options;
    /// nobody starves
    starvation;
    /// nothing leaks
    limits;
    /// what the compiler sees
    types;
}
