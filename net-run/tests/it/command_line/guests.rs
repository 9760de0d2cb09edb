//! Small modules, each of which does one thing.

/// A module with this data at 256 and this body of `_start`.
fn module(data: &str, body: &str) -> String {
    let import = |name: &str, params: &str, result: &str| {
        format!(
            r#"(import "wasi_snapshot_preview1" "{name}"
                (func ${name} (param {params}) {result}))"#
        )
    };
    let mut text = "(module ".to_owned();
    text += &import("proc_exit", "i32", "");
    for (name, params) in [
        ("fd_read", "i32 i32 i32 i32"),
        ("fd_write", "i32 i32 i32 i32"),
        ("sock_open", "i32 i32 i32"),
        ("sock_connect", "i32 i32 i32"),
        ("poll_oneoff", "i32 i32 i32 i32"),
        ("args_get", "i32 i32"),
        ("args_sizes_get", "i32 i32"),
        ("environ_get", "i32 i32"),
        ("environ_sizes_get", "i32 i32"),
    ] {
        text += &import(name, params, "(result i32)");
    }
    format!(
        r#"{text} (memory (export "memory") 2)
        (data (i32.const 256) "{data}")
        (func (export "_start") {body}))"#
    )
}

pub(super) fn exiting(code: i32) -> String {
    module("", &format!("(call $proc_exit (i32.const {code}))"))
}

/// Prints `args` or `environ`, each with its NUL.
pub(super) fn printing(what: &str) -> String {
    let body = format!(
        "(drop (call ${what}_sizes_get (i32.const 0) (i32.const 20)))
        (drop (call ${what}_get (i32.const 1024) (i32.const 32768)))
        (i32.store (i32.const 16) (i32.const 32768))
        (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0)))"
    );
    module("", &body)
}

/// Connects to a port of 127.0.0.1; the errno is its code.
pub(super) fn connecting(port: u16) -> String {
    let body = format!(
        "(drop (call $sock_open (i32.const 1) (i32.const 2) (i32.const 0)))
        (i32.store (i32.const 16) (i32.const 256))
        (i32.store (i32.const 20) (i32.const 4))
        (call $proc_exit (call $sock_connect
            (i32.load (i32.const 0)) (i32.const 16) (i32.const {port})))"
    );
    module("\\7f\\00\\00\\01", &body)
}

/// Opens sockets until that fails; the errno is its code.
pub(super) fn opening_sockets() -> String {
    let body = "(local $errno i32) (loop $more
        (local.set $errno (call $sock_open (i32.const 1) (i32.const 1) (i32.const 0)))
        (br_if $more (i32.eqz (local.get $errno))))
        (call $proc_exit (local.get $errno))";
    module("", body)
}

/// Grows its memory to a size in pages; its code is whether it could not.
pub(super) fn growing(pages: u32) -> String {
    let body =
        format!("(call $proc_exit (i32.eq (i32.const -1) (memory.grow (i32.const {pages}))))");
    module("", &body)
}

const SAYS_READY: &str = "(i32.store (i32.const 16) (i32.const 256))
    (i32.store (i32.const 20) (i32.const 6))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0)))";

/// Says that it is ready, and loops.
pub(super) fn looping() -> String {
    module(
        "ready\\0a",
        &format!("{SAYS_READY} (loop $more (br $more))"),
    )
}

/// Says that it is ready, and waits for a time that never comes.
pub(super) fn waiting() -> String {
    let body = format!(
        "{SAYS_READY}
        (i32.store (i32.const 1040) (i32.const 1))
        (i64.store (i32.const 1048) (i64.const -1))
        (drop (call $poll_oneoff
            (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 0)))"
    );
    module("ready\\0a", &body)
}

/// Polls its input, reads it once, and writes what it has read. Its code is
/// the errno of the poll or of its event.
pub(super) fn echoing() -> String {
    let body = "(local $errno i32)
        (i32.store8 (i32.const 1032) (i32.const 1))
        (local.set $errno (call $poll_oneoff
            (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 0)))
        (if (local.get $errno) (then (call $proc_exit (local.get $errno))))
        (i32.store (i32.const 16) (i32.const 4096))
        (i32.store (i32.const 20) (i32.const 100))
        (drop (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 20)))
        (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0)))
        (call $proc_exit (i32.load16_u (i32.const 2056)))";
    module("", body)
}

pub(super) const CREATES_A_FILE: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open" (func $path_open
        (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 256) "made")
    (func (export "_start") (call $proc_exit (call $path_open (i32.const 3) (i32.const 0)
        (i32.const 256) (i32.const 4) (i32.const 1) (i64.const 64) (i64.const 0)
        (i32.const 0) (i32.const 0)))))"#;

pub(super) const TRAPS: &str = r#"(module (memory (export "memory") 1)
    (func $divide_by_zero (param $by i32) (result i32)
        (i32.div_u (i32.const 1) (local.get $by)))
    (func (export "_start") (drop (call $divide_by_zero (i32.const 0)))))"#;
