//! Waiting for one socket, for blocking sockets of the guest.

use std::task::Waker;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno as Os;

use crate::errno::Errno;
use crate::network::{Interest, Readiness, Socket};
use crate::process::failure::Failure;
use crate::stop::StopHandle;

/// Waits until a socket is ready.
///
/// # Errors
///
/// Returns `EAGAIN` after the deadline, and the reason if the guest is stopped.
pub(crate) fn until_ready(
    socket: &mut dyn Socket,
    interest: Interest,
    deadline: Option<Instant>,
    stop: &StopHandle,
) -> Result<(), Failure> {
    let waker = Waker::from(stop.wake_fd().clone());
    loop {
        if let Some(reason) = stop.reason() {
            return Err(reason.into());
        }
        if matches!(socket.readiness(), Readiness::Polled) {
            let ready = socket.poll_ready(interest, &waker);
            if ready.read || ready.write {
                return Ok(());
            }
        }
        let socket_fd = match socket.readiness() {
            Readiness::Descriptor(fd) => Some(PollFd::from_borrowed_fd(fd, flags(interest))),
            Readiness::Polled => None,
        };
        if wait_once(socket_fd, deadline, stop)? {
            return Ok(());
        }
    }
}

/// Waits briefly for a condition without a notification.
pub(crate) fn pause(deadline: Option<Instant>, stop: &StopHandle) -> Result<(), Failure> {
    const PAUSE: Duration = Duration::from_millis(5);
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Err(Errno::AGAIN.into());
    }
    match wait_once(None, Some(Instant::now() + PAUSE), stop) {
        Ok(_) | Err(Failure::Errno(Errno::AGAIN)) => {}
        Err(failure) => return Err(failure),
    }
    match stop.reason() {
        Some(reason) => Err(reason.into()),
        None => Ok(()),
    }
}

/// Waits until the host is woken or stopped.
pub(crate) fn until_woken(stop: &StopHandle) -> Result<(), Failure> {
    wait_once(None, None, stop)?;
    match stop.reason() {
        Some(reason) => Err(reason.into()),
        None => Ok(()),
    }
}

/// Waits once, until any event; returns whether the descriptor is ready.
pub(crate) fn wait_once(
    descriptor: Option<PollFd<'_>>,
    deadline: Option<Instant>,
    stop: &StopHandle,
) -> Result<bool, Failure> {
    let timeout = match deadline {
        None => None,
        Some(deadline) => {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Errno::AGAIN.into());
            }
            Some(timespec(left))
        }
    };
    let wake = PollFd::new(stop.wake_fd(), PollFlags::IN);
    let mut both;
    let mut alone;
    let fds: &mut [PollFd<'_>] = if let Some(descriptor) = descriptor {
        both = [wake, descriptor];
        &mut both
    } else {
        alone = [wake];
        &mut alone
    };
    match poll(fds, timeout.as_ref()) {
        Ok(_) => {}
        Err(Os::INTR) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    if !fds[0].revents().is_empty() {
        stop.wake_fd().drain();
    }
    Ok(fds.get(1).is_some_and(|fd| !fd.revents().is_empty()))
}

fn flags(interest: Interest) -> PollFlags {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, interest.read);
    flags.set(PollFlags::OUT, interest.write);
    flags
}

/// Converts a duration for system calls, capped at their maximum.
pub(crate) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
