//! Modules as other libraries build them, and modules that cannot be run.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};

use net_run::{Compiler, Error, Exit, Guest, Policy};

use crate::folder::Folder;
use crate::guest_sockets::{
    ADDRESS, At, DATA, DATAGRAM, IOVS, OUT, STORAGE, STREAM, V4, len32, words,
};
use crate::remote_guest::{RemoteGuest, compile};

/// The guest by the functions that its library imports.
struct Library {
    guest: RemoteGuest,
    imports: &'static [&'static str],
}

impl Library {
    fn new(imports: &'static [&'static str]) -> Self {
        let guest = RemoteGuest::with_imports(imports, Policy::loopback());
        Library { guest, imports }
    }

    /// The import of this name, and how many parameters it has.
    fn import(&self, name: &str) -> (&'static str, usize) {
        let mut imports = self.imports.iter().map(|import| {
            let (name, arity) = import.split_once('/').unwrap();
            (*import, name, arity.parse().unwrap())
        });
        let found = imports.find(|(_, full, _)| full.strip_suffix("_v2").unwrap_or(full) == name);
        let (import, _, arity) = found.unwrap_or_else(|| panic!("no import {name}"));
        (import, arity)
    }

    fn call(&mut self, name: &str, args: &[u32]) {
        let (import, _) = self.import(name);
        assert_eq!(self.guest.call(import, args), 0, "{import}");
    }

    fn open(&mut self, kind: u32) -> u32 {
        self.call("sock_open", &[V4, kind, OUT]);
        self.guest.u32(OUT)
    }

    /// An address as plain bytes, or for names with a suffix in a storage.
    fn put(&mut self, name: &str, at: SocketAddr) -> u32 {
        let SocketAddr::V4(at) = at else {
            panic!("IPv4 only")
        };
        let mut bytes = at.ip().octets().to_vec();
        if self.import(name).0.contains("_v2/") {
            bytes.splice(..0, [1, 0]);
            bytes.resize(128, 0);
        }
        self.guest.write(STORAGE, &bytes);
        self.guest.write(ADDRESS, &words(&[STORAGE, len32(&bytes)]));
        at.port().into()
    }

    fn bind(&mut self, fd: u32, at: &str) {
        let port = self.put("sock_bind", at.parse().unwrap());
        self.call("sock_bind", &[fd, ADDRESS, port]);
    }

    fn accept(&mut self, fd: u32) -> u32 {
        match self.import("sock_accept").1 {
            2 => self.call("sock_accept", &[fd, OUT]),
            _ => self.call("sock_accept", &[fd, 0, OUT]),
        }
        self.guest.u32(OUT)
    }

    fn address(&mut self, name: &str, fd: u32) -> SocketAddr {
        if self.import(name).1 == 3 {
            self.guest.clear_address();
            self.call(name, &[fd, ADDRESS, OUT]);
            let port = self.guest.u32(OUT);
            let Some(At::Ip(address)) = self.guest.address(port) else {
                panic!("no address of IP")
            };
            return address;
        }
        // Plain bytes, in a buffer that would hold an IPv6 address.
        self.guest.write(ADDRESS, &words(&[STORAGE, 16]));
        self.call(name, &[fd, ADDRESS, OUT, OUT + 4]);
        assert_eq!(self.guest.u32(OUT), 4, "the version of IP");
        let ip = self.guest.read(STORAGE, 4);
        let port = u16::try_from(self.guest.u32(OUT + 4)).unwrap();
        SocketAddr::from(([ip[0], ip[1], ip[2], ip[3]], port))
    }

    fn buffer(&mut self, bytes: &[u8]) {
        self.guest.write(DATA, bytes);
        self.guest.write(IOVS, &words(&[DATA, len32(bytes)]));
    }

    fn send(&mut self, fd: u32, bytes: &[u8]) {
        self.buffer(bytes);
        self.call("sock_send", &[fd, IOVS, 1, 0, OUT]);
        assert_eq!(self.guest.u32(OUT), len32(bytes));
    }

    fn recv(&mut self, fd: u32) -> Vec<u8> {
        self.buffer(&[0; 64]);
        self.call("sock_recv", &[fd, IOVS, 1, 0, OUT, OUT + 4]);
        let len = self.guest.u32(OUT);
        self.guest.read(DATA, len as usize)
    }

    /// Receives a datagram, and its sender's IP address and, in the later
    /// typing, port.
    fn recv_from(&mut self, fd: u32) -> (Vec<u8>, [u8; 4], Option<u32>) {
        self.buffer(&[0; 64]);
        self.guest.clear_address();
        let from = [fd, IOVS, 1, ADDRESS, 0];
        let later = self.import("sock_recv_from").1 == 8;
        if later {
            let to = [OUT + 8, OUT, OUT + 4];
            self.call("sock_recv_from", &[&from[..], &to].concat());
        } else {
            let to = [OUT, OUT + 4];
            self.call("sock_recv_from", &[&from[..], &to].concat());
        }
        let len = self.guest.u32(OUT);
        let ip = self.guest.read(STORAGE + 2, 4).try_into().unwrap();
        let port = later.then(|| self.guest.u32(OUT + 8));
        (self.guest.read(DATA, len as usize), ip, port)
    }

    fn accepts_and_echoes(&mut self) {
        let listener = self.open(STREAM);
        self.bind(listener, "127.0.0.1:0");
        self.call("sock_listen", &[listener, 8]);
        let at = self.address("sock_getlocaladdr", listener);
        let mut client = TcpStream::connect(at).expect("the guest listens");
        client.write_all(b"ping").unwrap();
        let accepted = self.accept(listener);
        let peer = self.address("sock_getpeeraddr", accepted);
        assert_eq!(peer, client.local_addr().unwrap());
        let heard = self.recv(accepted);
        self.send(accepted, &heard);
        self.call("sock_shutdown", &[accepted, 2]);
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "ping");
    }

    fn connects(&mut self) {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let fd = self.open(STREAM);
        let port = self.put("sock_connect", server.local_addr().unwrap());
        self.call("sock_connect", &[fd, ADDRESS, port]);
        self.send(fd, b"ping");
        let (mut accepted, from) = server.accept().unwrap();
        assert_eq!(self.address("sock_getlocaladdr", fd), from);
        let mut heard = [0; 4];
        accepted.read_exact(&mut heard).unwrap();
        accepted.write_all(&heard).unwrap();
        assert_eq!(self.recv(fd), b"ping");
    }

    fn exchanges_datagrams(&mut self) {
        let other = UdpSocket::bind("127.0.0.1:0").unwrap();
        let other_at = other.local_addr().unwrap();
        let fd = self.open(DATAGRAM);
        self.bind(fd, "127.0.0.1:0");
        let at = self.address("sock_getlocaladdr", fd);
        other.send_to(b"question", at).unwrap();
        let (heard, ip, port) = self.recv_from(fd);
        assert_eq!((heard, ip), (b"question".to_vec(), [127, 0, 0, 1]));
        assert_eq!(
            port.unwrap_or(other_at.port().into()),
            u32::from(other_at.port())
        );
        let port = self.put("sock_send_to", other_at);
        self.buffer(b"answer");
        self.call("sock_send_to", &[fd, IOVS, 1, ADDRESS, port, 0, OUT]);
        let mut heard = [0; 16];
        assert_eq!(other.recv_from(&mut heard).unwrap(), (6, at));
        assert_eq!(&heard[..6], b"answer");
    }

    fn does_everything(&mut self) {
        self.accepts_and_echoes();
        self.connects();
        self.exchanges_datagrams();
    }
}

