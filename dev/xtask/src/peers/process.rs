//! A server's process, from its configuration to its end.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::child_output;

/// How long a server may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long one may take to end before it is told in another way.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long one may take to end when it is told to, before it is made to.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Files in memory, where Linux has them: databases are copied in no time.
const MEMORY: &str = "/dev/shm";

/// A folder for temporary files, which goes with this value.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(server: &str) -> Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("net-{server}-{}-{count}", process::id());
        let memory = Path::new(MEMORY);
        let parent = if memory.is_dir() {
            memory.to_owned()
        } else {
            env::temp_dir()
        };
        let path = parent.join(name);
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Folder(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What remains is in a folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An address of loopback at which nothing listens.
pub(crate) fn free_address() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("a free port")?;
    Ok(listener.local_addr()?.to_string())
}

/// How a server is started, and where it listens then: `IP:PORT`, or the path of a Unix socket,
/// each with a name.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) command: Command,
    pub(crate) addresses: BTreeMap<String, String>,
    /// A file, and a text that is in it once the server does more than listen.
    pub(crate) ready: Option<(PathBuf, &'static str)>,
}

impl Setup {
    /// A server that is ready as soon as it listens.
    pub(crate) fn new(command: Command, addresses: &[(&str, String)]) -> Self {
        let named = |(name, address): &(&str, String)| ((*name).to_owned(), address.clone());
        Setup {
            command,
            addresses: addresses.iter().map(named).collect(),
            ready: None,
        }
    }

    fn is_ready(&self) -> bool {
        let listening = self.addresses.values().all(|address| listens(address));
        listening
            && self.ready.as_ref().is_none_or(|(file, text)| {
                fs::read_to_string(file).is_ok_and(|content| content.contains(text))
            })
    }
}

/// A server that runs, or has been killed and can be started again.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    setup: Setup,
    folder: Folder,
}

impl Running {
    /// Starts a server whose files are in a folder, and waits until it listens.
    pub(crate) fn start((mut setup, folder): (Setup, Folder)) -> Result<Self> {
        let log = folder.path().join("log");
        let file = File::create(&log).with_context(|| log.display().to_string())?;
        setup.command.stderr(file);
        let child = spawn(&mut setup.command)?;
        // From here on, the guard ends the process whatever happens.
        let mut running = Running {
            child,
            setup,
            folder,
        };
        running.wait_until_it_listens()?;
        Ok(running)
    }

    pub(crate) fn addresses(&self) -> &BTreeMap<String, String> {
        &self.setup.addresses
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        child_output::end(&mut self.child);
    }

    /// Starts it again, at the same addresses and with the same files.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.end();
        let start = Instant::now();
        loop {
            self.child = spawn(&mut self.setup.command)?;
            let result = self.wait_until_it_listens();
            let has_ended = !matches!(self.child.try_wait(), Ok(None));
            if result.is_ok() || !has_ended || start.elapsed() > END_LIMIT {
                return result;
            }
            // What a server that was killed had started may hold its files for a moment.
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ends it in order, so that it ends what it has started itself.
    fn end(&mut self) {
        // PostgreSQL waits for its clients after the first, and not after the second.
        for (signal, limit) in [("-TERM", PATIENCE), ("-INT", END_LIMIT)] {
            let start = Instant::now();
            if matches!(self.child.try_wait(), Ok(None)) {
                let id = self.child.id().to_string();
                // Where there is no such program, it is killed below.
                let _ = Command::new("kill").args([signal, &id]).status();
            }
            while start.elapsed() < limit && matches!(self.child.try_wait(), Ok(None)) {
                thread::sleep(Duration::from_millis(5));
            }
        }
        self.kill();
    }

    fn wait_until_it_listens(&mut self) -> Result<()> {
        let program = self.setup.command.get_program().display().to_string();
        let start = Instant::now();
        while !self.setup.is_ready() {
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "{program} ended before it listened: {status}: {}",
                    self.last_words()
                );
            }
            if start.elapsed() > START_LIMIT {
                bail!(
                    "{program} did not listen within {START_LIMIT:?}: {}",
                    self.last_words()
                );
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// The end of what it complained of.
    fn last_words(&self) -> String {
        let log = fs::read(self.folder.path().join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let mut lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.reverse();
        lines.join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn spawn(command: &mut Command) -> Result<Child> {
    let program = command.get_program().display().to_string();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    child.with_context(|| format!("cannot start {program}"))
}

fn listens(address: &str) -> bool {
    match address.parse::<SocketAddr>() {
        Ok(address) => TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok(),
        Err(_) => Path::new(address).exists(),
    }
}
