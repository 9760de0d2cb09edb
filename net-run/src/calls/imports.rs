//! Resolves each import of a module to a host function.
//!
//! The socket extension has two typings under the same names, which the number
//! of parameters tells apart.

use wasmtime::{
    AsContextMut, ExternType, Func, FuncType, ImportType, Linker, Module, Store, ValType,
};

use crate::calls::{address_info, preview1, sockets};
use crate::error::Error;
use crate::process::Process;

const WASI: &str = "wasi_snapshot_preview1";
/// The suffix of the later typing on WasmEdge, where both exist.
const LATER: &str = "_v2";

/// Returns a function for each import, in their order.
pub(crate) fn resolve(
    store: &mut Store<Process>,
    linker: &Linker<Process>,
    module: &Module,
) -> Result<Vec<wasmtime::Extern>, Error> {
    let mut found = Vec::new();
    for import in module.imports() {
        let function = of_this_host(store, &import).or_else(|| of_wasi(store, linker, &import));
        found.push(function.ok_or_else(|| unknown(&import))?.into());
    }
    Ok(found)
}

/// Returns the error for an import that this host does not provide.
fn unknown(import: &ImportType<'_>) -> Error {
    let what = format!("{}::{}", import.module(), import.name());
    Error::Import(match import.ty() {
        ExternType::Func(ty) if import.module() == WASI => format!(
            "the module imports {what} with {} parameters, which net-run does not provide",
            ty.params().len()
        ),
        _ => format!(
            "the module imports {what}, but net-run provides the functions of {WASI} \
             and its socket extension only"
        ),
    })
}

fn of_this_host(store: &mut Store<Process>, import: &ImportType<'_>) -> Option<Func> {
    if import.module() != WASI {
        return None;
    }
    let ExternType::Func(ty) = import.ty() else {
        return None;
    };
    let function = file_function(&mut *store, import.name())
        .or_else(|| socket_function(&mut *store, import.name(), ty.params().len()))?;
    same_type(&function.ty(&*store), &ty).then_some(function)
}

fn of_wasi(
    store: &mut Store<Process>,
    linker: &Linker<Process>,
    import: &ImportType<'_>,
) -> Option<Func> {
    let ExternType::Func(ty) = import.ty() else {
        return None;
    };
    let function = linker.get_by_import(&mut *store, import)?.into_func()?;
    same_type(&function.ty(&*store), &ty).then_some(function)
}

fn same_type(ours: &FuncType, wanted: &FuncType) -> bool {
    let equal = |(a, b): (ValType, ValType)| ValType::eq(&a, &b);
    ours.params().len() == wanted.params().len()
        && ours.results().len() == wanted.results().len()
        && ours.params().zip(wanted.params()).all(equal)
        && ours.results().zip(wanted.results()).all(equal)
}

/// Functions for sockets and files alike.
fn file_function(mut store: impl AsContextMut<Data = Process>, name: &str) -> Option<Func> {
    Some(match name {
        "fd_close" => Func::wrap(store, preview1::fd_close),
        "fd_read" => Func::wrap(store, preview1::fd_read),
        "fd_write" => Func::wrap(store, preview1::fd_write),
        "fd_fdstat_get" => Func::wrap(store, preview1::fd_fdstat_get),
        "fd_fdstat_set_flags" => Func::wrap(store, preview1::fd_fdstat_set_flags),
        "fd_filestat_get" => Func::wrap(store, preview1::fd_filestat_get),
        "fd_renumber" => Func::wrap(store, preview1::fd_renumber),
        "proc_exit" => Func::wrap(store, preview1::proc_exit),
        "clock_time_get" => Func::wrap(store, preview1::clock_time_get),
        // WasmEdge has a second one, with the same arguments.
        "poll_oneoff" | "epoll_oneoff" => Func::wrap(&mut store, preview1::poll_oneoff),
        _ => return None,
    })
}

/// The socket extension, in each of its typings.
fn socket_function(
    mut store: impl AsContextMut<Data = Process>,
    name: &str,
    parameters: usize,
) -> Option<Func> {
    let store = &mut store;
    Some(
        match (name.strip_suffix(LATER).unwrap_or(name), parameters) {
            ("sock_open", 3) => Func::wrap(store, sockets::open),
            ("sock_bind", 3) => Func::wrap(store, sockets::bind),
            ("sock_connect", 3) => Func::wrap(store, sockets::connect),
            ("sock_listen", 2) => Func::wrap(store, sockets::listen),
            ("sock_accept", 2) => Func::wrap(store, sockets::accept_v1),
            ("sock_accept", 3) => Func::wrap(store, sockets::accept_v2),
            ("sock_recv", 6) => Func::wrap(store, sockets::recv),
            ("sock_recv_from", 7) => Func::wrap(store, sockets::recv_from_v1),
            ("sock_recv_from", 8) => Func::wrap(store, sockets::recv_from_v2),
            ("sock_send", 5) => Func::wrap(store, sockets::send),
            ("sock_send_to", 7) => Func::wrap(store, sockets::send_to),
            ("sock_shutdown", 2) => Func::wrap(store, sockets::shutdown),
            ("sock_getlocaladdr", 4) => Func::wrap(store, sockets::local_address_v1),
            ("sock_getlocaladdr", 3) => Func::wrap(store, sockets::local_address_v2),
            ("sock_getpeeraddr", 4) => Func::wrap(store, sockets::peer_address_v1),
            ("sock_getpeeraddr", 3) => Func::wrap(store, sockets::peer_address_v2),
            ("sock_getsockopt", 5) => Func::wrap(store, sockets::get_option),
            ("sock_setsockopt", 5) => Func::wrap(store, sockets::set_option),
            ("sock_getaddrinfo", 8) => Func::wrap(store, address_info::look_up),
            _ => return None,
        },
    )
}
