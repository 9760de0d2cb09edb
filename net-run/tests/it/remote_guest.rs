//! A guest that the test controls from outside, one call at a time.
//!
//! It reads records from its standard input, each an operation and its
//! arguments, makes the call, and writes the error number to its standard
//! output. So a test can make any call of the ABI, with any arguments, without
//! a compiler for WebAssembly.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use net_run::{
    Compiler, Error, Exit, Guest, Input, Notice, Output, Policy, Program, Running, StopHandle,
};

/// Every function of the host that concerns sockets, in every typing: its name
/// and how many parameters it has.
pub(crate) const IMPORTS: &[&str] = &[
    "sock_open/3",
    "sock_open_v2/3",
    "sock_bind/3",
    "sock_bind_v2/3",
    "sock_connect/3",
    "sock_connect_v2/3",
    "sock_listen/2",
    "sock_listen_v2/2",
    "sock_accept/2",
    "sock_accept/3",
    "sock_accept_v2/3",
    "sock_recv/6",
    "sock_recv_v2/6",
    "sock_recv_from/7",
    "sock_recv_from/8",
    "sock_recv_from_v2/8",
    "sock_send/5",
    "sock_send_v2/5",
    "sock_send_to/7",
    "sock_send_to_v2/7",
    "sock_shutdown/2",
    "sock_getlocaladdr/3",
    "sock_getlocaladdr/4",
    "sock_getlocaladdr_v2/3",
    "sock_getpeeraddr/3",
    "sock_getpeeraddr/4",
    "sock_getpeeraddr_v2/3",
    "sock_getsockopt/5",
    "sock_setsockopt/5",
    "sock_getaddrinfo/8",
    "poll_oneoff/4",
    "epoll_oneoff/4",
    "fd_read/4",
    "fd_write/4",
    "fd_close/1",
    "fd_fdstat_get/2",
    "fd_fdstat_set_flags/2",
    "fd_filestat_get/2",
    "fd_renumber/2",
    "clock_time_get/3",
];

/// The operation and at most nine arguments, each of four bytes.
const RECORD_LEN: usize = 40;
pub(crate) const BATCH_MAX: usize = 2048;

const END: u32 = 1000;
const WRITE_MEMORY: u32 = 1001;
const READ_MEMORY: u32 = 1002;
const BATCH: u32 = 1003;

/// The guest's memory from here on is the test's alone.
pub(crate) const FREE: u32 = 0x2_0000;
pub(crate) const MEMORY_LEN: u32 = 64 << 16;

/// No call of a test takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// The text of a module that has these imports.
///
/// What it is told is kept in a second memory, which calls of the host cannot
/// reach whatever their pointers are.
pub(crate) fn module_text(imports: &[&str]) -> String {
    let mut text = String::from("(module\n");
    for (index, import) in imports.iter().enumerate() {
        let (name, arity) = import.split_once('/').expect("name/parameters");
        let params = match name {
            "clock_time_get" => "i32 i64 i32".to_owned(),
            _ => "i32 ".repeat(arity.parse().expect("a number")),
        };
        writeln!(
            text,
            r#"(import "wasi_snapshot_preview1" "{name}"
                (func $call{index} (param {params}) (result i32)))"#
        )
        .expect("a string takes everything");
    }
    text.push_str(CONTROL);
    text.push_str(&dispatch(imports));
    text.push(')');
    text
}

