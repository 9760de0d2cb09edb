//! The imports: the socket extension of WASI preview 1, as WasmEdge and
//! wasi-go define it, and the few standard calls beside it.
//!
//! The unsuffixed names with the typing called V2, so that one module loads on
//! every host. This is the only file with unsafe code: each function here is
//! safe, takes and returns Rust values, and knows nothing of readiness.
#![allow(unsafe_code)]

use std::io::IoSlice;
use std::mem::MaybeUninit;

pub(crate) use crate::errno::Errno;
use crate::reported_len::reported_len;
use crate::sockaddr::{Family, RawAddress, STORAGE_LEN};
use crate::subscription::{Event, Subscription};

/// The number of buffers of a vectored write that are passed at once; hosts take
/// 1024.
const IOVS_MAX: usize = 32;

const FDFLAGS_NONBLOCK: u32 = 4;
const ROFLAGS_TRUNCATED: u32 = 1;
const SHUTDOWN_WRITE: u32 = 2;

/// Levels of options: that of sockets, and the one at which net-run alone
/// answers.
pub(crate) const LEVEL_SOCKET: u32 = 0;
pub(crate) const LEVEL_NET_RUN: u32 = 0x6e65_7472;

/// Socket types of the extension.
pub(crate) const TYPE_DATAGRAM: u32 = 1;
pub(crate) const TYPE_STREAM: u32 = 2;

pub(crate) type Fd = u32;

