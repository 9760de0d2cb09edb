//! A guest that makes any call with any arguments, in any order.

mod arguments;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use net_run::{Access, Exit, Guest, Limits, Policy};

use self::arguments::{Arguments, RESULT, Random};
use crate::folder::Folder;
use crate::guest_sockets::{DATAGRAM, NONBLOCK, STREAM, UNIX, V4};
use crate::remote_guest::{BATCH_MAX, IMPORTS, RemoteGuest};

const NAME: &str = "hostile::a_million_hostile_calls_leave_the_host_as_it_was";
const CALLS: usize = 1_000_000;
const BATCHES: usize = 8;
const BATCH_LEN: usize = 2000;
const SOCKETS: u32 = 24;
const FIRST_SOCKET: u32 = 1 << 20;
const SEED: u64 = 0x6e65_742d_7275_6e21;

/// Set for the process that this test runs in: alone, since it counts the
/// descriptors of its process, and in a folder of its own.
const ALONE_IN: &str = "NET_RUN_HOSTILE_FOLDER";

#[test]
fn a_million_hostile_calls_leave_the_host_as_it_was() {
    if let Some(folder) = std::env::var_os(ALONE_IN) {
        return run(Path::new(&folder));
    }
    let folder = Folder::new();
    let here = folder.folder("here");
    folder.folder("sockets");
    folder.folder("files");
    folder.file("canary", "0123456789");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture", "--test-threads=1"])
        .env(ALONE_IN, folder.path())
        .current_dir(&here)
        .output()
        .expect("this program runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = said + &String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(output.status.success(), "see above");
    assert_eq!(
        entries(&here),
        [""; 0],
        "nothing is made where the host runs"
    );
    assert_eq!(
        entries(folder.path()),
        ["canary", "files", "here", "sockets"]
    );
    assert_eq!(entries(&folder.join("files")), [""; 0]);
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What the host had before, and must have afterwards.
struct Canaries {
    pair: (UnixStream, UnixStream),
    file: File,
    listener: TcpListener,
    at: SocketAddr,
}

impl Canaries {
    fn new(folder: &Path) -> Self {
        let mut file = File::open(folder.join("canary")).unwrap();
        file.seek(SeekFrom::Start(3)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Canaries {
            pair: UnixStream::pair().unwrap(),
            at: listener.local_addr().unwrap(),
            listener,
            file,
        }
    }

    fn check(&mut self) {
        let (one, other) = &mut self.pair;
        one.write_all(b"sing").unwrap();
        let mut heard = [0; 8];
        assert_eq!(other.read(&mut heard).unwrap(), 4);
        assert_eq!(&heard[..4], b"sing");
        assert_eq!(self.file.stream_position().unwrap(), 3);
        let mut rest = String::new();
        self.file.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "3456789");
        self.file.seek(SeekFrom::Start(3)).unwrap();
        assert_eq!(self.listener.local_addr().unwrap(), self.at);
        assert!(self.listener.accept().is_err(), "nobody has connected");
        std::net::TcpStream::connect(self.at).expect("it still listens");
        self.listener.accept().expect("it still accepts");
    }
}

/// How many descriptors this process has.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn run(folder: &Path) {
    let given = std::env::var("NET_RUN_SEED").ok();
    let seed = given.map_or(SEED, |seed| seed.parse().expect("a number"));
    println!("NET_RUN_SEED={seed}");
    let began = Instant::now();
    let mut random = Random::new(seed);
    let mut canaries = Canaries::new(folder);
    // The runtime opens some for itself at the first call.
    run_guest(folder, &mut random, &mut [0; IMPORTS.len()]);
    let before = descriptors();
    let mut successes = [0; IMPORTS.len()];
    let (mut calls, mut guests, mut stopped, mut trapped) = (0, 0, 0, 0);
    while calls < CALLS {
        let (made, exit) = run_guest(folder, &mut random, &mut successes);
        calls += made;
        guests += 1;
        match exit {
            Exit::Code(0) => {}
            Exit::Stopped(_) => stopped += 1,
            Exit::Trap(report) if is_wasis(&report) => trapped += 1,
            exit => panic!("guest {guests} has ended by {exit:?}"),
        }
        expect_descriptors(before);
    }
    canaries.check();
    // Else the arguments would be too wild to reach anything.
    for (call, successes) in IMPORTS.iter().zip(successes) {
        assert!(successes > 0, "{call} has never succeeded");
    }
    let took = began.elapsed();
    println!(
        "{calls} calls of {guests} guests, {stopped} of them stopped, {trapped} trapped, in {took:?}"
    );
}

/// Whether a trap is what WASI asks for where an argument of a file's call is
/// wrong.
fn is_wasis(report: &str) -> bool {
    report.contains("Pointer ") || report.contains("Int conversion error")
}

fn expect_descriptors(before: usize) {
    // A lookup that nobody waits for any more ends by itself.
    let deadline = Instant::now() + Duration::from_secs(10);
    while descriptors() > before && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(5));
    }
    assert!(descriptors() <= before, "a guest has left descriptors open");
}

