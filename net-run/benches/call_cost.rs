//! What a socket call of a guest costs above the system call it makes:
//! receiving where there is nothing to receive.

use std::hint::black_box;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use net_run::{Compiler, Exit, Guest, Policy, Program};

const CALLS: u32 = 500_000;
const ROUNDS: usize = 20;

/// Opens and binds a UDP socket, makes it non-blocking, and calls a function on it.
fn guest(calls: u32, call: &str) -> String {
    format!(
        r#"(module
  (import "wasi_snapshot_preview1" "sock_open" (func $open (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags"
    (func $flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $stat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv"
    (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_bind" (func $bind (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\00\01\00\00\40\00\00\00")
  (data (i32.const 40) "\30\00\00\00\04\00\00\00\7f\00\00\01")
  (func (export "_start")
    (local $left i32) (local $fd i32)
    (drop (call $open (i32.const 1) (i32.const 1) (i32.const 0)))
    (local.set $fd (i32.load (i32.const 0)))
    (drop (call $bind (local.get $fd) (i32.const 40) (i32.const 0)))
    (drop (call $flags (local.get $fd) (i32.const 4)))
    (local.set $left (i32.const {calls}))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $left)))
        (drop {call})
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $again)))))"#
    )
}

const RECV: &str = "(call $recv (local.get $fd) (i32.const 16) (i32.const 1) (i32.const 0) \
                    (i32.const 32) (i32.const 36))";
const STAT: &str = "(call $stat (local.get $fd) (i32.const 64))";

fn program(compiler: &Compiler, calls: u32, call: &str) -> Program {
    let binary = wat::parse_str(guest(calls, call)).expect("a module");
    compiler.compile(&binary).expect("a program")
}

/// What the calls of one run took, apart from starting and ending it.
fn of_guest([none, all]: &[Program; 2]) -> Duration {
    let [none, all] = [none, all].map(|program| {
        let start = Instant::now();
        let exit = Guest::new(program).policy(Policy::loopback()).run();
        assert_eq!(exit.expect("a run"), Exit::Code(0));
        start.elapsed()
    });
    all.saturating_sub(none)
}

/// The same by std, which calls libc's function. A system call in a loop of its
/// own would be too good a comparison: on processors that forget return
/// addresses in the kernel, the first return after it costs a hundred
/// nanoseconds, and every program has one.
fn native() -> Duration {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    socket.set_nonblocking(true).expect("not to wait");
    let mut buf = [0; 64];
    let start = Instant::now();
    for _ in 0..CALLS {
        let _ = black_box(socket.recv(&mut buf));
    }
    start.elapsed()
}

fn main() {
    let compiler = Compiler::without_cache().expect("a compiler");
    let programs = |call| [program(&compiler, 0, call), program(&compiler, CALLS, call)];
    let (recv, stat) = (programs(RECV), programs(STAT));
    // In turns, and the best of each, since a disturbance only ever slows down.
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        // On a thread, as guests run: a system call on a descriptor costs more
        // in a process that has several.
        let native = std::thread::spawn(native).join().expect("a measurement");
        let round = [native, of_guest(&recv), of_guest(&stat)];
        best = std::array::from_fn(|i| best[i].min(round[i]));
    }
    let [native, recv, stat] = best.map(|time| time.as_secs_f64() * 1e9 / f64::from(CALLS));
    println!("recv with nothing to receive, by std\t{native:.0} ns");
    println!("recv with nothing to receive, guest\t{recv:.0} ns");
    println!("more than by std\t{:.0} ns", recv - native);
    println!("a call that makes no system call\t{stat:.0} ns");
}