/// The function that makes the call which the record at `$at` tells.
fn dispatch(imports: &[&str]) -> String {
    let labels: Vec<_> = (0..imports.len())
        .map(|index| format!("$b{index}"))
        .collect();
    let mut opened = String::new();
    for label in labels.iter().rev() {
        opened.extend(["(block ", label, " "]);
    }
    let mut text = format!(
        "(func $dispatch (param $at i32) (result i32) (block $none {opened}
         (br_table {} $none (i32.load $own (local.get $at)))",
        labels.join(" ")
    );
    for (index, import) in imports.iter().enumerate() {
        let (name, arity) = import.split_once('/').expect("name/parameters");
        let arity: usize = arity.parse().expect("a number");
        let mut args = String::new();
        for arg in 0..arity {
            let load = format!("(i32.load $own offset={} (local.get $at))", 4 + 4 * arg);
            match (name, arg) {
                ("clock_time_get", 1) => args.extend(["(i64.extend_i32_u ", &load, ")"]),
                _ => args.push_str(&load),
            }
        }
        writeln!(text, ") (return (call $call{index} {args}))").expect("a string");
    }
    text + ") (i32.const -1))"
}

/// The guest's own part. The scratch space is below 1024, batches are at 1024.
const CONTROL: &str = r#"
(import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
(memory $main (export "memory") 64)
(memory $own 2)
(func $move (param $write i32) (param $at i32) (param $len i32)
    (loop $more
        (if (i32.eqz (local.get $len)) (then (return)))
        (i32.store $main (i32.const 16) (local.get $at))
        (i32.store $main (i32.const 20) (local.get $len))
        (if (if (result i32) (local.get $write)
            (then (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
            (else (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24))))
            (then (call $exit (i32.const 3))))
        (if (i32.eqz (i32.load $main (i32.const 24))) (then (call $exit (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.load $main (i32.const 24))))
        (local.set $len (i32.sub (local.get $len) (i32.load $main (i32.const 24))))
        (br $more)))
(func $batch (param $count i32) (local $index i32)
    (call $move (i32.const 0) (i32.const 1024) (i32.mul (local.get $count) (i32.const 40)))
    (memory.copy $own $main (i32.const 64) (i32.const 1024)
        (i32.mul (local.get $count) (i32.const 40)))
    (loop $more
        (i32.store $own offset=98304 (i32.shl (local.get $index) (i32.const 2))
            (call $dispatch (i32.add (i32.const 64)
                (i32.mul (local.get $index) (i32.const 40)))))
        (local.set $index (i32.add (local.get $index) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $index) (local.get $count))))
    (memory.copy $main $own (i32.const 1024) (i32.const 98304)
        (i32.shl (local.get $count) (i32.const 2)))
    (call $move (i32.const 1) (i32.const 1024) (i32.shl (local.get $count) (i32.const 2))))
(func (export "_start") (local $operation i32) (local $a i32) (local $b i32)
    (loop $next
        (call $move (i32.const 0) (i32.const 64) (i32.const 40))
        (memory.copy $own $main (i32.const 0) (i32.const 64) (i32.const 40))
        (local.set $operation (i32.load $own (i32.const 0)))
        (local.set $a (i32.load $own (i32.const 4)))
        (local.set $b (i32.load $own (i32.const 8)))
        (if (i32.eq (local.get $operation) (i32.const 1000)) (then (return)))
        (if (i32.eq (local.get $operation) (i32.const 1001))
            (then (call $move (i32.const 0) (local.get $a) (local.get $b)) (br $next)))
        (if (i32.eq (local.get $operation) (i32.const 1002))
            (then (call $move (i32.const 1) (local.get $a) (local.get $b)) (br $next)))
        (if (i32.eq (local.get $operation) (i32.const 1003))
            (then (call $batch (local.get $a)) (br $next)))
        (local.set $a (call $dispatch (i32.const 0)))
        (i32.store $main (i32.const 128) (local.get $a))
        (call $move (i32.const 1) (i32.const 128) (i32.const 4))
        (br $next)))
"#;

/// Compiles a module that is given as text.
pub(crate) fn compile(text: &str) -> Program {
    static COMPILER: OnceLock<Compiler> = OnceLock::new();
    let compiler = COMPILER.get_or_init(|| Compiler::without_cache().expect("a compiler"));
    let binary = wat::parse_str(text).expect("the text of a module");
    compiler.compile(&binary).expect("a module")
}

/// What the guest reads: what the test sends.
struct ChannelReader {
    from: Receiver<Vec<u8>>,
    rest: io::Cursor<Vec<u8>>,
}

impl Read for ChannelReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let len = self.rest.read(buf)?;
            if len > 0 || buf.is_empty() {
                return Ok(len);
            }
            match self.from.recv() {
                Ok(more) => self.rest = io::Cursor::new(more),
                // The test has no more to say.
                Err(_) => return Ok(0),
            }
        }
    }
}