/// Runs one guest; gives how many calls it has surely made, and its end.
fn run_guest(
    folder: &Path,
    random: &mut Random,
    successes: &mut [u32; IMPORTS.len()],
) -> (usize, Exit) {
    let sockets = folder.join("sockets");
    for entry in entries(&sockets) {
        fs::remove_file(sockets.join(entry)).unwrap();
    }
    let arguments = Arguments::new(folder);
    let mut policy = Policy::deny_all()
        .allow_unix(format!("{}/", sockets.display()).parse().unwrap())
        .allow_listen("localhost".parse().unwrap());
    // Not all ports: those of other programs are none of this test's.
    for port in arguments.ports() {
        policy = policy.allow_net(format!("localhost:{port}").parse().unwrap());
    }
    let limited = |guest: Guest| {
        let limits = Limits::new()
            .sockets(SOCKETS)
            .wall_time(Duration::from_millis(400));
        guest
            .limits(limits)
            .folder("/files", folder.join("files"), Access::ReadOnly)
    };
    let mut guest = RemoteGuest::with(policy, limited);
    let mut made = 0;
    for _ in 0..BATCHES {
        arguments.write(&mut guest);
        let calls = batch(random, &arguments);
        match guest.batch(&calls) {
            Ok(errnos) => {
                made += calls.len();
                for ((call, _), errno) in calls.iter().zip(errnos) {
                    successes[*call as usize] += u32::from(errno == 0);
                }
            }
            Err(_) => return (made, guest.ended().expect("it was started")),
        }
    }
    (made, guest.end())
}

fn operation(call: &str) -> u32 {
    let found = IMPORTS.iter().position(|import| *import == call);
    u32::try_from(found.expect("an import")).unwrap()
}

/// Some sockets, none of which waits, and then anything.
fn batch(random: &mut Random, arguments: &Arguments) -> Vec<(u32, [u32; 9])> {
    let mut calls = Vec::new();
    for index in 0..SOCKETS / 2 {
        let (family, kind) = match index {
            0..6 => (V4, STREAM),
            6..8 => (V4, DATAGRAM),
            _ => (1 + random.below(UNIX), 1 + random.below(2)),
        };
        calls.push((
            operation("sock_open/3"),
            [family, kind, RESULT, 0, 0, 0, 0, 0, 0],
        ));
    }
    let mut opened = true;
    while calls.len() < BATCH_LEN {
        // Sockets that wait are few, or every guest would be stopped.
        if opened && random.below(50) > 0 {
            for fd in FIRST_SOCKET..FIRST_SOCKET + SOCKETS {
                let args = [fd, NONBLOCK, 0, 0, 0, 0, 0, 0, 0];
                calls.push((operation("fd_fdstat_set_flags/2"), args));
            }
        }
        if random.below(40) == 0 {
            connect(random, arguments, &mut calls);
        }
        let index = random.below(u32::try_from(IMPORTS.len()).unwrap());
        let call = IMPORTS[index as usize];
        opened = call.starts_with("sock_open") || call == "sock_accept/2";
        // Nor does one live long where all are closed as often as used.
        let rare = call.starts_with("sock_open") || call == "fd_close/1";
        if rare && random.below(10) > 0 {
            continue;
        }
        calls.push((index, arguments.of(call, random)));
    }
    calls.truncate(BATCH_MAX);
    calls
}

/// What two sockets need for a connection, which chance hardly finds.
fn connect(random: &mut Random, arguments: &Arguments, calls: &mut Vec<(u32, [u32; 9])>) {
    let (one, other) = (
        FIRST_SOCKET + random.below(8),
        FIRST_SOCKET + random.below(8),
    );
    let (at, port) = arguments.place(random);
    calls.push((operation("sock_bind/3"), [one, at, port, 0, 0, 0, 0, 0, 0]));
    calls.push((operation("sock_listen/2"), [one, 8, 0, 0, 0, 0, 0, 0, 0]));
    calls.push((
        operation("sock_connect/3"),
        [other, at, port, 0, 0, 0, 0, 0, 0],
    ));
}
