//! WASI's part of the state, which is `wasmtime-wasi`'s: files, arguments, the
//! environment.

use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;

use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::p1::types::Fd;
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder, runtime};
use wiggle::GuestMemory;

use crate::error::Error;

/// A directory that the guest sees.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) host: PathBuf,
    pub(crate) guest: String,
    pub(crate) access: Access,
}

/// What a guest may do with a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read only.
    ReadOnly,
    /// Read and write.
    ReadWrite,
}

/// Creates WASI's part of the state: everything but sockets and standard streams.
pub(crate) fn context(
    args: &[String],
    env: &[(String, String)],
    folders: &[Folder],
) -> Result<WasiP1Ctx, Error> {
    let mut builder = WasiCtxBuilder::new();
    builder.args(args).envs(env);
    // The guest has a thread of its own already.
    builder.allow_blocking_current_thread(true);
    for folder in folders {
        let access = match folder.access {
            Access::ReadOnly => FsPerms::ReadOnly,
            Access::ReadWrite => FsPerms::ReadWrite,
        };
        builder
            .preopened_dir(&folder.host, &folder.guest, access)
            .map_err(|error| Error::Directory {
                path: folder.host.clone(),
                reason: format!("{error:#}"),
            })?;
    }
    Ok(builder.build_p1())
}

/// Runs a future to completion that is mostly ready at once.
pub(crate) fn finish<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let now = runtime::with_ambient_tokio_runtime(|| runtime::poll_noop(future.as_mut()));
    now.unwrap_or_else(|| runtime::in_tokio(future))
}

/// Returns whether the number is that of an open file.
pub(crate) fn is_open(wasi: &mut WasiP1Ctx, fd: u32) -> bool {
    let mut none = GuestMemory::Unshared(&mut []);
    finish(wasi.fd_fdstat_get(&mut none, Fd::from(fd))).is_ok()
}
