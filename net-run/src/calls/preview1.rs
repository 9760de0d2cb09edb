//! The functions of WASI preview 1 that also apply to sockets and standard
//! streams. They are implemented here for those, and forwarded to
//! `wasmtime-wasi` for every other descriptor.

use rustix::time::ClockId;
use wasmtime::{AsContextMut, Caller};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p1::wasi_snapshot_preview1::{self as wasi, WasiSnapshotPreview1};
use wiggle::GuestMemory as WiggleMemory;

use crate::calls::buffers::with_slices;
use crate::calls::entry::{call, parts};
use crate::calls::memory::{Buffer, GuestMemory};
use crate::calls::poll;
use crate::clock::nanos;
use crate::errno::Errno;
use crate::network::SocketKind;
use crate::process::Process;
use crate::process::descriptors::is_socket;
use crate::process::failure::Failure;
use crate::process::files::{finish, is_open};

type Guest<'a> = Caller<'a, Process>;
type Answer = wasmtime::Result<u32>;

const NONBLOCK: u16 = 4;

/// File types.
const UNKNOWN: u8 = 0;
const CHARACTER_DEVICE: u8 = 2;
const SOCKET_DGRAM: u8 = 5;
const SOCKET_STREAM: u8 = 6;

/// Rights.
const FD_READ: u64 = 1 << 1;
const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
const FD_WRITE: u64 = 1 << 6;
const POLL_FD_READWRITE: u64 = 1 << 27;
const SOCK_SHUTDOWN: u64 = 1 << 28;
const SOCK_ACCEPT: u64 = 1 << 29;

/// Forwards a call to `wasmtime-wasi`.
macro_rules! forward {
    ($guest:ident, $function:ident($($argument:expr),*)) => {{
        let fuel = $guest.as_context_mut().hostcall_fuel();
        let (memory, process) = parts(&mut $guest)?;
        process.wasi.set_hostcall_fuel(fuel);
        let mut memory = WiggleMemory::Unshared(memory);
        // Its functions take the same bits as signed numbers.
        let done = wasi::$function(&mut process.wasi, &mut memory, $($argument.cast_signed()),*);
        Ok(finish(done)?.cast_unsigned())
    }};
}

/// Returns whether the descriptor is a socket or standard stream.
fn is_own(guest: &Guest<'_>, fd: u32) -> bool {
    is_socket(fd) || guest.data().sources.place(fd).is_some()
}

pub(crate) fn fd_close(mut guest: Guest<'_>, fd: u32) -> Answer {
    if is_own(&guest, fd) {
        let closed = close(guest.data_mut(), fd);
        if let Some(closed) = closed {
            return call(&mut guest, |_, _| closed);
        }
    }
    forward!(guest, fd_close(fd))
}

/// Closes a socket, or a standard stream as far as this host keeps it; `None` if
/// WASI must close the number, too.
fn close(process: &mut Process, fd: u32) -> Option<Result<(), Failure>> {
    if !is_socket(fd) {
        let place = process.sources.place(fd)?;
        process
            .poller
            .forget(place, &process.sources.stdio.get(fd)?.readiness());
        // WASI has a stream of that number as well, which must be closed with it.
        process.sources.stdio.take(fd);
        return None;
    }
    let closed = process.close(fd);
    process.trace.line(format_args!("close({fd})"), &closed);
    Some(closed)
}

pub(crate) fn fd_read(
    mut guest: Guest<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    read_at: u32,
) -> Answer {
    if !is_own(&guest, fd) {
        return forward!(guest, fd_read(fd, iovs, count, read_at));
    }
    call(&mut guest, |memory, process| {
        memory.check(read_at, 4)?;
        // A read may fill the first buffer only.
        let buffers = memory.iovs(iovs, count)?;
        let first = buffers.iter().find(|buffer| buffer.len > 0);
        let Buffer { offset, len } = first.copied().unwrap_or(Buffer { offset: 0, len: 0 });
        let buf = memory.bytes_mut(offset, len)?;
        let len = if let Some(stream) = process.sources.stdio.get_mut(fd) {
            stream.read(buf, &process.stop)?
        } else {
            let received = process.recv(fd, buf, false);
            let shown = format_args!("read({fd}, {})", buf.len());
            process.trace.line(shown, &received);
            received?.len
        };
        Ok(memory.set_u32(read_at, u32::try_from(len).unwrap_or(u32::MAX))?)
    })
}

pub(crate) fn fd_write(
    mut guest: Guest<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    written_at: u32,
) -> Answer {
    if !is_own(&guest, fd) {
        return forward!(guest, fd_write(fd, iovs, count, written_at));
    }
    call(&mut guest, |memory, process| {
        memory.check(written_at, 4)?;
        let written = with_slices(memory, iovs, count, |bufs| {
            if let Some(stream) = process.sources.stdio.get_mut(fd) {
                return stream.write(bufs, &process.stop);
            }
            let sent = process.send(fd, bufs);
            process.trace.line(format_args!("write({fd})"), &sent);
            sent
        })?;
        Ok(memory.set_u32(written_at, u32::try_from(written).unwrap_or(u32::MAX))?)
    })
}

