//! The imports: the socket extension of WASI preview 1, with the typing called
//! V2, and the few standard calls beside it.
//!
//! The only file with unsafe code. What it hands on is what the host says:
//! numbers go in unchecked, since cases pass wrong ones on purpose.
#![allow(unsafe_code)]

use crate::errno::Errno;

pub(crate) type Fd = u32;

/// Room for an address with its family.
pub(crate) const STORAGE_LEN: usize = 128;

#[repr(C)]
struct AddressRef {
    buf: *mut u8,
    len: u32,
}

#[repr(C)]
struct Iov {
    buf: *const u8,
    len: u32,
}

/// `subscription`, 48 bytes.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct Subscription {
    pub(crate) user_data: u64,
    pub(crate) tag: u8,
    pub(crate) padding: [u8; 7],
    /// The clock, or the descriptor.
    pub(crate) id: u32,
    pub(crate) timeout: u64,
    pub(crate) precision: u64,
    pub(crate) flags: u16,
}

/// `event`, 32 bytes.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Event {
    pub(crate) user_data: u64,
    pub(crate) error: u16,
    pub(crate) kind: u8,
    bytes: u64,
    flags: u16,
}

#[repr(C)]
#[derive(Default)]
struct FdStat {
    file_type: u8,
    flags: u16,
    rights: u64,
    inheriting: u64,
}

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

#[repr(C)]
struct SockAddr {
    family: u8,
    data_len: u32,
    data: *mut u8,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn fd_close(fd: u32) -> u32;
    fn fd_fdstat_get(fd: u32, stat: *mut FdStat) -> u32;
    fn fd_fdstat_set_flags(fd: u32, flags: u32) -> u32;
    fn poll_oneoff(
        subscriptions: *const Subscription,
        events: *mut Event,
        count: u32,
        happened: *mut u32,
    ) -> u32;
    fn sock_open(family: u32, kind: u32, fd: *mut u32) -> u32;
    fn sock_bind(fd: u32, address: *const AddressRef, port: u32) -> u32;
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
        port: *mut u32,
        received: *mut u32,
        out_flags: *mut u32,
    ) -> u32;
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

fn len32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

pub(crate) fn open(family: u32, kind: u32) -> Result<Fd, Errno> {
    let mut fd = 0;
    // SAFETY: `fd` is a live local that the host writes.
    check(unsafe { sock_open(family, kind, &raw mut fd) })?;
    Ok(fd)
}

pub(crate) fn close(fd: Fd) -> Result<(), Errno> {
    // SAFETY: passes a number.
    check(unsafe { fd_close(fd) })
}

/// The type of what is behind a descriptor.
pub(crate) fn file_type(fd: Fd) -> Result<u8, Errno> {
    let mut stat = FdStat::default();
    // SAFETY: `stat` is a live local, laid out as the host writes it.
    check(unsafe { fd_fdstat_get(fd, &raw mut stat) })?;
    Ok(stat.file_type)
}

pub(crate) fn set_flags(fd: Fd, flags: u32) -> Result<(), Errno> {
    // SAFETY: passes numbers only.
    check(unsafe { fd_fdstat_set_flags(fd, flags) })
}

/// Hosts only read addresses that go in.
fn address_ref(bytes: &[u8]) -> AddressRef {
    AddressRef {
        buf: bytes.as_ptr().cast_mut(),
        len: len32(bytes.len()),
    }
}

pub(crate) fn bind(fd: Fd, address: &[u8], port: u32) -> Result<(), Errno> {
    let raw = address_ref(address);
    // SAFETY: `raw` covers `address`, which the host only reads.
    check(unsafe { sock_bind(fd, &raw const raw, port) })
}

pub(crate) fn connect(fd: Fd, address: &[u8], port: u32) -> Result<(), Errno> {
    let raw = address_ref(address);
    // SAFETY: as in `bind`.
    check(unsafe { sock_connect(fd, &raw const raw, port) })
}

pub(crate) fn listen(fd: Fd, backlog: u32) -> Result<(), Errno> {
    // SAFETY: passes numbers only.
    check(unsafe { sock_listen(fd, backlog) })
}

