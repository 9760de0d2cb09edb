//! Receiving into and sending from the buffers of the guest (scatter and gather).

use std::io::IoSlice;

use crate::calls::memory::{Buffer, GuestMemory};
use crate::network::Received;
use crate::process::failure::Failure;

/// The maximum that one call receives into several buffers.
const GATHER_MAX: usize = 256 * 1024;

/// Receives into one buffer of the guest directly, or into several by a copy,
/// since they may overlap.
#[inline]
pub(crate) fn receive<T>(
    memory: &mut GuestMemory<'_>,
    iovs: u32,
    count: u32,
    receive: impl FnOnce(&mut [u8]) -> Result<(Received, T), Failure>,
) -> Result<(Received, T), Failure> {
    if count == 1 {
        let Buffer { offset, len } = memory.iov(iovs, 0)?;
        return receive(memory.bytes_mut(offset, len)?);
    }
    let buffers = memory.iovs(iovs, count)?;
    let room: usize = buffers.iter().map(|buffer| buffer.len as usize).sum();
    let mut gathered = vec![0; room.min(GATHER_MAX)];
    let (received, more) = receive(&mut gathered)?;
    memory.scatter(&buffers, &gathered[..received.len])?;
    Ok((received, more))
}

/// Runs `send` with the guest's buffers.
#[inline]
pub(crate) fn with_slices<T>(
    memory: &GuestMemory<'_>,
    iovs: u32,
    count: u32,
    send: impl FnOnce(&[IoSlice<'_>]) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let slice = |buffer: Buffer| memory.bytes(buffer.offset, buffer.len).map(IoSlice::new);
    if count == 1 {
        return send(&[slice(memory.iov(iovs, 0)?)?]);
    }
    let buffers = memory.iovs(iovs, count)?;
    let slices: Vec<_> = buffers.into_iter().map(slice).collect::<Result<_, _>>()?;
    send(&slices)
}
