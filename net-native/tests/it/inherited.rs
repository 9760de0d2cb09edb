//! Listeners of systemd's socket activation, in a process of its own.

use std::env;
use std::fs::File;
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Output, Stdio};

use command_fds::{CommandFdExt, FdMapping};
use net_native::{Native, Threads, block_on};
use net_traits::{Backend, Listener, SocketOptions};
use tokio::io::AsyncWriteExt;

/// Sends its name to whoever connects to what it has inherited, or says why
/// not.
#[test]
#[ignore = "the other tests run it in a process of its own"]
fn child() {
    block_on(Threads::One, async {
        let inherited = match Native::new().inherited(&SocketOptions::new()) {
            Ok(inherited) => inherited,
            Err(error) => return println!("error: {error}"),
        };
        println!("inherited {}", inherited.len());
        for one in inherited {
            let name = one.name.clone();
            let (mut stream, _) = one.into_listener().unwrap().accept().await.unwrap();
            stream.write_all(name.as_bytes()).await.unwrap();
        }
        println!(
            "again {}",
            Native::new()
                .inherited(&SocketOptions::new())
                .unwrap()
                .len()
        );
    });
}

/// The child with these descriptors from number 3 on.
fn command(descriptors: Vec<OwnedFd>) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
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
fn listeners_are_taken_once_in_their_order_with_their_names() {
    let (tcp, address) = listener();
    let path = env::temp_dir().join(format!("net-inherited-{}", std::process::id()));
    let unix = UnixListener::bind(&path).unwrap();
    let child = command(vec![tcp.into(), unix.into()])
        .env("LISTEN_FDNAMES", "web:admin")
        .spawn()
        .unwrap();
    let mut name = String::new();
    let mut web = TcpStream::connect(address).unwrap();
    web.read_to_string(&mut name).unwrap();
    assert_eq!(name, "web");
    let mut admin = UnixStream::connect(&path).unwrap();
    admin.read_to_string(&mut name).unwrap();
    assert_eq!(name, "webadmin");
    let output = child.wait_with_output().unwrap();
    std::fs::remove_file(path).unwrap();
    assert!(said(&output).contains("inherited 2"), "{}", said(&output));
    assert!(said(&output).contains("again 0"), "{}", said(&output));
}

#[test]
fn what_is_no_listener_is_an_error() {
    let datagrams = UdpSocket::bind("127.0.0.1:0").unwrap();
    let file = File::open("/dev/null").unwrap();
    let (server, address) = listener();
    let connected = TcpStream::connect(address).unwrap();
    for descriptor in [datagrams.into(), file.into(), connected.into()] {
        let output = command(vec![descriptor]).output().unwrap();
        assert!(said(&output).contains("error: "), "{}", said(&output));
    }
    drop(server);
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