pub(crate) fn accept(fd: Fd, flags: u32) -> Result<Fd, Errno> {
    let mut accepted = 0;
    // SAFETY: `accepted` is a live local that the host writes.
    check(unsafe { sock_accept(fd, flags, &raw mut accepted) })?;
    Ok(accepted)
}

pub(crate) fn recv(fd: Fd, buf: &mut [u8], flags: u32) -> Result<usize, Errno> {
    let iov = Iov {
        buf: buf.as_mut_ptr(),
        len: len32(buf.len()),
    };
    let (mut received, mut out_flags) = (0, 0);
    // SAFETY: `iov` covers `buf`, which is borrowed mutably; the out pointers
    // are to live locals.
    check(unsafe {
        sock_recv(
            fd,
            &raw const iov,
            1,
            flags,
            &raw mut received,
            &raw mut out_flags,
        )
    })?;
    Ok((received as usize).min(buf.len()))
}

pub(crate) fn send(fd: Fd, bufs: &[&[u8]]) -> Result<usize, Errno> {
    let iov = |buf: &&[u8]| Iov {
        buf: buf.as_ptr(),
        len: len32(buf.len()),
    };
    let iovs: Vec<_> = bufs.iter().map(iov).collect();
    let mut sent = 0;
    // SAFETY: each entry covers a slice of `bufs`, which the host only reads.
    check(unsafe { sock_send(fd, iovs.as_ptr(), len32(iovs.len()), 0, &raw mut sent) })?;
    Ok(sent as usize)
}

/// A datagram as the host gave it.
pub(crate) struct Datagram {
    pub(crate) len: usize,
    pub(crate) storage: Storage,
    pub(crate) port: u32,
    pub(crate) is_cut: bool,
}

/// Some hosts refuse addresses that are not aligned.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Storage(pub(crate) [u8; STORAGE_LEN]);

pub(crate) fn recv_from(fd: Fd, buf: &mut [u8]) -> Result<Datagram, Errno> {
    let iov = Iov {
        buf: buf.as_mut_ptr(),
        len: len32(buf.len()),
    };
    let mut storage = Storage([0; STORAGE_LEN]);
    let mut address = AddressRef {
        buf: storage.0.as_mut_ptr(),
        len: len32(STORAGE_LEN),
    };
    let (mut port, mut received, mut flags) = (0, 0, 0);
    // SAFETY: `iov` and `address` cover `buf` and `storage`, both borrowed
    // mutably; the out pointers are to live locals of four bytes.
    check(unsafe {
        sock_recv_from(
            fd,
            &raw const iov,
            1,
            &raw mut address,
            0,
            &raw mut port,
            &raw mut received,
            &raw mut flags,
        )
    })?;
    Ok(Datagram {
        len: (received as usize).min(buf.len()),
        storage,
        port,
        is_cut: flags & 1 != 0,
    })
}

pub(crate) fn send_to(fd: Fd, buf: &[u8], address: &[u8], port: u32) -> Result<usize, Errno> {
    let iov = Iov {
        buf: buf.as_ptr(),
        len: len32(buf.len()),
    };
    let address = address_ref(address);
    let mut sent = 0;
    // SAFETY: `iov` and `address` cover slices that the host only reads.
    check(unsafe {
        sock_send_to(
            fd,
            &raw const iov,
            1,
            &raw const address,
            port,
            0,
            &raw mut sent,
        )
    })?;
    Ok(sent as usize)
}

type NameCall = unsafe extern "C" fn(u32, *mut AddressRef, *mut u32) -> u32;

fn name(fd: Fd, call: NameCall) -> Result<(Storage, u32), Errno> {
    let mut storage = Storage([0; STORAGE_LEN]);
    let mut address = AddressRef {
        buf: storage.0.as_mut_ptr(),
        len: len32(STORAGE_LEN),
    };
    let mut port = 0;
    // SAFETY: `address` covers `storage`, which is borrowed mutably; `port` is
    // a live local.
    check(unsafe { call(fd, &raw mut address, &raw mut port) })?;
    Ok((storage, port))
}

pub(crate) fn local_addr(fd: Fd) -> Result<(Storage, u32), Errno> {
    name(fd, sock_getlocaladdr)
}

