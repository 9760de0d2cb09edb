//! What a guest may use of the machine, and how it is stopped.

use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use net_run::{Compiler, Exit, Guest, Limits, Policy, Running, Stop};

use crate::guest_sockets::{DATA, IOVS, OUT, STREAM, V4, errno, words};
use crate::remote_guest::{FREE, RemoteGuest, compile};

const LONG: Duration = Duration::from_secs(20);

const ENDLESS: &str = r#"(module (memory (export "memory") 1)
    (func (export "_start") (loop $more (br $more))))"#;

fn limited(limits: Limits) -> RemoteGuest {
    RemoteGuest::with(Policy::loopback(), |guest| guest.limits(limits))
}

/// How a guest has ended, which must not take long.
fn end_of(running: Running) -> Exit {
    let handle = running.stop_handle();
    let (sender, ended) = mpsc::channel();
    let waiting = thread::spawn(move || sender.send(running.wait().expect("it was started")));
    let exit = ended.recv_timeout(LONG);
    // A test that fails leaves no thread behind that loops.
    handle.stop();
    waiting.join().unwrap().ok();
    exit.expect("the guest was not stopped")
}

fn run(text: &str, limits: Limits) -> Exit {
    end_of(Guest::new(&compile(text)).limits(limits).start().unwrap())
}

#[test]
fn memory_over_the_limit_is_not_given_and_told() {
    let text = r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (drop (memory.grow (i32.const 14)))
            (drop (memory.grow (i32.const 2)))
            (call $exit (memory.size))))"#;
    let (sender, notices) = mpsc::channel();
    let exit = Guest::new(&compile(text))
        .limits(Limits::new().memory(1 << 20))
        .on_notice(move |notice| sender.send(notice.to_string()).unwrap())
        .run()
        .unwrap();
    assert_eq!(exit, Exit::Code(15));
    let told: Vec<_> = notices.iter().collect();
    let words = "the guest requested more than 1 MiB of memory, which is its limit; \
                 raise it with --max-memory";
    assert_eq!(told, [words]);
}

#[test]
fn a_module_that_begins_over_the_limit_is_not_started() {
    let text = r#"(module (memory (export "memory") 17) (func (export "_start")))"#;
    let guest = Guest::new(&compile(text)).limits(Limits::new().memory(1 << 20));
    let message = guest.run().unwrap_err().to_string();
    assert!(message.contains("memory"), "{message}");
}

#[test]
fn sockets_over_the_limit_are_emfile_and_told_once() {
    let mut guest = limited(Limits::new().sockets(3));
    let (listener, at) = guest.listener("127.0.0.1:0");
    let second = guest.open(V4, STREAM).unwrap();
    guest.open(V4, STREAM).unwrap();
    for _ in 0..100 {
        assert_eq!(guest.open(V4, STREAM), Err(errno::MFILE));
    }
    let client = TcpStream::connect(at).unwrap();
    assert_eq!(guest.accept(listener), Err(errno::MFILE));
    guest.close(second).unwrap();
    // The connection is still in the queue.
    let accepted = guest.accept(listener).unwrap();
    assert_eq!(
        guest.peer(accepted),
        Ok(client.local_addr().unwrap().into())
    );
    let words = "the guest has 3 sockets open, which is its limit; raise it with --max-sockets";
    assert_eq!(guest.notices(), [words]);
}

#[test]
fn a_guest_without_sockets_opens_none() {
    let mut guest = limited(Limits::new().sockets(0));
    assert_eq!(guest.open(V4, STREAM), Err(errno::MFILE));
}

/// Shows that a guest in this call is stopped when its time is over.
fn is_stopped_in(prepare: impl FnOnce(&mut RemoteGuest)) {
    let time = Duration::from_millis(500);
    let began = Instant::now();
    let mut guest = limited(Limits::new().wall_time(time));
    prepare(&mut guest);
    assert_eq!(guest.ended().unwrap(), Exit::Stopped(Stop::WallTime));
    assert!(began.elapsed() >= time && began.elapsed() < LONG);
}