#[test]
fn a_module_with_the_first_typing_of_wasmedge_works() {
    let mut library = Library::new(&[
        "sock_open/3",
        "sock_bind/3",
        "sock_listen/2",
        "sock_accept/2",
        "sock_connect/3",
        "sock_recv/6",
        "sock_recv_from/7",
        "sock_send/5",
        "sock_send_to/7",
        "sock_shutdown/2",
        "sock_getlocaladdr/4",
        "sock_getpeeraddr/4",
        "sock_getsockopt/5",
        "sock_setsockopt/5",
        "sock_getaddrinfo/8",
    ]);
    library.does_everything();
}

#[test]
fn a_module_of_the_crate_wasmedge_wasi_socket_which_mixes_typings_works() {
    let mut library = Library::new(&[
        "sock_open/3",
        "sock_bind/3",
        "sock_listen/2",
        "sock_accept/2",
        "sock_connect/3",
        "sock_recv/6",
        "sock_recv_from/8",
        "sock_send/5",
        "sock_send_to/7",
        "sock_shutdown/2",
        "sock_getlocaladdr/4",
        "sock_getpeeraddr/4",
        "sock_getsockopt/5",
        "sock_setsockopt/5",
        "sock_getaddrinfo/8",
        "poll_oneoff/4",
    ]);
    library.does_everything();
}

