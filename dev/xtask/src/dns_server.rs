//! A DNS server for tests: unbound, with zones of its own, on this machine.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::child_output;
use crate::debian_package::{Package, SUITE};
use crate::workspace;

const PACKAGE: Package = Package {
    name: "unbound",
    program: "usr/sbin/unbound",
    suite: SUITE,
};

/// What it knows, but for the name with many addresses.
const ZONE: &str = include_str!("net.test.zone");

/// So many addresses of one name do not fit into a datagram.
const ADDRESSES_OF_BIG: u8 = 120;

/// Zones for the way back, from addresses to names.
const REVERSE_ZONES: [(&str, &str); 2] = [
    ("2.0.192.in-addr.arpa.", "1 PTR v4.net.test."),
    (
        "8.b.d.0.1.0.0.2.ip6.arpa.",
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 PTR v6.net.test.",
    ),
];

/// A question for an address of `v4.net.test`, as it is sent.
const PROBE: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\
                       \x02v4\x03net\x04test\x00\x00\x01\x00\x01";

const START_LIMIT: Duration = Duration::from_secs(20);

/// It runs until it is dropped.
#[derive(Debug)]
pub(crate) struct DnsServer {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
}

impl DnsServer {
    /// Starts one; `None`, and a line that says so, where there is no such program and
    /// nobody insists.
    pub(crate) fn start() -> Result<Option<Self>> {
        match PACKAGE.find_or_unpack() {
            Ok(program) => DnsServer::run(&program).map(Some),
            Err(error) if workspace::in_ci() => Err(error),
            Err(error) => {
                println!("tests with a real DNS server are skipped: {error:#}");
                Ok(None)
            }
        }
    }

    /// Where it answers, over UDP and TCP.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    fn run(program: &Path) -> Result<Self> {
        let folder = env::temp_dir().join(format!("net-unbound-{}", process::id()));
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        let address = free_address()?;
        let config = write_files(&folder, address)?;
        let child = Command::new(program)
            .args(["-d", "-p", "-c"])
            .arg(&config)
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        // From here on, the guard ends the process whatever happens.
        let mut server = DnsServer {
            child,
            folder,
            address,
        };
        server.wait_until_it_answers()?;
        println!("unbound answers on {address}");
        Ok(server)
    }

    fn wait_until_it_answers(&mut self) -> Result<()> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(self.address)?;
        socket.set_read_timeout(Some(Duration::from_millis(100)))?;
        let start = Instant::now();
        let mut answer = [0; 512];
        while start.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                bail!("unbound ended before it answered: {status}");
            }
            // A refusal means that it does not listen yet.
            let _ = socket.send(PROBE);
            match socket.recv(&mut answer) {
                // With the address behind the question.
                Ok(len) if len > PROBE.len() && answer[7] == 1 => return Ok(()),
                Ok(_) | Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        bail!("unbound did not answer within {START_LIMIT:?}")
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        child_output::end(&mut self.child);
        // What remains is in a folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that is free for UDP and for TCP.
fn free_address() -> Result<SocketAddr> {
    for _ in 0..100 {
        let tcp = TcpListener::bind("127.0.0.1:0")?;
        let address = tcp.local_addr()?;
        if UdpSocket::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no port is free for UDP and TCP")
}

/// Writes zones and configuration; gives the path of the latter.
fn write_files(folder: &Path, address: SocketAddr) -> Result<PathBuf> {
    let mut zone = ZONE.to_owned();
    for last in 1..=ADDRESSES_OF_BIG {
        writeln!(zone, "big A 198.51.100.{last}")?;
    }
    let mut config = format!(
        "server:
  interface: {}@{}
  directory: \"{}\"
  chroot: \"\"
  username: \"\"
  pidfile: \"\"
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  module-config: \"iterator\"
  local-zone: \"test.\" nodefault
",
        address.ip(),
        address.port(),
        folder.display()
    );
    for (name, _) in REVERSE_ZONES {
        writeln!(config, "  local-zone: \"{name}\" nodefault")?;
    }
    write_zone(folder, &mut config, "net.test.", &zone)?;
    for (name, record) in REVERSE_ZONES {
        let soa = "@ 300 SOA ns1.net.test. admin.net.test. 1 3600 600 86400 60";
        let text = format!("$ORIGIN {name}\n$TTL 300\n{soa}\n@ NS ns1.net.test.\n{record}\n");
        write_zone(folder, &mut config, name, &text)?;
    }
    let path = folder.join("unbound.conf");
    fs::write(&path, config).context("cannot write unbound.conf")?;
    Ok(path)
}

fn write_zone(folder: &Path, config: &mut String, name: &str, text: &str) -> Result<()> {
    let file = format!("{name}zone");
    fs::write(folder.join(&file), text).with_context(|| format!("cannot write {file}"))?;
    writeln!(
        config,
        "auth-zone:\n  name: \"{name}\"\n  zonefile: \"{file}\"\n  \
         for-downstream: yes\n  for-upstream: no\n  fallback-enabled: no"
    )?;
    Ok(())
}
