//! PostgreSQL, on TCP with TLS, and on a Unix socket.
//!
//! It refuses to run as root, and its programs find their files from where they are. So it is
//! used where Debian or a person has installed it, not unpacked.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};

use super::process::{Setup, free_address};
use crate::child_output::capture;
use crate::staging::Staging;
use crate::workspace;

/// Where Debian puts each version's programs.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Who may log in, and how. The first line that fits counts. Proving a password takes a guest
/// long, so few have one.
const RULES: &str = "\
local     all  all                     trust
hostssl   all  encrypted  127.0.0.1/32 trust
hostnossl all  encrypted  127.0.0.1/32 reject
hostssl   all  plain      127.0.0.1/32 reject
hostnossl all  plain      127.0.0.1/32 trust
host      all  guarded    127.0.0.1/32 scram-sha-256
host      all  old        127.0.0.1/32 md5
host      all  all        127.0.0.1/32 trust
";

/// The password is `secret`, where there is one.
const ROLES: &str = "\
CREATE ROLE encrypted LOGIN;
CREATE ROLE plain LOGIN;
CREATE ROLE guarded LOGIN PASSWORD 'secret';
SET password_encryption = 'md5';
CREATE ROLE old LOGIN PASSWORD 'secret';
";

const SETTINGS: &str = "\
fsync = off
max_connections = 50
shared_buffers = 16MB
dynamic_shared_memory_type = mmap
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
";

/// Copies a cluster that was made once.
pub(crate) fn set_up(folder: &Path) -> Result<Setup> {
    let programs = programs()?;
    let template = template(&programs)?;
    let data = folder.join("data");
    capture(Command::new("cp").arg("-a").arg(&template).arg(&data))?;
    give_away(folder)?;
    let address = free_address()?;
    let (host, port) = address.rsplit_once(':').context("host:port")?;
    let mut command = as_nobody(&programs.join("postgres"));
    command.arg("-D").arg(&data).args(["-h", host, "-p", port]);
    command.arg("-k").arg(folder);
    let socket = folder.join(format!(".s.PGSQL.{port}"));
    let socket = socket.display().to_string();
    let mut setup = Setup::new(command, &[("tcp", address), ("unix", socket)]);
    setup.ready = Some((data.join("postmaster.pid"), "ready"));
    Ok(setup)
}

/// The folder of the newest version's programs.
fn programs() -> Result<PathBuf> {
    let on_path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&on_path).collect();
    let mut versions: Vec<PathBuf> = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    let has_all =
        |folder: &PathBuf| folder.join("initdb").exists() && folder.join("postgres").exists();
    let found = folders.into_iter().find(has_all);
    found.context("it is not installed (Debian: apt-get install postgresql)")
}

/// A cluster with the roles of the tests, made by one test for all.
fn template(programs: &Path) -> Result<PathBuf> {
    static MAKING: Mutex<()> = Mutex::new(());
    let _guard = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let version = capture(Command::new(programs.join("postgres")).arg("--version"))?;
    let version = String::from_utf8_lossy(&version);
    let version = version.split_whitespace().nth(2).context("a version")?;
    let place = workspace::root().join(format!("target/peers/postgres-{version}"));
    if !place.exists() {
        make_template(programs, &place)?;
    }
    Ok(place)
}

fn make_template(programs: &Path, place: &Path) -> Result<()> {
    let staging = Staging::beside(place)?;
    // Not in the workspace, whose folders another user may not enter.
    let made = super::process::Folder::new("postgres-template")?;
    let data = made.path().join("data");
    give_away(made.path())?;
    let mut initdb = as_nobody(&programs.join("initdb"));
    initdb.arg("-D").arg(&data).args(["-U", "postgres"]);
    initdb.args(["-E", "UTF8", "--no-locale", "--no-sync", "--wal-segsize=1"]);
    capture(&mut initdb)?;
    let mut single = as_nobody(&programs.join("postgres"));
    single.args(["--single", "-D"]).arg(&data).arg("postgres");
    run_with(&mut single, ROLES)?;
    fs::write(data.join("pg_hba.conf"), RULES)?;
    let mut settings = fs::OpenOptions::new()
        .append(true)
        .open(data.join("postgresql.conf"))?;
    settings.write_all(SETTINGS.as_bytes())?;
    let certificates = workspace::test_certificates();
    for (from, to) in [
        ("localhost.pem", "server.pem"),
        ("localhost.key", "server.key"),
    ] {
        fs::copy(certificates.join(from), data.join(to)).with_context(|| from.to_owned())?;
    }
    capture(
        Command::new("chmod")
            .arg("600")
            .arg(data.join("server.key")),
    )?;
    capture(
        Command::new("cp")
            .arg("-a")
            .arg(data.join("."))
            .arg(staging.path()),
    )?;
    staging.finish()
}

fn run_with(command: &mut Command, input: &str) -> Result<()> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let status = child.wait()?;
    ensure!(
        status.success(),
        "{}: {status}",
        command.get_program().display()
    );
    Ok(())
}

/// A program as a user who may do nothing else, where this one is root.
fn as_nobody(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]);
    command.arg(program);
    command
}

/// Lets that user have a folder.
fn give_away(folder: &Path) -> Result<()> {
    if is_root() {
        capture(
            Command::new("chown")
                .args(["-R", "nobody:nogroup"])
                .arg(folder),
        )?;
    }
    Ok(())
}

fn is_root() -> bool {
    capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim_ascii() == b"0")
}
