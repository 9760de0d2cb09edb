//! Closing a socket that lingers.
//!
//! A linger time above zero makes `close` block the thread on Linux, even if the socket does
//! not block otherwise, and fail on Windows. The kernel remembers the time, so that it can be
//! read and accepted streams inherit it; but before a socket closes, it is exchanged for a
//! limit to what the system sends in the background.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;

use crate::sys;

/// Takes the linger time of a socket that is about to connect, since a cancelled attempt closes
/// the socket. [`restore`] sets it again.
pub(crate) fn take(socket: &SockRef<'_>) -> io::Result<Option<Duration>> {
    let time = socket.linger()?.filter(|time| !time.is_zero());
    if time.is_some() {
        socket.set_linger(None)?;
    }
    Ok(time)
}

pub(crate) fn restore(socket: &SockRef<'_>, time: Option<Duration>) -> io::Result<()> {
    match time {
        Some(_) => socket.set_linger(time),
        None => Ok(()),
    }
}

/// Prepares a socket for a close that does not block.
pub(crate) fn before_close(socket: &SockRef<'_>) {
    let Ok(Some(time)) = socket.linger() else {
        return;
    };
    // Zero resets the connection, which does not block.
    if !time.is_zero() && socket.set_linger(None).is_ok() {
        sys::bound_unsent(socket, time);
    }
}

/// What each half of a stream that lingers holds, so that the last one knows that it is.
#[derive(Debug)]
pub(crate) struct Half(Option<Arc<()>>);

impl Half {
    pub(crate) fn pair(socket: &SockRef<'_>) -> (Half, Half) {
        let lingers = matches!(socket.linger(), Ok(Some(_)));
        let token = lingers.then(|| Arc::new(()));
        (Half(token.clone()), Half(token))
    }

    /// Prepares the socket for its close if the other half is gone.
    pub(crate) fn before_drop(&mut self, socket: &SockRef<'_>) {
        // Of two halves that are dropped at once, one is the last.
        if self.0.take().and_then(Arc::into_inner).is_some() {
            before_close(socket);
        }
    }
}
