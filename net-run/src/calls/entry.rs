//! Entry of a call: from the guest to the host's state and back.

use wasmtime::{AsContextMut, Caller, Extern};

use crate::calls::memory::GuestMemory;
use crate::process::Process;
use crate::process::failure::Failure;

/// Runs a call with the guest's memory and state. Returns the errno, or an error
/// that ends the guest.
#[inline]
pub(crate) fn call(
    guest: &mut Caller<'_, Process>,
    run: impl FnOnce(&mut GuestMemory<'_>, &mut Process) -> Result<(), Failure>,
) -> wasmtime::Result<u32> {
    let (memory, process) = parts(guest)?;
    match run(&mut GuestMemory(memory), process) {
        Ok(()) => Ok(0),
        Err(Failure::Errno(errno)) => Ok(errno.code().into()),
        Err(Failure::Stop(stop)) => Err(stop.into()),
    }
}

/// Returns the guest's memory, which is looked up once, and its state.
#[inline]
pub(crate) fn parts<'a>(
    guest: &'a mut Caller<'_, Process>,
) -> wasmtime::Result<(&'a mut [u8], &'a mut Process)> {
    let memory = if let Some(memory) = guest.data().memory {
        memory
    } else {
        let Some(Extern::Memory(memory)) = guest.get_export("memory") else {
            wasmtime::bail!("the module exports no memory under the name `memory`");
        };
        guest.data_mut().memory = Some(memory);
        memory
    };
    Ok(memory.data_and_store_mut(guest.as_context_mut()))
}
