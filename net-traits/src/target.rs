//! The only place where this crate looks at its target.

use std::ffi::OsString;

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        use std::os::unix::ffi::OsStringExt;

        #[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
        pub(crate) fn os_string(bytes: Vec<u8>) -> Option<OsString> {
            Some(OsString::from_vec(bytes))
        }
    } else if #[cfg(target_os = "wasi")] {
        use std::os::wasi::ffi::OsStringExt;

        #[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
        pub(crate) fn os_string(bytes: Vec<u8>) -> Option<OsString> {
            Some(OsString::from_vec(bytes))
        }
    } else {
        /// Other platforms have no paths of any bytes.
        pub(crate) fn os_string(bytes: Vec<u8>) -> Option<OsString> {
            String::from_utf8(bytes).ok().map(OsString::from)
        }
    }
}

/// Errors for which [`std::io::ErrorKind`] has no stable name and after which a
/// listener goes on: too many descriptors, in the process or in the system; no
/// buffers; no memory; and what accept(2) says to treat like `EAGAIN`.
pub(crate) const TRANSIENT: &[i32] = {
    cfg_if::cfg_if! {
        if #[cfg(any(target_os = "linux", target_os = "android"))] {
            // EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTO, ENONET, EHOSTDOWN
            &[24, 23, 105, 12, 71, 64, 112]
        } else if #[cfg(unix)] {
            // EMFILE, ENFILE, ENOBUFS, ENOMEM, EHOSTDOWN
            &[24, 23, 55, 12, 64]
        } else if #[cfg(windows)] {
            // WSAEMFILE, WSAENOBUFS
            &[10024, 10055]
        } else if #[cfg(target_os = "wasi")] {
            // MFILE, NFILE, NOBUFS, NOMEM, PROTO
            &[33, 41, 42, 48, 65]
        } else {
            &[]
        }
    }
};