/// `{buf, buf_len}`, as addresses are passed.
#[repr(C)]
struct AddressRef {
    buf: *mut u8,
    len: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Iov {
    buf: *const u8,
    len: u32,
}

/// `fdstat`: the type of a descriptor, and its rights.
#[repr(C)]
#[derive(Default)]
struct FdStat {
    file_type: u8,
    flags: u16,
    rights: u64,
    inheriting: u64,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn fd_close(fd: u32) -> u32;
    fn fd_fdstat_get(fd: u32, stat: *mut FdStat) -> u32;
    fn fd_fdstat_set_flags(fd: u32, flags: u32) -> u32;
    fn fd_prestat_get(fd: u32, prestat: *mut [u32; 2]) -> u32;
    fn poll_oneoff(
        subscriptions: *const Subscription,
        events: *mut Event,
        count: u32,
        happened: *mut u32,
    ) -> u32;
    fn sock_open(family: u32, kind: u32, fd: *mut u32) -> u32;
    #[cfg_attr(feature = "wasmedge-unix", link_name = "sock_bind_v2")]
    fn sock_bind(fd: u32, address: *const AddressRef, port: u32) -> u32;
    #[cfg_attr(feature = "wasmedge-unix", link_name = "sock_connect_v2")]
    fn sock_connect(fd: u32, address: *const AddressRef, port: u32) -> u32;
    fn sock_listen(fd: u32, backlog: u32) -> u32;
    fn sock_accept(fd: u32, flags: u32, accepted: *mut u32) -> u32;
    fn sock_recv(
        fd: u32,
        iovs: *const Iov,
        count: u32,
        flags: u32,
        received: *mut u32,
        out_flags: *mut u32,
    ) -> u32;
    fn sock_send(fd: u32, iovs: *const Iov, count: u32, flags: u32, sent: *mut u32) -> u32;
    fn sock_recv_from(
        fd: u32,
        iovs: *const Iov,
        count: u32,
        address: *mut AddressRef,
        flags: u32,
        port: *mut [u8; 4],
        received: *mut u32,
        out_flags: *mut u32,
    ) -> u32;
    #[cfg_attr(feature = "wasmedge-unix", link_name = "sock_send_to_v2")]
    fn sock_send_to(
        fd: u32,
        iovs: *const Iov,
        count: u32,
        address: *const AddressRef,
        port: u32,
        flags: u32,
        sent: *mut u32,
    ) -> u32;
    fn sock_getlocaladdr(fd: u32, address: *mut AddressRef, port: *mut u32) -> u32;
    fn sock_getpeeraddr(fd: u32, address: *mut AddressRef, port: *mut u32) -> u32;
    fn sock_shutdown(fd: u32, how: u32) -> u32;
    fn sock_getsockopt(fd: u32, level: u32, name: u32, value: *mut u8, size: usize) -> u32;
    fn sock_setsockopt(fd: u32, level: u32, name: u32, value: *const u8, size: u32) -> u32;
    fn sock_getaddrinfo(
        node: *const u8,
        node_len: u32,
        service: *const u8,
        service_len: u32,
        hints: *const AddrInfo,
        results: *mut *mut AddrInfo,
        max: u32,
        count: *mut u32,
    ) -> u32;
}

fn check(errno: u32) -> Result<(), Errno> {
    match errno {
        0 => Ok(()),
        // An errno is 16 bits wide.
        errno => Err(Errno((errno & 0xffff) as u16)),
    }
}

fn checked_len(reported: u32, room: usize) -> Result<usize, Errno> {
    reported_len(reported, room).ok_or(Errno::OVERFLOW)
}

fn len32(len: usize) -> u32 {
    // Memory has 32-bit addresses, so this never cuts.
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Returns the errno of reading an option of no descriptor with a pointer as the
/// size.
pub(crate) fn probe(level: u32) -> u16 {
    let mut value = Aligned([0_u8; 4]);
    let mut size = 4_u32;
    // SAFETY: both pointers are to live locals of four bytes, and a host that
    // takes the size by pointer writes no more than `size`.
    let result = unsafe {
        sock_getsockopt(
            u32::MAX,
            level,
            1,
            value.0.as_mut_ptr(),
            &raw mut size as usize,
        )
    };
    check(result).err().map_or(0, |errno| errno.0)
}

pub(crate) fn open(family: Family, kind: u32) -> Result<Fd, Errno> {
    let mut fd = 0;
    // SAFETY: `fd` is a live local that the host writes.
    check(unsafe { sock_open(family as u32, kind, &raw mut fd) })?;
    Ok(fd)
}

pub(crate) fn close(fd: Fd) -> Result<(), Errno> {
    // SAFETY: passes a number; the caller owns the descriptor.
    check(unsafe { fd_close(fd) })
}

pub(crate) fn set_nonblocking(fd: Fd) -> Result<(), Errno> {
    // SAFETY: passes numbers only.
    check(unsafe { fd_fdstat_set_flags(fd, FDFLAGS_NONBLOCK) })
}

/// Returns whether a descriptor was opened for the program before it began. For
/// one that is no folder, wasi-go returns `ENOTDIR`.
pub(crate) fn is_preopened(fd: Fd) -> bool {
    let mut prestat = [0; 2];
    // SAFETY: `prestat` is a live local of the eight bytes that the host
    // writes, and aligned for them.
    let answer = check(unsafe { fd_prestat_get(fd, &raw mut prestat) });
    matches!(answer, Ok(()) | Err(Errno::NOTDIR))
}

/// Returns whether a descriptor is a listening socket.
pub(crate) fn is_listener(fd: Fd) -> Result<bool, Errno> {
    const SOCKET_STREAM: u8 = 6;
    const RIGHT_TO_ACCEPT: u64 = 1 << 29;
    let mut stat = FdStat::default();
    // SAFETY: `stat` is a live local, laid out as the host writes it.
    check(unsafe { fd_fdstat_get(fd, &raw mut stat) })?;
    Ok(stat.file_type == SOCKET_STREAM && stat.rights & RIGHT_TO_ACCEPT != 0)
}

/// Hosts read addresses through a mutable reference type, but only read.
fn address_ref(bytes: &[u8]) -> AddressRef {
    AddressRef {
        buf: bytes.as_ptr().cast_mut(),
        len: len32(bytes.len()),
    }
}

pub(crate) fn bind(fd: Fd, address: &RawAddress) -> Result<(), Errno> {
    let raw = address_ref(address.bytes());
    // SAFETY: `raw` points to the bytes of `address`, which outlive the call
    // and which the host only reads.
    check(unsafe { sock_bind(fd, &raw const raw, address.port.into()) })
}

pub(crate) fn connect(fd: Fd, address: &RawAddress) -> Result<(), Errno> {
    let raw = address_ref(address.bytes());
    // SAFETY: as in `bind`.
    check(unsafe { sock_connect(fd, &raw const raw, address.port.into()) })
}

pub(crate) fn listen(fd: Fd, backlog: u32) -> Result<(), Errno> {
    // SAFETY: passes numbers only.
    check(unsafe { sock_listen(fd, backlog) })
}

pub(crate) fn accept(fd: Fd, nonblocking: bool) -> Result<Fd, Errno> {
    let flags = if nonblocking { FDFLAGS_NONBLOCK } else { 0 };
    let mut accepted = 0;
    // SAFETY: `accepted` is a live local that the host writes.
    check(unsafe { sock_accept(fd, flags, &raw mut accepted) })?;
    Ok(accepted)
}

/// Receives into memory that need not be initialised. As many of the first bytes
/// as it returns then are.
fn recv(fd: Fd, buf: &mut [MaybeUninit<u8>], how: Recv) -> Result<usize, Errno> {
    let iov = Iov {
        buf: buf.as_mut_ptr().cast(),
        len: len32(buf.len()),
    };
    let (mut received, mut flags) = (0, 0);
    let how = how as u32;
    // SAFETY: `iov` covers exactly `buf`, which is borrowed mutably and which
    // the host writes and never reads; the out pointers are to live locals.
    check(unsafe {
        sock_recv(
            fd,
            &raw const iov,
            1,
            how,
            &raw mut received,
            &raw mut flags,
        )
    })?;
    checked_len(received, buf.len())
}

/// Whether bytes that are received are removed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Recv {
    Remove = 0,
    /// `RECV_PEEK`
    Peek = 1,
}

/// Reads into the free part of a `ReadBuf`. Returns the number of bytes and
/// whether they filled it.
pub(crate) fn recv_into(
    fd: Fd,
    buf: &mut tokio::io::ReadBuf<'_>,
    how: Recv,
) -> Result<(usize, bool), Errno> {
    // SAFETY: the slice is only passed to `recv`, which writes initialised
    // bytes and de-initialises none.
    let free = unsafe { buf.unfilled_mut() };
    let room = free.len();
    let received = recv(fd, free, how)?;
    // SAFETY: `recv` has initialised the first `received` bytes.
    unsafe { buf.assume_init(received) };
    buf.advance(received);
    Ok((received, received == room))
}

/// A datagram as the host reported it.
pub(crate) struct Datagram {
    pub(crate) len: usize,
    pub(crate) storage: [u8; STORAGE_LEN],
    pub(crate) port: [u8; 4],
    pub(crate) truncated: bool,
}

pub(crate) fn recv_from(fd: Fd, buf: &mut [u8]) -> Result<Datagram, Errno> {
    let iov = Iov {
        buf: buf.as_ptr(),
        len: len32(buf.len()),
    };
    let mut storage = Aligned([0; STORAGE_LEN]);
    let mut address = AddressRef {
        buf: storage.0.as_mut_ptr(),
        len: len32(STORAGE_LEN),
    };
    let mut port = Aligned([0; 4]);
    // Some hosts write the flags as 16 bits, some as 32.
    let (mut received, mut flags) = (0, 0_u32);
    // SAFETY: `iov` and `address` cover `buf` and `storage`, both borrowed
    // mutably for the call; the out pointers are to live locals of four bytes.
    check(unsafe {
        sock_recv_from(
            fd,
            &raw const iov,
            1,
            &raw mut address,
            0,
            &raw mut port.0,
            &raw mut received,
            &raw mut flags,
        )
    })?;
    Ok(Datagram {
        len: checked_len(received, buf.len())?,
        storage: storage.0,
        port: port.0,
        truncated: flags & ROFLAGS_TRUNCATED != 0,
    })
}

/// Calls `call` with the buffers as the host takes them.
fn with_iovs<R>(bufs: &[IoSlice<'_>], call: impl FnOnce(*const Iov, u32) -> R) -> R {
    let mut iovs = [Iov {
        buf: std::ptr::null(),
        len: 0,
    }; IOVS_MAX];
    let mut count = 0;
    for (iov, buf) in iovs.iter_mut().zip(bufs) {
        *iov = Iov {
            buf: buf.as_ptr(),
            len: len32(buf.len()),
        };
        count += 1;
    }
    call(iovs.as_ptr(), count)
}

pub(crate) fn send(fd: Fd, bufs: &[IoSlice<'_>]) -> Result<usize, Errno> {
    let mut sent = 0;
    with_iovs(bufs, |iovs, count| {
        // SAFETY: the first `count` entries at `iovs` cover slices of `bufs`,
        // which outlive the call and which the host only reads.
        check(unsafe { sock_send(fd, iovs, count, 0, &raw mut sent) })
    })?;
    checked_len(sent, bufs.iter().take(IOVS_MAX).map(|buf| buf.len()).sum())
}

pub(crate) fn send_to(fd: Fd, buf: &[u8], target: &RawAddress) -> Result<usize, Errno> {
    let address = address_ref(target.bytes());
    let mut sent = 0;
    with_iovs(&[IoSlice::new(buf)], |iovs, count| {
        // SAFETY: as in `send`; `address` points to the bytes of `target`.
        check(unsafe {
            sock_send_to(
                fd,
                iovs,
                count,
                &raw const address,
                target.port.into(),
                0,
                &raw mut sent,
            )
        })
    })?;
    checked_len(sent, buf.len())
}

/// Bytes that a host may access as integers: some refuse addresses that are not
/// aligned.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Aligned<const N: usize>([u8; N]);

type NameCall = unsafe extern "C" fn(u32, *mut AddressRef, *mut u32) -> u32;

fn socket_name(fd: Fd, call: NameCall) -> Result<([u8; STORAGE_LEN], u16), Errno> {
    let mut storage = Aligned([0; STORAGE_LEN]);
    let mut address = AddressRef {
        buf: storage.0.as_mut_ptr(),
        len: len32(STORAGE_LEN),
    };
    let mut port = 0;
    // SAFETY: `address` covers `storage`, which is borrowed mutably for the
    // call; `port` is a live local.
    check(unsafe { call(fd, &raw mut address, &raw mut port) })?;
    Ok((storage.0, (port & 0xffff) as u16))
}

pub(crate) fn local_addr(fd: Fd) -> Result<([u8; STORAGE_LEN], u16), Errno> {
    socket_name(fd, sock_getlocaladdr)
}

pub(crate) fn peer_addr(fd: Fd) -> Result<([u8; STORAGE_LEN], u16), Errno> {
    socket_name(fd, sock_getpeeraddr)
}

pub(crate) fn shutdown_write(fd: Fd) -> Result<(), Errno> {
    // SAFETY: passes numbers only.
    check(unsafe { sock_shutdown(fd, SHUTDOWN_WRITE) })
}

/// Reads an option of `N` bytes. A size that an option does not have aborts
/// WasmEdge, so callers pass the one that the option has.
pub(crate) fn option<const N: usize>(
    fd: Fd,
    level: u32,
    name: u32,
    size_by_value: bool,
) -> Result<[u8; N], Errno> {
    let mut value = Aligned([0; N]);
    let mut size = len32(N);
    let size_argument = if size_by_value {
        N
    } else {
        &raw mut size as usize
    };
    // SAFETY: `value` has N bytes, which is what either form of the size says;
    // both are live locals.
    check(unsafe { sock_getsockopt(fd, level, name, value.0.as_mut_ptr(), size_argument) })?;
    Ok(value.0)
}

pub(crate) fn set_option<const N: usize>(
    fd: Fd,
    level: u32,
    name: u32,
    value: [u8; N],
) -> Result<(), Errno> {
    let value = Aligned(value);
    // SAFETY: the pointer and the length are those of `value`, which the host
    // only reads.
    check(unsafe { sock_setsockopt(fd, level, name, value.0.as_ptr(), len32(N)) })
}

/// `poll_oneoff`: replaces `events` with what happened.
pub(crate) fn poll(subscriptions: &[Subscription], events: &mut Vec<Event>) -> Result<(), Errno> {
    events.clear();
    events.resize(subscriptions.len(), Event::default());
    let mut happened = 0;
    // SAFETY: there is room for one event per subscription, as the call needs,
    // and both arrays are live; every bit pattern is an `Event`.
    let result = check(unsafe {
        poll_oneoff(
            subscriptions.as_ptr(),
            events.as_mut_ptr(),
            len32(subscriptions.len()),
            &raw mut happened,
        )
    });
    let happened = result.and_then(|()| checked_len(happened, events.len()));
    events.truncate(happened.unwrap_or(0));
    happened.map(drop)
}

/// `addrinfo`: 28 bytes.
#[repr(C)]
struct AddrInfo {
    flags: u16,
    family: u8,
    socktype: u8,
    protocol: u32,
    addr_len: u32,
    addr: *mut SockAddr,
    canonical_name: *mut u8,
    canonical_name_len: u32,
    next: *mut AddrInfo,
}

/// `sockaddr`: 12 bytes.
#[repr(C)]
struct SockAddr {
    family: u8,
    data_len: u32,
    data: *mut u8,
}

/// The number of addresses of a name that are asked for.
const ADDRESSES_MAX: usize = 16;
/// Room for one address, and the value that shows whether a host wrote the
/// length.
pub(crate) const SOCKADDR_LEN: usize = 32;
/// WasmEdge copies a canonical name without a limit.
const CANONICAL_NAME_LEN: usize = 256;

/// Port 0, as a service's name.
const NO_SERVICE: &[u8] = b"0";

/// An address as `sock_getaddrinfo` reported it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FoundAddress {
    pub(crate) family: u8,
    pub(crate) data_len: u32,
    pub(crate) data: [u8; SOCKADDR_LEN],
}

/// Looks up a name, and blocks the module until the host has an answer.
pub(crate) fn getaddrinfo(name: &str) -> Result<Vec<FoundAddress>, Errno> {
    let mut data = [Aligned([0_u8; SOCKADDR_LEN]); ADDRESSES_MAX];
    let mut names = vec![0_u8; CANONICAL_NAME_LEN * ADDRESSES_MAX];
    let mut addresses: Vec<SockAddr> = data
        .iter_mut()
        .map(|data| SockAddr {
            family: 0,
            data_len: len32(SOCKADDR_LEN),
            data: data.0.as_mut_ptr(),
        })
        .collect();
    let mut nodes: Vec<AddrInfo> = addresses
        .iter_mut()
        .zip(names.chunks_exact_mut(CANONICAL_NAME_LEN))
        .map(|(address, name)| AddrInfo {
            addr: address,
            canonical_name: name.as_mut_ptr(),
            canonical_name_len: len32(CANONICAL_NAME_LEN),
            ..empty_info()
        })
        .collect();
    let first = nodes.as_mut_ptr();
    for i in 1..nodes.len() {
        nodes[i - 1].next = first.wrapping_add(i);
    }
    let hints = empty_info();
    let (mut head, mut count) = (first, 0);
    // SAFETY: the list has ADDRESSES_MAX nodes, each with an address, its data
    // and a name of the lengths that it says, all alive until the end of this
    // function; the name is read only; the out pointers are to live locals.
    check(unsafe {
        sock_getaddrinfo(
            name.as_ptr(),
            len32(name.len()),
            NO_SERVICE.as_ptr(),
            len32(NO_SERVICE.len()),
            &raw const hints,
            &raw mut head,
            len32(ADDRESSES_MAX),
            &raw mut count,
        )
    })?;
    let count = checked_len(count, addresses.len())?;
    Ok(addresses
        .iter()
        .zip(&data)
        .take(count)
        .map(|(address, data)| FoundAddress {
            family: address.family,
            data_len: address.data_len,
            data: data.0,
        })
        .collect())
}

/// Any family; a stream socket, since WasmEdge aborts on "any type".
fn empty_info() -> AddrInfo {
    AddrInfo {
        flags: 0,
        family: 0,
        socktype: 2,
        protocol: 1,
        addr_len: 0,
        addr: std::ptr::null_mut(),
        canonical_name: std::ptr::null_mut(),
        canonical_name_len: 0,
        next: std::ptr::null_mut(),
    }
}