#[test]
fn a_module_with_the_typing_of_wasi_go_and_its_sizes_by_value_works() {
    let mut library = Library::new(&[
        "sock_open/3",
        "sock_bind/3",
        "sock_listen/2",
        "sock_accept/3",
        "sock_connect/3",
        "sock_recv/6",
        "sock_recv_from/8",
        "sock_send/5",
        "sock_send_to/7",
        "sock_shutdown/2",
        "sock_getlocaladdr/3",
        "sock_getpeeraddr/3",
        "sock_getsockopt/5",
        "sock_setsockopt/5",
    ]);
    library.does_everything();
    for (kind, number) in [(STREAM, 2), (DATAGRAM, 1)] {
        let fd = library.open(kind);
        library.guest.write(DATA, &[0xff; 8]);
        library.call("sock_getsockopt", &[fd, 0, 1, DATA, 4]);
        assert_eq!(
            library.guest.read(DATA, 8),
            [number, 0, 0, 0, 255, 255, 255, 255]
        );
    }
}

#[test]
fn a_module_with_suffixed_names_and_storages_works() {
    let mut library = Library::new(&[
        "sock_open_v2/3",
        "sock_bind_v2/3",
        "sock_listen_v2/2",
        "sock_accept_v2/3",
        "sock_connect_v2/3",
        "sock_recv_v2/6",
        "sock_recv_from_v2/8",
        "sock_send_v2/5",
        "sock_send_to_v2/7",
        "sock_shutdown/2",
        "sock_getlocaladdr_v2/3",
        "sock_getpeeraddr_v2/3",
    ]);
    library.does_everything();
}

/// What becomes of a module that is given as text.
fn run(text: &str) -> Result<Exit, Error> {
    Guest::new(&compile(text)).run()
}

fn refusal(text: &str) -> String {
    run(text).expect_err(text).to_string()
}

fn importing(name: &str, params: &str) -> String {
    format!(
        r#"(module (import "wasi_snapshot_preview1" "{name}"
            (func (param {params}) (result i32)))
            (memory (export "memory") 1) (func (export "_start")))"#
    )
}

#[test]
fn an_unknown_import_is_named() {
    assert_eq!(
        refusal(&importing("sock_frobnicate", "i32")),
        "the module imports wasi_snapshot_preview1::sock_frobnicate with 1 parameters, \
         which net-run does not provide"
    );
    let message = refusal(r#"(module (import "env" "abort" (func)) (func (export "_start")))"#);
    assert!(message.contains("env::abort"), "{message}");
    let message =
        refusal(r#"(module (import "env" "memory" (memory 1)) (func (export "_start")))"#);
    assert!(message.contains("env::memory"), "{message}");
}

#[test]
fn a_socket_function_with_impossible_parameters_is_named() {
    for (name, params, count) in [
        ("sock_accept", "i32", 1),
        ("sock_accept", "i32 i32 i32 i32", 4),
        ("sock_recv_from", "i32 i32 i32 i32 i32 i32", 6),
        ("sock_getlocaladdr_v2", "i32 i32", 2),
        // As many as it has, but not of its types.
        ("sock_open", "i32 i64 i32", 3),
        ("fd_close", "i64", 1),
    ] {
        let message = refusal(&importing(name, params));
        let expected = format!("wasi_snapshot_preview1::{name} with {count} parameters");
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn a_module_without_memory_is_told_so_at_its_first_call() {
    let text = r#"(module (import "wasi_snapshot_preview1" "fd_close"
        (func $close (param i32) (result i32)))
        (func (export "_start") (drop (call $close (i32.const 1)))))"#;
    let ended = match run(text) {
        Ok(Exit::Trap(report)) => report,
        Err(error) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(
        ended.contains("exports no memory under the name `memory`"),
        "{ended}"
    );
}

#[test]
fn a_module_without_start_is_told_how_it_is_built() {
    for text in [
        r#"(module (memory (export "memory") 1))"#,
        r#"(module (func (export "_start") (param i32)))"#,
        r#"(module (global (export "_start") i32 (i32.const 1)))"#,
    ] {
        let message = refusal(text);
        assert!(message.contains("no function `_start`"), "{message}");
    }
}

#[test]
fn what_is_no_module_is_told_by_its_name() {
    let folder = Folder::new();
    let compiler = Compiler::without_cache().unwrap();
    for (name, content, expected) in [
        ("a.wasm", &b"\0asm\x0d\0\x01\0"[..], "it is a component"),
        ("b.wat", b"(module)", "it is not a WebAssembly module"),
        ("c.wasm", b"", "it is not a WebAssembly module"),
        ("d.wasm", b"\0asm\x01\0\0\0\xff\xff", "cannot run"),
    ] {
        let path = folder.file(name, content);
        let message = compiler.load(&path).expect_err(name).to_string();
        assert!(message.contains(expected), "{message}");
        assert!(message.contains(name), "{message}");
    }
    let message = compiler
        .load(folder.join("none.wasm"))
        .unwrap_err()
        .to_string();
    assert!(message.contains("none.wasm"), "{message}");
    let message = compiler.compile(b"(module)").unwrap_err().to_string();
    assert_eq!(
        message,
        "cannot run the module: it is not a WebAssembly module"
    );
}
