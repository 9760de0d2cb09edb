//! `sock_getaddrinfo`: looks up a name, and writes its addresses into a list that
//! the guest has prepared.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::mpsc;
use std::task::Waker;
use std::thread;

use dns_lookup::getaddrinfo;
use wasmtime::Caller;

use crate::calls::entry::call;
use crate::calls::memory::GuestMemory;
use crate::errno::Errno;
use crate::network::LookupError;
use crate::policy::{Guard, Query};
use crate::process::Process;
use crate::process::failure::Failure;
use crate::process::wait;

/// Flags of the hints.
const PASSIVE: u16 = 1;
const NUMERIC_HOST: u16 = 4;
const NUMERIC_SERVICE: u16 = 8;

/// Families and types, as everywhere in the extension.
const UNSPECIFIED: u8 = 0;
const INET4: u8 = 1;
const INET6: u8 = 2;
const DATAGRAM: u8 = 1;
const STREAM: u8 = 2;

/// Lengths of `sa_data`: of the system's sockaddr without the family, and for IPv6
/// also that of wasi-go.
const DATA4_LEN: u32 = 6;
const DATA4_FULL: u32 = 14;
const DATA6_LEN: u32 = 26;
const DATA6_SHORT: u32 = 18;

/// The hints of the guest.
#[derive(Debug, Clone, Copy)]
struct Hints {
    flags: u16,
    family: u8,
    kind: u8,
    protocol: u32,
}

impl Hints {
    fn read(memory: &GuestMemory<'_>, at: u32) -> Result<Self, Errno> {
        memory.check(at, 28)?;
        let hints = Hints {
            flags: memory.u16(at)?,
            family: memory.u8(at + 2)?,
            kind: memory.u8(at + 3)?,
            protocol: memory.u32(at + 4)?,
        };
        if !matches!(hints.family, UNSPECIFIED | INET4 | INET6) {
            return Err(Errno::AIFAMILY);
        }
        if hints.kind > STREAM {
            return Err(Errno::AISOCKTYPE);
        }
        Ok(hints)
    }

    fn wants(self, ip: IpAddr) -> bool {
        match self.family {
            INET4 => ip.is_ipv4(),
            INET6 => ip.is_ipv6(),
            _ => true,
        }
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "the extension defines the call with that many"
)]
pub(crate) fn look_up(
    mut guest: Caller<'_, Process>,
    node: u32,
    node_len: u32,
    service: u32,
    service_len: u32,
    hints: u32,
    results: u32,
    max: u32,
    count_at: u32,
) -> wasmtime::Result<u32> {
    call(&mut guest, |memory, process| {
        memory.check(count_at, 4)?;
        let node = text(memory, node, node_len)?;
        let service = text(memory, service, service_len)?;
        let hints = Hints::read(memory, hints)?;
        let found = addresses(process, &node, &service, hints);
        if process.trace.is_on() {
            let shown = format_args!("getaddrinfo({node:?}, {service:?})");
            let list = found.as_ref().map(|(found, _)| format!("{found:?}"));
            process.trace.line(shown, &list.map_err(|failure| *failure));
        }
        let (found, port) = found?;
        let head = memory.u32(results)?;
        let count = write_list(memory, head, max, &found, port, hints)?;
        Ok(memory.set_u32(count_at, count)?)
    })
}

/// Reads a string of the guest, which may end with a NUL.
fn text(memory: &GuestMemory<'_>, at: u32, len: u32) -> Result<String, Errno> {
    if len == 0 {
        return Ok(String::new());
    }
    let bytes = memory.bytes(at, len)?;
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| Errno::AINONAME)?;
    Ok(text.to_owned())
}

/// Returns the addresses and the port.
fn addresses(
    process: &mut Process,
    node: &str,
    service: &str,
    hints: Hints,
) -> Result<(Vec<IpAddr>, u16), Failure> {
    if node.is_empty() && service.is_empty() {
        return Err(Errno::AINONAME.into());
    }
    let port = port(service, hints)?;
    let mut found = if node.is_empty() {
        without_name(hints)
    } else {
        of_name(process, node, hints)?
    };
    found.retain(|ip| hints.wants(*ip));
    if found.is_empty() {
        return Err(Errno::AINONAME.into());
    }
    Ok((found, port))
}

/// Returns the addresses for an empty node: wildcards for a listener, otherwise
/// loopback.
fn without_name(hints: Hints) -> Vec<IpAddr> {
    if hints.flags & PASSIVE != 0 {
        vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()]
    } else {
        vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]
    }
}