pub(crate) fn fd_fdstat_get(mut guest: Guest<'_>, fd: u32, stat_at: u32) -> Answer {
    if !is_own(&guest, fd) {
        return forward!(guest, fd_fdstat_get(fd, stat_at));
    }
    call(&mut guest, |memory, process| {
        let (kind, nonblocking, rights) = if let Some(stream) = process.sources.stdio.get(fd) {
            let kind = if stream.is_terminal() {
                CHARACTER_DEVICE
            } else {
                UNKNOWN
            };
            let right = if stream.is_input() { FD_READ } else { FD_WRITE };
            (kind, stream.nonblocking, right | POLL_FD_READWRITE)
        } else {
            let open = process.sources.socket(fd)?;
            let rights = FD_READ | FD_WRITE | FD_FDSTAT_SET_FLAGS;
            let sockets = POLL_FD_READWRITE | SOCK_SHUTDOWN | SOCK_ACCEPT;
            (socket_type(open.kind), open.nonblocking, rights | sockets)
        };
        memory.bytes_mut(stat_at, 24)?.fill(0);
        memory.set_u8(stat_at, kind)?;
        memory.set_u16(stat_at + 2, if nonblocking { NONBLOCK } else { 0 })?;
        Ok(memory.set_u64(stat_at + 8, rights)?)
    })
}

fn socket_type(kind: SocketKind) -> u8 {
    match kind {
        SocketKind::Datagram => SOCKET_DGRAM,
        SocketKind::Stream => SOCKET_STREAM,
    }
}

pub(crate) fn fd_fdstat_set_flags(mut guest: Guest<'_>, fd: u32, flags: u32) -> Answer {
    if is_own(&guest, fd) {
        return call(&mut guest, |_, process| set_flags(process, fd, flags));
    }
    let (memory, process) = parts(&mut guest)?;
    let mut memory = WiggleMemory::Unshared(memory);
    let (fd, flags) = (fd.cast_signed(), flags.cast_signed());
    let done = wasi::fd_fdstat_set_flags(&mut process.wasi, &mut memory, fd, flags);
    Ok(done?.cast_unsigned())
}

fn set_flags(process: &mut Process, fd: u32, flags: u32) -> Result<(), Failure> {
    if flags & !u32::from(NONBLOCK) != 0 {
        return Err(Errno::INVAL.into());
    }
    let nonblocking = flags != 0;
    match process.sources.stdio.get_mut(fd) {
        Some(stream) => stream.nonblocking = nonblocking,
        None => process.sources.socket(fd)?.nonblocking = nonblocking,
    }
    Ok(())
}

pub(crate) fn fd_filestat_get(mut guest: Guest<'_>, fd: u32, stat_at: u32) -> Answer {
    if !is_socket(fd) {
        return forward!(guest, fd_filestat_get(fd, stat_at));
    }
    call(&mut guest, |memory, process| {
        let kind = socket_type(process.sources.socket(fd)?.kind);
        memory.bytes_mut(stat_at, 64)?.fill(0);
        Ok(memory.set_u8(stat_at + 16, kind)?)
    })
}

pub(crate) fn fd_renumber(mut guest: Guest<'_>, from: u32, to: u32) -> Answer {
    if is_own(&guest, from) || is_socket(to) {
        return call(&mut guest, |_, process| {
            process.poll_target(from)?;
            // Sockets have a range of numbers of their own.
            Err(Errno::NOTSUP.into())
        });
    }
    if is_own(&guest, to) && is_open(&mut guest.data_mut().wasi, from) {
        // What is moved there takes the place of the stream.
        close(guest.data_mut(), to);
    }
    forward!(guest, fd_renumber(from, to))
}

/// Exits with any code; `wasmtime-wasi` turns some codes into traps.
pub(crate) fn proc_exit(_guest: Guest<'_>, code: u32) -> wasmtime::Result<()> {
    Err(I32Exit(code.cast_signed()).into())
}

pub(crate) fn clock_time_get(
    mut guest: Guest<'_>,
    clock: u32,
    _precision: u64,
    time_at: u32,
) -> Answer {
    call(&mut guest, |memory, _| {
        // The same clocks as in `poll_oneoff`.
        let clock = match clock {
            0 => ClockId::Realtime,
            1 => ClockId::Monotonic,
            2 => ClockId::ProcessCPUTime,
            3 => ClockId::ThreadCPUTime,
            _ => return Err(Errno::INVAL.into()),
        };
        Ok(memory.set_u64(time_at, nanos(clock))?)
    })
}

pub(crate) fn poll_oneoff(
    mut guest: Guest<'_>,
    subscriptions: u32,
    events: u32,
    count: u32,
    happened_at: u32,
) -> Answer {
    call(&mut guest, |memory: &mut GuestMemory<'_>, process| {
        poll::poll_oneoff(memory, process, subscriptions, events, count, happened_at)
    })
}
