//! Finds out where a future waits.
//!
//! Whatever a future waits for keeps a clone of its waker. So the future is polled
//! once more, with a waker that captures a backtrace when it is cloned.

#![allow(unsafe_code)]

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, RawWaker, RawWakerVTable, Waker};

thread_local! {
    static PLACES: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// The functions that lead to an await, the innermost first, each with its place in
/// the source.
pub(super) type Place = Vec<String>;

/// Returns the places where a future waits: several, if it waits for several things,
/// and none on a target without backtraces.
///
/// The future must not be polled afterwards.
pub(super) fn places<F: Future>(future: Pin<&mut F>) -> Vec<Place> {
    PLACES.take();
    // SAFETY: the functions of the table ignore the data pointer, so they require
    // nothing of it, and all of them are thread-safe.
    let waker = unsafe { Waker::from_raw(looking()) };
    let _ = future.poll(&mut Context::from_waker(&waker));
    let mut places = PLACES.take();
    places.dedup();
    places
}

static TABLE: RawWakerVTable = RawWakerVTable::new(
    |_| {
        look();
        looking()
    },
    |_| {},
    |_| {},
    |_| {},
);

fn looking() -> RawWaker {
    RawWaker::new(ptr::null(), &TABLE)
}

fn look() {
    let backtrace = Backtrace::force_capture();
    if backtrace.status() == BacktraceStatus::Captured {
        let place = read(&backtrace.to_string());
        // Wakers are cloned on other threads, too.
        if !place.is_empty() {
            PLACES.with_borrow_mut(|places| places.push(place));
        }
    }
}

/// Parts of paths that are not the user's code: the standard library, and crates
/// that cargo has fetched.
const NOT_THE_USERS: [&str; 4] = ["/rustc/", "/.rustup/", "/registry/src/", "/git/checkouts/"];

/// Returns the user's functions in the text of a backtrace, as std prints it: a line
/// `4: function`, and perhaps a line `at file:line:column`.
fn read(backtrace: &str) -> Place {
    let mut place = Place::new();
    let mut function = None;
    for line in backtrace.lines().map(str::trim) {
        let Some(file) = line.strip_prefix("at ") else {
            function = line.split_once(": ").map(|(_, function)| function);
            continue;
        };
        // Frames below these files capture the backtrace, those above run the test.
        if file.contains("/test/hang.rs:") || file.contains("/test/watch.rs:") {
            if place.is_empty() {
                continue;
            }
            break;
        }
        if !NOT_THE_USERS.iter().any(|part| file.contains(part)) {
            place.push(frame(file, function.take()));
        }
    }
    place
}

/// Formats a line for a function. Some have no name but `{async_fn#0}`.
fn frame(file: &str, function: Option<&str>) -> String {
    let name = function.map(|name| name.replace("::{{closure}}", ""));
    match name.filter(|name| !name.starts_with(['{', '<'])) {
        Some(name) => format!("{file} in {name}"),
        None => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn of_a_backtrace_the_user_s_functions_remain() {
        let text = "   0: net::test::hang::look\n             at ./net/src/test/hang.rs:55:21\n   \
             1: <core::task::wake::Waker as core::clone::Clone>::clone\n             \
             at /rustc/59807616/library/core/src/task/wake.rs:1:2\n   2: poll<tokio::X>\n             \
             at /home/me/.cargo/registry/src/index/tokio-1.54.1/src/io.rs:69:35\n   \
             3: {async_fn#0}\n             at ./tests/it/a.rs:3:4\n   4: it::a::outer::{{closure}}\n             \
             at ./tests/it/a.rs:9:1\n   5: net::test::hang::places\n             \
             at ./net/src/test/hang.rs:38:9\n   6: it::main\n             at ./tests/it/a.rs:1:1\n";
        assert_eq!(
            super::read(text),
            ["./tests/it/a.rs:3:4", "./tests/it/a.rs:9:1 in it::a::outer"]
        );
    }
}