fn of_name(process: &mut Process, node: &str, hints: Hints) -> Result<Vec<IpAddr>, Failure> {
    if hints.flags & NUMERIC_HOST != 0 {
        return Ok(vec![Guard::literal(node).ok_or(Errno::AINONAME)?]);
    }
    let name = match process.notices.pass(process.guard.lookup(node))? {
        Query::Address(ip) => return Ok(vec![ip]),
        Query::Name(name) => name,
        Query::NoName => return Err(Errno::AINONAME.into()),
    };
    let lookup = process.network.lookup(&name);
    // It may block for long, and it must be possible to stop the guest meanwhile.
    let (sender, answer) = mpsc::sync_channel(1);
    let wake = WakeAtEnd(Waker::from(process.stop.wake_fd().clone()));
    let run = move || {
        // In this order: the sender is dropped before the waker, also by a panic.
        let _wake = wake;
        let sender = sender;
        // The receiver is gone if the guest was stopped.
        let _ = sender.send(lookup());
    };
    let thread = thread::Builder::new().name("lookup".to_owned());
    thread.spawn(run).map_err(|_| Errno::AIMEMORY)?;
    let found = loop {
        match answer.try_recv() {
            Ok(found) => break found.map_err(Errno::from)?,
            Err(mpsc::TryRecvError::Empty) => wait::until_woken(&process.stop)?,
            // The network's lookup has panicked; the panic was printed.
            Err(mpsc::TryRecvError::Disconnected) => {
                return Err(Errno::from(LookupError::Failed).into());
            }
        }
    };
    Ok(process.notices.pass(process.guard.admit(&name, found))?)
}

/// Wakes the host when it is dropped.
struct WakeAtEnd(Waker);

impl Drop for WakeAtEnd {
    fn drop(&mut self) {
        self.0.wake_by_ref();
    }
}

/// Returns the port of a service: a number, or a name that the system knows.
fn port(service: &str, hints: Hints) -> Result<u16, Errno> {
    if service.is_empty() {
        return Ok(0);
    }
    if let Ok(port) = service.parse() {
        return Ok(port);
    }
    if hints.flags & NUMERIC_SERVICE != 0 || service.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Errno::AISERVICE);
    }
    let mut known = getaddrinfo(None, Some(service), None).map_err(|_| Errno::AISERVICE)?;
    let first = known.next().ok_or(Errno::AISERVICE)?;
    Ok(first.map_err(|_| Errno::AISERVICE)?.sockaddr.port())
}

/// Fills the guest's list, and returns the number of filled nodes.
fn write_list(
    memory: &mut GuestMemory<'_>,
    head: u32,
    max: u32,
    found: &[IpAddr],
    port: u16,
    hints: Hints,
) -> Result<u32, Errno> {
    let mut node = head;
    let mut count = 0;
    for &ip in found {
        if count == max || node == 0 {
            break;
        }
        if write_node(memory, node, ip, port, hints)? {
            count += 1;
            node = memory.u32(node + 24)?;
        }
    }
    if count == 0 {
        return Err(Errno::AIMEMORY);
    }
    Ok(count)
}

/// Fills one node, or returns `false` if the address does not fit into its buffer.
fn write_node(
    memory: &mut GuestMemory<'_>,
    node: u32,
    ip: IpAddr,
    port: u16,
    hints: Hints,
) -> Result<bool, Errno> {
    memory.check(node, 28)?;
    let address = memory.u32(node + 12)?;
    memory.check(address, 12)?;
    let room = memory.u32(address + 4)?;
    let data = memory.u32(address + 8)?;
    let (family, bytes, len) = match ip {
        IpAddr::V4(ip) if room >= DATA4_LEN => (INET4, data4(ip, port), room.min(DATA4_FULL)),
        IpAddr::V6(ip) if room >= DATA6_LEN => (INET6, data6(ip, port), DATA6_LEN),
        IpAddr::V6(ip) if room >= DATA6_SHORT => (INET6, data6_short(ip, port), DATA6_SHORT),
        _ => return Ok(false),
    };
    memory
        .bytes_mut(data, len)?
        .copy_from_slice(&bytes[..len as usize]);
    memory.set_u8(address, family)?;
    memory.set_u32(address + 4, len)?;
    let kind = if hints.kind == 0 { STREAM } else { hints.kind };
    let protocol = match (hints.protocol, kind) {
        (0, DATAGRAM) => 2,
        (0, _) => 1,
        (protocol, _) => protocol,
    };
    memory.set_u8(node + 2, family)?;
    memory.set_u8(node + 3, kind)?;
    memory.set_u32(node + 4, protocol)?;
    memory.set_u32(node + 8, len + 2)?;
    // No canonical name.
    memory.set_u32(node + 20, 0)?;
    Ok(true)
}

fn data4(ip: Ipv4Addr, port: u16) -> [u8; 26] {
    let mut data = [0; 26];
    data[..2].copy_from_slice(&port.to_be_bytes());
    data[2..6].copy_from_slice(&ip.octets());
    data
}

/// Encodes port, flow, address and scope, as the system does.
fn data6(ip: Ipv6Addr, port: u16) -> [u8; 26] {
    let mut data = [0; 26];
    data[..2].copy_from_slice(&port.to_be_bytes());
    data[6..22].copy_from_slice(&ip.octets());
    data
}

/// Encodes port and address only, as wasi-go does, for smaller buffers.
fn data6_short(ip: Ipv6Addr, port: u16) -> [u8; 26] {
    let mut data = [0; 26];
    data[..2].copy_from_slice(&port.to_be_bytes());
    data[2..18].copy_from_slice(&ip.octets());
    data
}
