//! The socket calls as the guest makes them.
//!
//! `ABI.md` specifies each of them. Every pointer for a result is checked before
//! anything happens, so that no result is lost if it is invalid.
#![allow(
    clippy::too_many_arguments,
    reason = "the extension defines the calls with that many"
)]

use std::net::Shutdown;

use wasmtime::Caller;

use crate::address::Address;
use crate::calls::address::{self as socket_address, Form};
use crate::calls::buffers::{receive, with_slices};
use crate::calls::entry::call;
use crate::calls::memory::GuestMemory;
use crate::calls::options::{self as socket_options, Place, Shown};
use crate::errno::Errno;
use crate::network::{Family, Received, SocketKind};
use crate::process::Process;
use crate::process::failure::Failure;

type Guest<'a> = Caller<'a, Process>;
type Answer = wasmtime::Result<u32>;

const NONBLOCK: u32 = 4;
const PEEK: u32 = 1;
const WAIT_ALL: u32 = 2;
const TRUNCATED: u16 = 1;

pub(crate) fn open(mut guest: Guest<'_>, family: u32, kind: u32, fd_at: u32) -> Answer {
    call(&mut guest, |memory, process| {
        memory.check(fd_at, 4)?;
        let family = Family::from_number(family)?;
        let kind = match kind {
            1 => SocketKind::Datagram,
            2 => SocketKind::Stream,
            _ => return Err(Errno::INVAL.into()),
        };
        let opened = process.open(family, kind);
        let shown = format_args!("open({family:?}, {kind:?})");
        process.trace.line(shown, &opened);
        Ok(memory.set_u32(fd_at, opened?)?)
    })
}

pub(crate) fn bind(mut guest: Guest<'_>, fd: u32, address: u32, port: u32) -> Answer {
    call(&mut guest, |memory, process| {
        let address = socket_address::read(memory, address, port)?;
        let bound = process.bind(fd, &address);
        process
            .trace
            .line(format_args!("bind({fd}, {address})"), &bound);
        bound
    })
}

pub(crate) fn connect(mut guest: Guest<'_>, fd: u32, address: u32, port: u32) -> Answer {
    call(&mut guest, |memory, process| {
        let address = socket_address::read(memory, address, port)?;
        let done = process.connect(fd, &address);
        process
            .trace
            .line(format_args!("connect({fd}, {address})"), &done);
        done
    })
}

pub(crate) fn listen(mut guest: Guest<'_>, fd: u32, backlog: u32) -> Answer {
    call(&mut guest, |_, process| {
        // The system caps it.
        let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
        let done = process.listen(fd, backlog);
        process
            .trace
            .line(format_args!("listen({fd}, {backlog})"), &done);
        done
    })
}

pub(crate) fn accept_v1(guest: Guest<'_>, fd: u32, accepted_at: u32) -> Answer {
    accept_v2(guest, fd, 0, accepted_at)
}

pub(crate) fn accept_v2(mut guest: Guest<'_>, fd: u32, flags: u32, accepted_at: u32) -> Answer {
    call(&mut guest, |memory, process| {
        memory.check(accepted_at, 4)?;
        if flags & !NONBLOCK != 0 {
            return Err(Errno::INVAL.into());
        }
        let accepted = process.accept(fd, flags & NONBLOCK != 0);
        process.trace.line(format_args!("accept({fd})"), &accepted);
        Ok(memory.set_u32(accepted_at, accepted?.0)?)
    })
}

pub(crate) fn recv(
    mut guest: Guest<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    flags: u32,
    received_at: u32,
    flags_at: u32,
) -> Answer {
    call(&mut guest, |memory, process| {
        memory.check(received_at, 4)?;
        memory.check(flags_at, 2)?;
        let received = receive(memory, iovs, count, |buf| {
            let received = if flags & WAIT_ALL != 0 {
                recv_all(process, fd, buf, flags & PEEK != 0)
            } else {
                process.recv(fd, buf, flags & PEEK != 0)
            };
            process
                .trace
                .line(format_args!("recv({fd}, {})", buf.len()), &received);
            Ok((received?, ()))
        });
        let (received, ()) = received?;
        write_received(memory, received, received_at, flags_at)
    })
}

