//! What a module of this workspace may import, so that every host loads it.

use anyhow::{Context, Result, bail};
use wasmparser::{FuncType, Parser, Payload, TypeRef, ValType};

const MODULE: &str = "wasi_snapshot_preview1";

/// The socket functions, each with its number of `i32` parameters; all return one `i32`.
///
/// These are the typings under which one module loads on `WasmEdge` and on wasi-go.
const SOCKET_FUNCTIONS: [(&str, usize); 15] = [
    ("sock_open", 3),
    ("sock_bind", 3),
    ("sock_connect", 3),
    ("sock_listen", 2),
    ("sock_accept", 3),
    ("sock_recv", 6),
    ("sock_send", 5),
    ("sock_recv_from", 8),
    ("sock_send_to", 7),
    ("sock_getlocaladdr", 3),
    ("sock_getpeeraddr", 3),
    ("sock_shutdown", 2),
    ("sock_getsockopt", 5),
    ("sock_setsockopt", 5),
    ("sock_getaddrinfo", 8),
];

/// What `WasmEdge` alone has, and Unix sockets there need.
const WASMEDGE_FUNCTIONS: [(&str, usize); 12] = [
    ("sock_open_v2", 3),
    ("sock_bind_v2", 3),
    ("sock_connect_v2", 3),
    ("sock_listen_v2", 2),
    ("sock_accept_v2", 3),
    ("sock_recv_v2", 6),
    ("sock_send_v2", 5),
    ("sock_recv_from_v2", 8),
    ("sock_send_to_v2", 7),
    ("sock_getlocaladdr_v2", 3),
    ("sock_getpeeraddr_v2", 3),
    ("epoll_oneoff", 4),
];

/// The rest of WASI preview 1, whose types every host checks alike.
const OTHER_FUNCTIONS: [&str; 42] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_advise",
    "fd_allocate",
    "fd_close",
    "fd_datasync",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_pwrite",
    "fd_read",
    "fd_readdir",
    "fd_renumber",
    "fd_seek",
    "fd_sync",
    "fd_tell",
    "fd_write",
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
    "poll_oneoff",
    "proc_exit",
    "proc_raise",
    "random_get",
    "sched_yield",
];

/// Every import that breaks a rule, one line for each.
pub(crate) fn violations(wasm: &[u8], wasmedge_unix: bool) -> Result<Vec<String>> {
    let mut types: Vec<FuncType> = Vec::new();
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.context("not a wasm module")? {
            Payload::Version {
                encoding: wasmparser::Encoding::Component,
                ..
            } => {
                bail!("a component, where a module is expected");
            }
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty.context("reading the types")?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section {
                    let import = import.context("reading the imports")?;
                    let ty = match import.ty {
                        TypeRef::Func(index) => usize::try_from(index)
                            .ok()
                            .and_then(|index| types.get(index))
                            .map(signature)
                            .context("an import without a type")?,
                        _ => "no function".to_owned(),
                    };
                    found.extend(violation(import.module, import.name, &ty, wasmedge_unix));
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

fn violation(module: &str, name: &str, found: &str, wasmedge_unix: bool) -> Option<String> {
    let import = format!("{module} {name} {found}");
    if module != MODULE {
        return Some(format!("{import}: only {MODULE} may be imported from"));
    }
    if OTHER_FUNCTIONS.contains(&name) {
        return (found == "no function").then(|| format!("{import}: a function is expected"));
    }
    let wasmedge_functions = if wasmedge_unix {
        WASMEDGE_FUNCTIONS.as_slice()
    } else {
        &[]
    };
    let mut allowed = SOCKET_FUNCTIONS.iter().chain(wasmedge_functions);
    match allowed.find(|(allowed, _)| *allowed == name) {
        None => Some(format!(
            "{import}: not among the functions that may be imported"
        )),
        Some(&(_, params)) => {
            let expected = signature(&FuncType::new(vec![ValType::I32; params], [ValType::I32]));
            (found != expected).then(|| format!("{import}: expected {expected}"))
        }
    }
}

fn signature(ty: &FuncType) -> String {
    let list = |types: &[ValType]| {
        let names: Vec<String> = types.iter().map(ToString::to_string).collect();
        names.join(", ")
    };
    format!("({}) -> ({})", list(ty.params()), list(ty.results()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const I32: u8 = 0x7f;
    const I64: u8 = 0x7e;

    /// A module that imports one function of the given type.
    fn module(from: &str, name: &str, params: &[u8], results: &[u8]) -> Vec<u8> {
        let mut types = vec![1, 0x60];
        for list in [params, results] {
            types.push(length(list));
            types.extend_from_slice(list);
        }
        let mut imports = vec![1];
        for text in [from, name] {
            imports.push(length(text.as_bytes()));
            imports.extend_from_slice(text.as_bytes());
        }
        imports.extend_from_slice(&[0, 0]); // a function, of type 0
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        for (id, section) in [(1, types), (2, imports)] {
            wasm.extend_from_slice(&[id, length(&section)]);
            wasm.extend_from_slice(&section);
        }
        wasm
    }

    /// One byte of LEB128.
    fn length(bytes: &[u8]) -> u8 {
        u8::try_from(bytes.len())
            .ok()
            .filter(|&length| length < 128)
            .expect("a short list")
    }

    fn check(from: &str, name: &str, params: &[u8], wasmedge_unix: bool) -> Vec<String> {
        violations(&module(from, name, params, &[I32]), wasmedge_unix).expect("a module")
    }

    #[test]
    fn every_function_passes_with_its_own_type_only() {
        for (name, params) in SOCKET_FUNCTIONS {
            assert!(
                check(MODULE, name, &vec![I32; params], false).is_empty(),
                "{name}"
            );
            assert_eq!(
                check(MODULE, name, &vec![I32; params - 1], false).len(),
                1,
                "{name}"
            );
            assert_eq!(
                check(MODULE, name, &vec![I64; params], false).len(),
                1,
                "{name}"
            );
        }
    }

    #[test]
    fn an_error_names_module_import_and_both_types() {
        assert_eq!(
            check(MODULE, "sock_accept", &[I32, I32], false),
            ["wasi_snapshot_preview1 sock_accept (i32, i32) -> (i32): \
              expected (i32, i32, i32) -> (i32)"]
        );
        let no_result = module(MODULE, "sock_listen", &[I32, I32], &[]);
        assert_eq!(violations(&no_result, false).expect("a module").len(), 1);
    }

    #[test]
    fn only_preview_1_may_be_imported_from() {
        assert!(check(MODULE, "fd_write", &[I32; 4], false).is_empty());
        assert_eq!(check("env", "fd_write", &[I32; 4], false).len(), 1);
        assert_eq!(check("wasi", "thread-spawn", &[I32], false).len(), 1);
        assert_eq!(check(MODULE, "sock_fly", &[I32], false).len(), 1);
    }

    #[test]
    fn what_only_wasmedge_has_needs_the_flag() {
        for (name, params) in WASMEDGE_FUNCTIONS {
            assert_eq!(
                check(MODULE, name, &vec![I32; params], false).len(),
                1,
                "{name}"
            );
            assert!(
                check(MODULE, name, &vec![I32; params], true).is_empty(),
                "{name}"
            );
        }
    }

    #[test]
    fn what_is_no_module_is_an_error() {
        assert!(violations(b"#!/bin/sh", false).is_err());
        assert!(violations(b"\0asm\x0d\0\x01\0", false).is_err());
        assert!(violations(b"\0asm\x01\0\0\0\x02", false).is_err());
    }
}
