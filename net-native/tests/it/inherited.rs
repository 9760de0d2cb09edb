//! Sockets of systemd's socket activation, in a process of its own.

use std::env;
use std::fs::File;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Output, Stdio};

use command_fds::{CommandFdExt, FdMapping};
use net_native::{Native, Threads, block_on};
use net_traits::{
    Backend, Inherited, InheritedSocket, KeepAlive, Listener, OptionName, PacketConn as _,
    SocketOption, SocketOptions, Stream as _,
};
use tokio::io::AsyncWriteExt;

/// Says what it has inherited; sends its name to everyone who connects to a listener or sends
/// a datagram. Of an error it says why, and whether the descriptors are still there.
#[test]
#[ignore = "the other tests run it in a process of its own"]
fn child() {
    block_on(Threads::One, async {
        let native = Native::new();
        let options = SocketOptions::new()
            .with(SocketOption::RecvBuffer(32 << 10))
            .with(SocketOption::KeepAlive(Some(KeepAlive::new())))
            .with(SocketOption::Broadcast(true))
            .with(SocketOption::V6Only(true))
            .with(SocketOption::Backlog(7));
        let inherited = match native.inherited(&options) {
            Ok(inherited) => inherited,
            Err(error) => {
                println!("error: {error}");
                let again = native.inherited(&options).unwrap_err();
                return println!("again: {again}");
            }
        };
        println!("inherited {}", inherited.len());
        for one in &inherited {
            ensure_closed_by_exec(&one.socket);
        }
        for one in inherited {
            answer(one).await;
        }
        let again = native.inherited(&options).unwrap();
        println!("again {}", again.len());
    });
}

async fn answer(one: Inherited<net_native::Listener, net_native::PacketConn>) {
    let name = one.name.as_bytes();
    match one.socket {
        InheritedSocket::Listener(listener) => {
            let (mut stream, _) = listener.accept().await.unwrap();
            if stream.local_addr().unwrap().ip().is_some() {
                println!("{:?}", stream.option(OptionName::NoDelay).unwrap());
                let keepalive = stream.option(OptionName::KeepAlive).unwrap();
                println!("keep-alive {}", keepalive != SocketOption::KeepAlive(None));
            }
            stream.write_all(name).await.unwrap();
        }
        InheritedSocket::PacketConn(socket) => {
            println!("{:?}", socket.option(OptionName::Broadcast).unwrap());
            let received = socket.recv_from(&mut [0; 8]).await.unwrap();
            socket.send_to(name, &received.from).await.unwrap();
        }
        _ => unreachable!("another kind of socket"),
    }
}

fn ensure_closed_by_exec(socket: &InheritedSocket<net_native::Listener, net_native::PacketConn>) {
    let number = match socket {
        InheritedSocket::Listener(listener) => listener.as_raw_fd(),
        InheritedSocket::PacketConn(socket) => socket.as_raw_fd(),
        _ => unreachable!("another kind of socket"),
    };
    let script = format!("if [ -e /dev/fd/{number} ]; then echo leaked; fi");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    print!("{}", said(&output));
}

/// The child with these descriptors from number 3 on.
fn command(descriptors: Vec<OwnedFd>) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"LISTEN_PID="${LISTEN_PID:-$$}" exec "$@""#, "sh"])
        .arg(env::current_exe().unwrap())
        .args(["inherited::child", "--exact", "--ignored", "--nocapture"])
        .env("LISTEN_FDS", descriptors.len().to_string())
        .env_remove("LISTEN_PID")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mappings = descriptors.into_iter().zip(3..);
    let mappings = mappings.map(|(parent_fd, child_fd)| FdMapping {
        parent_fd,
        child_fd,
    });
    command.fd_mappings(mappings.collect()).unwrap();
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[test]
fn sockets_are_taken_once_in_their_order_with_their_names() {
    let (tcp, address) = listener();
    let path = env::temp_dir().join(format!("net-inherited-{}", std::process::id()));
    let unix = UnixListener::bind(&path).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let udp_address = udp.local_addr().unwrap();
    let child = command(vec![tcp.into(), unix.into(), udp.into()])
        .env("LISTEN_FDNAMES", "web:admin:log")
        .spawn()
        .unwrap();
    let mut name = String::new();
    let mut web = TcpStream::connect(address).unwrap();
    web.read_to_string(&mut name).unwrap();
    assert_eq!(name, "web");
    let mut admin = UnixStream::connect(&path).unwrap();
    admin.read_to_string(&mut name).unwrap();
    assert_eq!(name, "webadmin");
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.send_to(b"who", udp_address).unwrap();
    let mut buf = [0; 8];
    let (len, _) = client.recv_from(&mut buf).unwrap();
    assert_eq!(&buf[..len], b"log");
    let output = child.wait_with_output().unwrap();
    // It has not made the file, so it does not remove it.
    std::fs::remove_file(path).unwrap();
    let said = said(&output);
    for line in [
        "inherited 3",
        "NoDelay(true)",
        "keep-alive true",
        "Broadcast(true)",
        "again 0",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("leaked"), "{said}");
}

#[test]
fn what_is_neither_a_listener_nor_for_datagrams_is_an_error_that_names_it() {
    let file = File::open("/dev/null").unwrap();
    let (server, address) = listener();
    let connected = TcpStream::connect(address).unwrap();
    for descriptor in [file.into(), connected.into()] {
        // The first is fine, and is not lost.
        let (tcp, _) = listener();
        let output = command(vec![tcp.into(), descriptor]).output().unwrap();
        let said = said(&output);
        assert!(
            said.contains("error: descriptor 4 of LISTEN_FDS=2: "),
            "{said}"
        );
        assert!(
            said.contains("again: descriptor 4 of LISTEN_FDS=2: "),
            "{said}"
        );
    }
    drop(server);
}

#[test]
fn a_descriptor_that_is_not_open_is_an_error_that_names_it() {
    let output = command(Vec::new())
        .env("LISTEN_FDS", "200")
        .output()
        .unwrap();
    let said = said(&output);
    assert!(said.contains("error: descriptor "), "{said}");
}

#[test]
fn descriptors_of_another_process_are_left_alone() {
    let (tcp, _) = listener();
    let output = command(vec![tcp.into()])
        .env("LISTEN_PID", "1")
        .output()
        .unwrap();
    assert!(said(&output).contains("inherited 0"), "{}", said(&output));
}

#[test]
fn a_number_that_is_none_is_an_error_that_quotes_it() {
    let output = command(Vec::new())
        .env("LISTEN_FDS", "many")
        .output()
        .unwrap();
    assert!(
        said(&output).contains("error: LISTEN_FDS is \"many\""),
        "{}",
        said(&output)
    );
}
