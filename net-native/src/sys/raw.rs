//! The unsafe code of this crate.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;

use socket2::{MaybeUninitSlice, RecvFlags, SockAddr, SockRef};

/// Receives a datagram, with flags that tell whether it was truncated.
pub(crate) fn recv_from(
    socket: &SockRef<'_>,
    buf: &mut [u8],
) -> io::Result<(usize, RecvFlags, SockAddr)> {
    // SAFETY: the call writes no uninitialised bytes.
    let mut bufs = [MaybeUninitSlice::new(unsafe { uninit(buf) })];
    socket.recv_from_vectored(&mut bufs)
}

/// Casts initialised bytes to what `socket2` takes.
///
/// # Safety
///
/// The caller must not write uninitialised bytes.
unsafe fn uninit(buf: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: both types have the same layout; the bytes stay initialised by the
    // caller's promise.
    unsafe { &mut *(std::ptr::from_mut(buf) as *mut [MaybeUninit<u8>]) }
}

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        use std::ops::Range;
        use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
        use std::sync::{Mutex, MutexGuard, PoisonError};

        /// Receives bytes without removing them.
        pub(super) fn peek(socket: &SockRef<'_>, buf: &mut [u8]) -> io::Result<usize> {
            // SAFETY: the call writes no uninitialised bytes.
            socket.peek(unsafe { uninit(buf) })
        }

        /// The descriptors that the program was started with, by the protocol of socket
        /// activation. They can be taken once.
        pub(super) struct Descriptors {
            numbers: Range<RawFd>,
            are_taken: MutexGuard<'static, bool>,
        }

        impl Descriptors {
            /// Returns these descriptors, unless they were taken already. The process that
            /// started the program must have named them, since no other part of the
            /// program owns such descriptors.
            pub(super) fn passed(numbers: Range<RawFd>) -> Option<Self> {
                static ARE_TAKEN: Mutex<bool> = Mutex::new(false);
                let are_taken = ARE_TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
                let passed = Descriptors { numbers, are_taken };
                (!*passed.are_taken).then_some(passed)
            }

            pub(super) fn iter(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
                // SAFETY: by the protocol, the descriptor is open and nobody closes it
                // before it is taken. If that is wrong, calls on it fail.
                self.numbers
                    .clone()
                    .map(|number| unsafe { BorrowedFd::borrow_raw(number) })
            }

            pub(super) fn take(mut self) -> Vec<OwnedFd> {
                *self.are_taken = true;
                // SAFETY: by the protocol, the descriptors belong to this program. No
                // other call has taken them, since the lock is held and the flag was not
                // set.
                self.numbers
                    .clone()
                    .map(|number| unsafe { OwnedFd::from_raw_fd(number) })
                    .collect()
            }
        }
    } else if #[cfg(windows)] {
        use std::os::windows::io::AsRawSocket;
        use std::ptr;

        use windows_sys::Win32::Networking::WinSock::{SOCKET, WSAIoctl};
        pub(super) use windows_sys::Win32::Networking::WinSock::{
            SIO_UDP_CONNRESET, SIO_UDP_NETRESET,
        };

        /// Turns a mode of a UDP socket off, one of the two above.
        pub(super) fn turn_off(socket: &socket2::Socket, mode: u32) -> io::Result<()> {
            let value = 0_u32;
            let size = u32::try_from(size_of_val(&value)).unwrap_or(0);
            let mut returned = 0;
            let number = SOCKET::try_from(socket.as_raw_socket()).map_err(io::Error::other)?;
            // SAFETY: the socket is open, the input has the given size and outlives the
            // call, there is no output buffer, and without `OVERLAPPED` the call has
            // completed when it returns.
            let failed = unsafe {
                WSAIoctl(
                    number,
                    mode,
                    ptr::from_ref(&value).cast(),
                    size,
                    ptr::null_mut(),
                    0,
                    &raw mut returned,
                    ptr::null_mut(),
                    None,
                )
            };
            match failed {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            }
        }
    }
}