/// Receives until the buffer is full, if the guest's socket is blocking.
fn recv_all(
    process: &mut Process,
    fd: u32,
    buf: &mut [u8],
    peek: bool,
) -> Result<Received, Failure> {
    let mut all = process.recv(fd, buf, peek)?;
    let open = process.sources.socket(fd)?;
    let whole = peek || open.nonblocking || open.kind == SocketKind::Datagram;
    while !whole && all.len < buf.len() {
        match process.recv(fd, &mut buf[all.len..], false) {
            Ok(Received { len: 0, .. }) | Err(Failure::Errno(Errno::AGAIN)) => break,
            Ok(more) => all.len += more.len,
            Err(Failure::Errno(errno)) => {
                process.sources.socket(fd)?.pending = Some(errno);
                break;
            }
            Err(stop) => return Err(stop),
        }
    }
    Ok(all)
}

pub(crate) fn recv_from_v1(
    guest: Guest<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    address: u32,
    flags: u32,
    received_at: u32,
    flags_at: u32,
) -> Answer {
    let to = [received_at, flags_at];
    recv_from(guest, fd, (iovs, count), address, flags, None, to)
}

pub(crate) fn recv_from_v2(
    guest: Guest<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    address: u32,
    flags: u32,
    port_at: u32,
    received_at: u32,
    flags_at: u32,
) -> Answer {
    let to = [received_at, flags_at];
    recv_from(guest, fd, (iovs, count), address, flags, Some(port_at), to)
}

fn recv_from(
    mut guest: Guest<'_>,
    fd: u32,
    (iovs, count): (u32, u32),
    address: u32,
    flags: u32,
    port_at: Option<u32>,
    [received_at, flags_at]: [u32; 2],
) -> Answer {
    call(&mut guest, |memory, process| {
        memory.check(received_at, 4)?;
        memory.check(flags_at, 2)?;
        let family = process.sources.socket(fd)?.family;
        socket_address::check_room(memory, address, family)?;
        if let Some(port_at) = port_at {
            memory.check(port_at, 4)?;
        }
        let (received, from) = receive(memory, iovs, count, |buf| {
            let received = process.recv_from(fd, buf, flags & PEEK != 0);
            let shown = format_args!("recv_from({fd}, {})", buf.len());
            process.trace.line(shown, &received);
            received
        })?;
        let port = if let Some(from) = &from {
            socket_address::write(memory, address, from, Form::Storage)?
        } else {
            socket_address::write_none(memory, address)?;
            0
        };
        if let Some(port_at) = port_at {
            memory.set_u32(port_at, port.into())?;
        }
        write_received(memory, received, received_at, flags_at)
    })
}

fn write_received(
    memory: &mut GuestMemory<'_>,
    received: Received,
    received_at: u32,
    flags_at: u32,
) -> Result<(), Failure> {
    memory.set_u32(received_at, u32::try_from(received.len).unwrap_or(u32::MAX))?;
    let flags = if received.truncated { TRUNCATED } else { 0 };
    Ok(memory.set_u16(flags_at, flags)?)
}

pub(crate) fn send(
    guest: Guest<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    flags: u32,
    sent_at: u32,
) -> Answer {
    send_any(guest, fd, (iovs, count), None, flags, sent_at)
}

pub(crate) fn send_to(
    guest: Guest<'_>,
    fd: u32,
    iovs: u32,
    count: u32,
    address: u32,
    port: u32,
    flags: u32,
    sent_at: u32,
) -> Answer {
    let to = Some((address, port));
    send_any(guest, fd, (iovs, count), to, flags, sent_at)
}

/// Sends to the peer, or to the address and port that are given.
#[inline]
fn send_any(
    mut guest: Guest<'_>,
    fd: u32,
    (iovs, count): (u32, u32),
    to: Option<(u32, u32)>,
    flags: u32,
    sent_at: u32,
) -> Answer {
    call(&mut guest, |memory, process| {
        memory.check(sent_at, 4)?;
        if flags != 0 {
            return Err(Errno::INVAL.into());
        }
        let to = to.map(|(address, port)| socket_address::read(memory, address, port));
        let to = to.transpose()?;
        let sent = with_slices(memory, iovs, count, |bufs| {
            let sent = match &to {
                Some(to) => process.send_to(fd, bufs, to),
                None => process.send(fd, bufs),
            };
            if process.trace.is_on() {
                let len: usize = bufs.iter().map(|buf| buf.len()).sum();
                match &to {
                    Some(to) => process
                        .trace
                        .line(format_args!("send_to({fd}, {len}, {to})"), &sent),
                    None => process.trace.line(format_args!("send({fd}, {len})"), &sent),
                }
            }
            sent
        })?;
        Ok(memory.set_u32(sent_at, u32::try_from(sent).unwrap_or(u32::MAX))?)
    })
}

