//! The cases, by subject.

mod cancel;
mod conn;
mod deadlines;
mod dial;
mod eyeballs;
mod half_close;
mod limits;
mod listener;
mod options;
mod peek;
mod reset;
mod starvation;
mod types;
mod udp;
mod unix;

use crate::subject::{Running, Subject};
use crate::{Case, Fixture};

macro_rules! groups {
    ($($group:ident,)+) => {
        pub(crate) fn cases() -> impl Iterator<Item = &'static Case> {
            [$($group::CASES),+].into_iter().flatten()
        }

        /// Starts a case; `None` if it does not exist.
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

// From the general to the special.
groups! {
    conn,
    cancel,
    deadlines,
    half_close,
    peek,
    reset,
    listener,
    dial,
    eyeballs,
    udp,
    unix,
    options,
    starvation,
    limits,
    types,
}