struct ChannelWriter(Sender<Vec<u8>>);

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A test that no longer listens misses nothing.
        let _ = self.0.send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why there is no answer of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It has ended.
    Ended,
    /// It is still in the call.
    Blocked,
}

/// A guest that runs, and waits for what it is told.
pub(crate) struct RemoteGuest {
    imports: &'static [&'static str],
    to: Option<Sender<Vec<u8>>>,
    from: Receiver<Vec<u8>>,
    answered: Vec<u8>,
    running: Option<Running>,
    notices: Arc<Mutex<Vec<Notice>>>,
}

impl RemoteGuest {
    /// A guest with this policy.
    pub(crate) fn new(policy: Policy) -> Self {
        RemoteGuest::with(policy, |guest| guest)
    }

    /// A guest with this policy, and more.
    pub(crate) fn with(policy: Policy, more: impl FnOnce(Guest) -> Guest) -> Self {
        static PROGRAM: OnceLock<Program> = OnceLock::new();
        let program = PROGRAM.get_or_init(|| compile(&module_text(IMPORTS)));
        RemoteGuest::of(program, IMPORTS, policy, more)
    }

    /// A guest whose module has these imports only.
    pub(crate) fn with_imports(imports: &'static [&'static str], policy: Policy) -> Self {
        let program = compile(&module_text(imports));
        RemoteGuest::of(&program, imports, policy, |guest| guest)
    }

    fn of(
        program: &Program,
        imports: &'static [&'static str],
        policy: Policy,
        more: impl FnOnce(Guest) -> Guest,
    ) -> Self {
        let (to, reader) = mpsc::channel();
        let (writer, from) = mpsc::channel();
        let notices = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&notices);
        let reader = ChannelReader {
            from: reader,
            rest: io::Cursor::default(),
        };
        let guest = Guest::new(program)
            .stdin(Input::reader(reader))
            .stdout(Output::writer(ChannelWriter(writer)))
            .policy(policy)
            .on_notice(move |notice| told.lock().unwrap().push(notice.clone()));
        let running = more(guest).start().expect("the guest starts");
        RemoteGuest {
            imports,
            to: Some(to),
            from,
            answered: Vec::new(),
            running: Some(running),
            notices,
        }
    }

    fn tell(&self, bytes: Vec<u8>) {
        let to = self.to.as_ref().expect("the guest was not ended");
        // If it has ended, waiting for its answer tells.
        let _ = to.send(bytes);
    }

    fn record(&self, call: &str, args: &[u32]) -> Vec<u8> {
        let operation = self.imports.iter().position(|import| *import == call);
        let operation = operation.unwrap_or_else(|| panic!("{call} is no import"));
        let arity = call.split_once('/').map(|(_, arity)| arity.parse());
        assert_eq!(arity, Some(Ok(args.len())), "arguments of {call}");
        record(u32::try_from(operation).unwrap(), args)
    }

    /// The next bytes of the guest.
    fn answer(&mut self, len: usize, patience: Duration) -> Result<Vec<u8>, Silence> {
        while self.answered.len() < len {
            match self.from.recv_timeout(patience) {
                Ok(more) => self.answered.extend(more),
                Err(RecvTimeoutError::Timeout) => return Err(Silence::Blocked),
                Err(RecvTimeoutError::Disconnected) => return Err(Silence::Ended),
            }
        }
        Ok(self.answered.drain(..len).collect())
    }

    /// The next bytes of the guest, or a panic that says why there are none.
    fn sure_answer(&mut self, what: &str, len: usize) -> Vec<u8> {
        match self.answer(len, PATIENCE) {
            Ok(answer) => answer,
            Err(Silence::Blocked) => panic!("the guest does not come back from {what}"),
            Err(Silence::Ended) => panic!("the guest has ended in {what}: {:?}", self.ended()),
        }
    }

    /// Makes a call; the result is the error number.
    pub(crate) fn call(&mut self, call: &str, args: &[u32]) -> u32 {
        self.begin(call, args);
        let answer = self.sure_answer(call, 4);
        number(&answer)
    }

    /// Lets the guest make a call, and does not wait for its end.
    pub(crate) fn begin(&mut self, call: &str, args: &[u32]) {
        self.tell(self.record(call, args));
    }

    /// Waits for the end of a call that was begun.
    pub(crate) fn finish(&mut self, patience: Duration) -> Result<u32, Silence> {
        self.answer(4, patience).map(|answer| number(&answer))
    }

    /// Makes many calls, and gives their error numbers.
    pub(crate) fn batch(&mut self, calls: &[(u32, [u32; 9])]) -> Result<Vec<u32>, Silence> {
        assert!(!calls.is_empty() && calls.len() <= BATCH_MAX);
        let mut bytes = record(BATCH, &[u32::try_from(calls.len()).unwrap()]);
        for (operation, args) in calls {
            bytes.extend(record(*operation, args));
        }
        self.tell(bytes);
        let answer = self.answer(4 * calls.len(), PATIENCE)?;
        Ok(answer.chunks(4).map(number).collect())
    }

    /// Writes into the guest's memory.
    pub(crate) fn write(&mut self, at: u32, bytes: &[u8]) {
        let mut told = record(WRITE_MEMORY, &[at, u32::try_from(bytes.len()).unwrap()]);
        told.extend(bytes);
        self.tell(told);
    }

    /// Reads from the guest's memory.
    pub(crate) fn read(&mut self, at: u32, len: usize) -> Vec<u8> {
        self.tell(record(READ_MEMORY, &[at, u32::try_from(len).unwrap()]));
        self.sure_answer("reading its memory", len)
    }

    pub(crate) fn u32(&mut self, at: u32) -> u32 {
        number(&self.read(at, 4))
    }

    pub(crate) fn u16(&mut self, at: u32) -> u16 {
        let bytes = self.read(at, 2);
        u16::from_le_bytes([bytes[0], bytes[1]])
    }

    /// What the guest was refused, so far.
    pub(crate) fn denials(&self) -> Vec<Notice> {
        self.notices.lock().unwrap().clone()
    }

    /// The same as text.
    pub(crate) fn notices(&self) -> Vec<String> {
        self.denials().iter().map(Notice::to_string).collect()
    }

    pub(crate) fn stop_handle(&self) -> StopHandle {
        self.running.as_ref().expect("a guest").stop_handle()
    }

    /// Ends the guest by returning from its `_start`.
    pub(crate) fn end(mut self) -> Exit {
        self.tell(record(END, &[]));
        self.ended().expect("the guest was started")
    }

    /// Waits for the guest's end, which something else brings.
    pub(crate) fn ended(&mut self) -> Result<Exit, Error> {
        self.running.take().expect("a guest").wait()
    }
}

impl Drop for RemoteGuest {
    fn drop(&mut self) {
        self.to = None;
        if let Some(running) = self.running.take() {
            running.stop_handle().stop();
            if !std::thread::panicking() {
                // A test may be done before its guest is.
                let _ = running.wait();
            }
        }
    }
}

fn record(operation: u32, args: &[u32]) -> Vec<u8> {
    let mut bytes = operation.to_le_bytes().to_vec();
    bytes.extend(args.iter().flat_map(|arg| arg.to_le_bytes()));
    bytes.resize(RECORD_LEN, 0);
    bytes
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().expect("four bytes"))
}
