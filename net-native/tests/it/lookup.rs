//! The C library's resolver.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use net_native::Native;
use net_traits::{Backend, Family};

#[tokio::test]
async fn each_address_of_localhost_comes_once() {
    let native = Native::new();
    let found = native.lookup("localhost", Family::V4).await.unwrap();
    assert_eq!(found, [Ipv4Addr::LOCALHOST]);
    let found = native.lookup("localhost", Family::Any).await.unwrap();
    for address in &found {
        let times = found.iter().filter(|other| *other == address).count();
        assert_eq!(times, 1, "{found:?}");
    }
}

#[tokio::test]
async fn a_literal_is_an_address_of_its_family_only() {
    let native = Native::new();
    let literal: IpAddr = Ipv6Addr::LOCALHOST.into();
    assert_eq!(native.lookup("::1", Family::V6).await.unwrap(), [literal]);
    let error = native.lookup("::1", Family::V4).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn a_name_with_a_zero_byte_is_invalid() {
    let error = Native::new().lookup("a\0b", Family::Any).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn more_lookups_than_run_at_once_all_end() {
    let lookups: Vec<_> = (0..600)
        .map(|_| tokio::spawn(async { Native::new().lookup("127.0.0.1", Family::Any).await }))
        .collect();
    for lookup in lookups {
        assert_eq!(lookup.await.unwrap().unwrap(), [Ipv4Addr::LOCALHOST]);
    }
}

#[cfg(target_os = "linux")]
mod with_a_server {
    //! In a namespace of its own, whose only DNS server is the test's.

    use std::net::UdpSocket;
    use std::process::{Command, Output, Stdio};
    use std::time::{Duration, Instant};
    use std::{env, fs, thread};

    use net_native::{Native, Threads, block_on};
    use net_traits::{Backend, Family};
    use tokio::time::timeout;

    const MODE: &str = "NET_NATIVE_LOOKUP_MODE";

    /// Answers each query with a code and no records, or never.
    fn serve(code: Option<u8>) {
        let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
        thread::spawn(move || {
            let mut buf = [0; 512];
            while let Ok((len, from)) = socket.recv_from(&mut buf) {
                let Some(code) = code else { continue };
                // RFC 1035 §4.1.1: a response, recursion is available, the code.
                buf[2] |= 0x80;
                buf[3] = 0x80 | code;
                socket.send_to(&buf[..len], from).unwrap();
            }
        });
    }

    /// Looks up a name and an address, and prints the outcomes.
    #[test]
    #[ignore = "the other tests run it in a process of its own"]
    fn child() {
        let mode = env::var(MODE).unwrap();
        serve(mode.parse().ok());
        block_on(Threads::One, async {
            let native = Native::new();
            let limit = Duration::from_millis(200);
            let forward = native.lookup("name.example", Family::Any);
            let reverse = native.lookup_addr([192, 0, 2, 1].into());
            if mode == "dead" {
                timeout(limit, forward).await.unwrap_err();
                timeout(limit, reverse).await.unwrap_err();
            } else {
                let (forward, reverse) = (forward.await, reverse.await);
                let (forward, reverse) = (forward.unwrap_err(), reverse.unwrap_err());
                println!("forward {:?}: {forward}", forward.kind());
                println!("reverse {:?}: {reverse}", reverse.kind());
            }
            println!("returned");
        });
    }

    /// Runs the child where the DNS server behaves in a certain way; `None` if this machine
    /// does not permit it.
    fn run(mode: &str) -> Option<Output> {
        let folder = env::temp_dir().join(format!("net-lookup-{mode}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let settings = folder.join("resolv.conf");
        let text = "nameserver 127.0.0.1\noptions timeout:30 attempts:4\n";
        fs::write(&settings, text).unwrap();
        let script = r#"ip link set lo up && mount --bind "$1" /etc/resolv.conf \
            && echo ready && exec "$2" lookup::with_a_server::child --exact --ignored --nocapture"#;
        let output = Command::new("unshare")
            .args([
                "--map-root-user",
                "--mount",
                "--net",
                "sh",
                "-c",
                script,
                "sh",
            ])
            .arg(&settings)
            .arg(env::current_exe().unwrap())
            .env(MODE, mode)
            .stdin(Stdio::null())
            .output();
        fs::remove_dir_all(folder).unwrap();
        match output {
            Ok(output) if said(&output).contains("ready") => Some(output),
            _ => {
                println!("skipped: no namespaces");
                None
            }
        }
    }

    fn said(output: &Output) -> String {
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[test]
    fn a_lookup_that_hangs_does_not_keep_the_program_from_ending() {
        let start = Instant::now();
        if let Some(output) = run("dead") {
            assert!(said(&output).contains("returned"), "{}", said(&output));
            // The resolver itself goes on for two minutes.
            assert!(start.elapsed() < Duration::from_secs(30));
        }
    }

    #[test]
    fn a_name_that_does_not_exist_is_not_found() {
        if let Some(output) = run("3") {
            let said = said(&output);
            assert!(said.contains("forward NotFound: "), "{said}");
            assert!(said.contains("(code -2)"), "{said}");
            assert!(said.contains("reverse NotFound: "), "{said}");
        }
    }

    #[test]
    fn a_name_without_addresses_is_not_found() {
        if let Some(output) = run("0") {
            assert!(
                said(&output).contains("forward NotFound: "),
                "{}",
                said(&output)
            );
        }
    }

    #[test]
    fn a_server_that_fails_is_another_kind_of_error() {
        if let Some(output) = run("2") {
            let said = said(&output);
            assert!(said.contains("forward TimedOut: "), "{said}");
            assert!(said.contains("(code -3)"), "{said}");
        }
    }
}