pub(crate) fn shutdown(mut guest: Guest<'_>, fd: u32, how: u32) -> Answer {
    call(&mut guest, |_, process| {
        let how = match how {
            1 => Shutdown::Read,
            2 => Shutdown::Write,
            3 => Shutdown::Both,
            _ => return Err(Errno::INVAL.into()),
        };
        let done = process.shutdown(fd, how);
        process
            .trace
            .line(format_args!("shutdown({fd}, {how:?})"), &done);
        done
    })
}

/// Which of a connection's two addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Local,
    Peer,
}

pub(crate) fn local_address_v1(
    guest: Guest<'_>,
    fd: u32,
    address: u32,
    type_at: u32,
    port_at: u32,
) -> Answer {
    address_v1(guest, End::Local, fd, address, type_at, port_at)
}

pub(crate) fn peer_address_v1(
    guest: Guest<'_>,
    fd: u32,
    address: u32,
    type_at: u32,
    port_at: u32,
) -> Answer {
    address_v1(guest, End::Peer, fd, address, type_at, port_at)
}

pub(crate) fn local_address_v2(guest: Guest<'_>, fd: u32, address: u32, port_at: u32) -> Answer {
    address_v2(guest, End::Local, fd, address, port_at)
}

pub(crate) fn peer_address_v2(guest: Guest<'_>, fd: u32, address: u32, port_at: u32) -> Answer {
    address_v2(guest, End::Peer, fd, address, port_at)
}

fn address_of(process: &mut Process, end: End, fd: u32) -> Result<Address, Failure> {
    let (name, address) = match end {
        End::Local => ("getlocaladdr", process.local_address(fd)),
        End::Peer => ("getpeeraddr", process.peer_address(fd)),
    };
    process.trace.line(format_args!("{name}({fd})"), &address);
    address
}

fn address_v1(
    mut guest: Guest<'_>,
    end: End,
    fd: u32,
    address: u32,
    type_at: u32,
    port_at: u32,
) -> Answer {
    call(&mut guest, |memory, process| {
        memory.check(type_at, 4)?;
        memory.check(port_at, 4)?;
        let found = address_of(process, end, fd)?;
        // Here the type is the IP version, not the family's number.
        let version = match &found {
            Address::Ip(ip) if ip.is_ipv4() => 4,
            Address::Ip(_) => 6,
            Address::Unix(_) => return Err(Errno::NOTSUP.into()),
        };
        let port = socket_address::write(memory, address, &found, Form::Plain)?;
        memory.set_u32(type_at, version)?;
        Ok(memory.set_u32(port_at, port.into())?)
    })
}

fn address_v2(mut guest: Guest<'_>, end: End, fd: u32, address: u32, port_at: u32) -> Answer {
    call(&mut guest, |memory, process| {
        memory.check(port_at, 4)?;
        let found = address_of(process, end, fd)?;
        let port = socket_address::write(memory, address, &found, Form::Storage)?;
        Ok(memory.set_u32(port_at, port.into())?)
    })
}

pub(crate) fn get_option(
    mut guest: Guest<'_>,
    fd: u32,
    level: u32,
    name: u32,
    value: u32,
    size: u32,
) -> Answer {
    call(&mut guest, |memory, process| {
        let place = Place::read(memory, value, size)?;
        if let Some(told) = socket_options::about_host(memory, level, place) {
            return Ok(told?);
        }
        let open = process.sources.socket(fd)?;
        let got = socket_options::get(memory, open, level, name, place);
        let got = got.map_err(Failure::from);
        let option = Shown(level, name);
        process
            .trace
            .line(format_args!("getsockopt({fd}, {option})"), &got);
        got
    })
}

pub(crate) fn set_option(
    mut guest: Guest<'_>,
    fd: u32,
    level: u32,
    name: u32,
    value: u32,
    size: u32,
) -> Answer {
    call(&mut guest, |memory, process| {
        let value = memory.bytes(value, size)?;
        let open = process.sources.socket(fd)?;
        let set = socket_options::set(open, level, name, value).map_err(Failure::from);
        if socket_options::is_device(level, name) {
            process.notices.device();
        }
        let option = Shown(level, name);
        // No option is longer, but a guest may pass any size.
        let first = &value[..value.len().min(16)];
        let shown = format_args!("setsockopt({fd}, {option}, {first:?})");
        process.trace.line(shown, &set);
        set
    })
}
