//! Closing a socket that lingers.
//!
//! A linger time above zero makes `close` block the thread on Linux, even if the socket does
//! not block otherwise, and fail on Windows. The kernel remembers the time, so that it can be
//! read and accepted streams inherit it; but before a socket closes, it is exchanged for a
//! limit to what the system sends in the background.

use std::sync::Arc;

use socket2::SockRef;

use crate::sys;

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

/// What both halves of a stream that lingers have, for the last one to know that it is.
#[derive(Debug)]
pub(crate) struct Half(Option<Arc<()>>);

impl Half {
    pub(crate) fn pair(socket: &SockRef<'_>) -> (Half, Half) {
        let lingers = matches!(socket.linger(), Ok(Some(_)));
        let token = lingers.then(|| Arc::new(()));
        (Half(token.clone()), Half(token))
    }

    /// Prepares the socket for its close, if the other half is gone.
    pub(crate) fn drop_of(&mut self, socket: &SockRef<'_>) {
        // Of two halves that are dropped at once, one is the last.
        if self.0.take().and_then(Arc::into_inner).is_some() {
            before_close(socket);
        }
    }
}