#[test]
fn a_guest_that_polls_is_stopped_when_its_time_is_over() {
    is_stopped_in(|guest| {
        let (listener, _) = guest.listener("127.0.0.1:0");
        let mut subscription = [0; 48];
        subscription[8] = 1;
        subscription[16..20].copy_from_slice(&listener.to_le_bytes());
        guest.write(FREE, &subscription);
        guest.begin("poll_oneoff/4", &[FREE, DATA, 1, OUT]);
    });
}

#[test]
fn a_guest_that_accepts_is_stopped_when_its_time_is_over() {
    is_stopped_in(|guest| {
        let (listener, _) = guest.listener("127.0.0.1:0");
        guest.begin("sock_accept/2", &[listener, OUT]);
    });
}

#[test]
fn a_guest_that_receives_is_stopped_when_its_time_is_over() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    is_stopped_in(|guest| {
        let fd = guest.connected(server.local_addr().unwrap());
        guest.write(IOVS, &words(&[DATA, 8]));
        guest.begin("sock_recv/6", &[fd, IOVS, 1, 0, OUT, OUT + 4]);
    });
}

#[test]
fn a_guest_that_loops_is_stopped_when_its_time_is_over() {
    let limits = Limits::new().wall_time(Duration::from_millis(200));
    assert_eq!(run(ENDLESS, limits), Exit::Stopped(Stop::WallTime));
}

#[test]
fn a_guest_that_loops_is_stopped_by_its_processor_time() {
    let limits = Limits::new().cpu_time(Duration::from_millis(200));
    assert_eq!(run(ENDLESS, limits), Exit::Stopped(Stop::CpuTime));
}

#[test]
fn processor_time_in_calls_of_the_host_counts() {
    let text = r#"(module (import "wasi_snapshot_preview1" "clock_time_get"
            (func $clock (param i32 i64 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start") (loop $more
            (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 0))) (br $more))))"#;
    let limits = Limits::new().cpu_time(Duration::from_millis(200));
    assert_eq!(run(text, limits), Exit::Stopped(Stop::CpuTime));
}

#[test]
fn to_wait_uses_no_processor_time() {
    let mut guest = limited(Limits::new().cpu_time(Duration::from_millis(300)));
    let (listener, _) = guest.listener("127.0.0.1:0");
    let mut timeout = [0; 16];
    timeout[8..].copy_from_slice(&600_000_i64.to_le_bytes());
    guest.set_option_bytes(listener, 0, 11, &timeout).unwrap();
    assert_eq!(guest.accept(listener), Err(errno::AGAIN));
    assert_eq!(guest.end(), Exit::Code(0));
}

#[test]
fn a_guest_is_stopped_before_it_begins() {
    for _ in 0..20 {
        let running = Guest::new(&compile(ENDLESS)).start().unwrap();
        running.stop_handle().stop();
        assert_eq!(end_of(running), Exit::Stopped(Stop::Asked));
    }
}

#[test]
fn a_module_whose_start_function_loops_is_stopped_however_early() {
    let text = r#"(module (memory (export "memory") 1)
        (func $endless (loop $more (br $more))) (start $endless) (func (export "_start")))"#;
    // A compiler of its own, since every stop makes all guests of one look up.
    let binary = wat::parse_str(text).unwrap();
    let program = Compiler::without_cache().unwrap().compile(&binary).unwrap();
    for _ in 0..5 {
        let limits = Limits::new().wall_time(Duration::ZERO);
        let running = Guest::new(&program).limits(limits).start().unwrap();
        assert_eq!(end_of(running), Exit::Stopped(Stop::WallTime));
    }
}

#[test]
fn to_stop_one_guest_leaves_others_of_the_same_program_alone() {
    let mut other = RemoteGuest::new(Policy::loopback());
    let mut stopped = RemoteGuest::new(Policy::loopback());
    stopped.stop_handle().stop();
    assert_eq!(
        run(ENDLESS, Limits::new().wall_time(Duration::from_millis(50))),
        Exit::Stopped(Stop::WallTime)
    );
    other.open(V4, STREAM).expect("it still works");
    assert_eq!(other.end(), Exit::Code(0));
    stopped.begin("sock_open/3", &[V4, STREAM, OUT]);
    assert_eq!(stopped.ended().unwrap(), Exit::Stopped(Stop::Asked));
}