pub(crate) fn peer_addr(fd: Fd) -> Result<(Storage, u32), Errno> {
    name(fd, sock_getpeeraddr)
}

pub(crate) fn shutdown(fd: Fd, how: u32) -> Result<(), Errno> {
    // SAFETY: passes numbers only.
    check(unsafe { sock_shutdown(fd, how) })
}

/// Whether `sock_getsockopt` takes the size by value: such a host refuses a
/// pointer as too large before it looks at the descriptor.
pub(crate) fn takes_size_by_value() -> bool {
    let mut value = Storage([0; STORAGE_LEN]);
    let mut size = 4_u32;
    let pointer = &raw mut size as usize;
    // SAFETY: both pointers are to live locals, and there is no such
    // descriptor whose option a host could write.
    let result = check(unsafe { sock_getsockopt(u32::MAX, 0, 1, value.0.as_mut_ptr(), pointer) });
    result == Err(Errno::INVAL)
}

pub(crate) fn option<const N: usize>(fd: Fd, level: u32, name: u32) -> Result<[u8; N], Errno> {
    let mut value = Storage([0; STORAGE_LEN]);
    let mut size = len32(N);
    let argument = if takes_size_by_value() {
        N
    } else {
        &raw mut size as usize
    };
    // SAFETY: `value` has at least N bytes, which is what either form of the
    // size says; both are live locals.
    check(unsafe { sock_getsockopt(fd, level, name, value.0.as_mut_ptr(), argument) })?;
    let mut bytes = [0; N];
    bytes.copy_from_slice(&value.0[..N]);
    Ok(bytes)
}

pub(crate) fn set_option(fd: Fd, level: u32, name: u32, value: &[u8]) -> Result<(), Errno> {
    let mut aligned = Storage([0; STORAGE_LEN]);
    aligned.0[..value.len()].copy_from_slice(value);
    // SAFETY: the pointer is to `aligned`, of which the host reads as many
    // bytes as `value` has.
    check(unsafe { sock_setsockopt(fd, level, name, aligned.0.as_ptr(), len32(value.len())) })
}

pub(crate) fn poll(subscriptions: &[Subscription]) -> Result<Vec<Event>, Errno> {
    let mut events = vec![Event::default(); subscriptions.len()];
    let mut happened = 0;
    // SAFETY: there is room for an event of each subscription, and both arrays
    // are live; every bit pattern is an `Event`.
    check(unsafe {
        poll_oneoff(
            subscriptions.as_ptr(),
            events.as_mut_ptr(),
            len32(subscriptions.len()),
            &raw mut happened,
        )
    })?;
    events.truncate(happened as usize);
    Ok(events)
}

/// Looks a name up; how many addresses there are.
pub(crate) fn lookup(node: &str) -> Result<u32, Errno> {
    const MAX: usize = 4;
    let mut data = [Storage([0; STORAGE_LEN]); MAX];
    let mut names = [[0_u8; 256]; MAX];
    let mut addresses: Vec<SockAddr> = data
        .iter_mut()
        .map(|data| SockAddr {
            family: 0,
            data_len: 28,
            data: data.0.as_mut_ptr(),
        })
        .collect();
    let mut nodes: Vec<AddrInfo> = addresses
        .iter_mut()
        .zip(&mut names)
        .map(|(address, name)| AddrInfo {
            addr: address,
            canonical_name: name.as_mut_ptr(),
            canonical_name_len: len32(name.len()),
            ..hints()
        })
        .collect();
    let first = nodes.as_mut_ptr();
    for i in 1..nodes.len() {
        nodes[i - 1].next = first.wrapping_add(i);
    }
    let (hints, mut head, mut count) = (hints(), first, 0);
    let service = b"0";
    // SAFETY: the list has MAX nodes, each with an address, its data and a
    // name of the lengths that it says, all alive until the end of this
    // function; texts are read only; the out pointers are to live locals.
    check(unsafe {
        sock_getaddrinfo(
            node.as_ptr(),
            len32(node.len()),
            service.as_ptr(),
            1,
            &raw const hints,
            &raw mut head,
            len32(MAX),
            &raw mut count,
        )
    })?;
    Ok(count)
}

/// Streams of any family.
fn hints() -> AddrInfo {
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
