//! The command line.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result};
use bytesize::ByteSize;
use clap::{Parser, error::ErrorKind};
use net_run::{Access, Limits, ListenRule, NameRule, NetRule, Policy, Stop, UnixRule};

/// The value of `--trace` without a file.
pub(crate) const TO_STDERR: &str = "-";
/// The environment variable with flags for runs with `--dev`.
const DEVELOPER_FLAGS: &str = "NET_RUN_FLAGS";

const EXAMPLES: &str = "\
RULE is host[:port[-port]]; host is *, an IP address, a CIDR block such as
10.0.0.0/8, a host name, or *.example.com for its subdomains. Without a port, the
rule matches every port. Flags that begin with --allow- or --deny- may also follow
directly after the module.

Examples:
  net-run server.wasm --allow-listen=127.0.0.1:8080
  net-run --allow-net=example.com:443,10.0.0.0/8:5432 client.wasm --verbose
  net-run --dir /data::./files:readonly --env TOKEN --timeout 1m job.wasm
  net-run --trace --allow-all app.wasm
As a cargo runner, in .cargo/config.toml:
  [target.wasm32-wasip1]
  runner = \"net-run --dev\"";

/// Runs a wasm32-wasip1 program that uses sockets. The network is denied
/// unless a flag allows it.
#[derive(Debug, Parser)]
#[command(name = "net-run", version, after_help = EXAMPLES, max_term_width = 90)]
pub(crate) struct Flags {
    /// Allow connections and datagrams to these hosts; to every host without RULE
    #[arg(long, value_name = "RULE,…", num_args = 0..=1, require_equals = true,
          default_missing_value = "*", value_delimiter = ',', help_heading = "Network")]
    allow_net: Vec<NetRule>,
    /// Deny connections and datagrams to these hosts; takes precedence over every --allow flag
    #[arg(long, value_name = "RULE,…", num_args = 0..=1, require_equals = true,
          default_missing_value = "*", value_delimiter = ',', help_heading = "Network")]
    deny_net: Vec<NetRule>,
    /// Allow binding these local addresses, to listen or to receive; any address without RULE
    #[arg(long, value_name = "RULE,…", num_args = 0..=1, require_equals = true,
          default_missing_value = "*", value_delimiter = ',', help_heading = "Network")]
    allow_listen: Vec<ListenRule>,
    /// Allow these Unix sockets: a path, a directory with a trailing /, or an abstract @name
    #[arg(
        long,
        value_name = "PATH,…",
        require_equals = true,
        value_delimiter = ',',
        help_heading = "Network"
    )]
    allow_unix: Vec<UnixRule>,
    /// Allow looking up these host names, but not connecting to them; any name without NAME
    #[arg(long, value_name = "NAME,…", num_args = 0..=1, require_equals = true,
          default_missing_value = "*", value_delimiter = ',', help_heading = "Network")]
    allow_dns: Vec<NameRule>,
    /// Allow everything: every address, host name and Unix socket
    #[arg(long, short = 'A', help_heading = "Network")]
    pub(crate) allow_all: bool,
    /// Read rules from a TOML file, in addition to those of the flags
    #[arg(long, value_name = "FILE", help_heading = "Network")]
    policy: Vec<PathBuf>,
    /// Log each network call of the guest and its result, to stderr or to FILE
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true,
          default_missing_value = TO_STDERR, help_heading = "Network")]
    pub(crate) trace: Option<PathBuf>,

    #[arg(
        long = "dir",
        help = "Make a directory visible to the guest: DIR, or GUEST::HOST; read-only with \
                :readonly appended",
        value_name = "GUEST::HOST",
        help_heading = "Guest"
    )]
    pub(crate) dirs: Vec<Dir>,
    /// Set an environment variable for the guest; NAME alone passes the host's value
    #[arg(long, value_name = "NAME[=VALUE]", help_heading = "Guest")]
    env: Vec<String>,
    #[arg(
        long,
        help = "Use defaults for development: allow loopback, pass RUST_* variables, and read \
                more flags from NET_RUN_FLAGS and rules from [package.metadata.net-run] in \
                Cargo.toml",
        help_heading = "Guest"
    )]
    dev: bool,

    /// Limit the guest's memory, such as 64MiB
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "1GiB",
        help_heading = "Limits"
    )]
    max_memory: ByteSize,
    /// Limit the number of the guest's open sockets
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 10_000,
        help_heading = "Limits"
    )]
    max_sockets: u32,
    /// Stop the guest after this CPU time, such as 10s
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration,
          help_heading = "Limits")]
    max_cpu: Option<Duration>,
    /// Stop the guest after this wall-clock time, such as 1m
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration,
          help_heading = "Limits")]
    timeout: Option<Duration>,

    /// Compile the module without reading or writing the cache
    #[arg(long, help_heading = "Cache")]
    pub(crate) no_cache: bool,
    /// Cache compiled modules in this directory
    #[arg(long, value_name = "DIR", help_heading = "Cache")]
    pub(crate) cache_dir: Option<PathBuf>,

    /// The module to run, and its arguments
    #[arg(required = true, trailing_var_arg = true,
          value_names = ["MODULE", "ARGS"])]
    command: Vec<OsString>,

    #[arg(skip)]
    pub(crate) module: PathBuf,
    #[arg(skip)]
    pub(crate) args: Vec<String>,
}

/// A directory that the guest sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dir {
    pub(crate) guest: String,
    pub(crate) host: PathBuf,
    pub(crate) access: Access,
}

impl FromStr for Dir {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, access) = match text.strip_suffix(":readonly") {
            Some(path) => (path, Access::ReadOnly),
            None => (text, Access::ReadWrite),
        };
        let (guest, host) = path.split_once("::").unwrap_or((path, path));
        if guest.is_empty() || host.is_empty() {
            return Err("expected a directory, such as /data::./files:readonly".to_owned());
        }
        Ok(Dir {
            guest: guest.to_owned(),
            host: host.into(),
            access,
        })
    }
}

impl Flags {
    /// Reads the command line of this process.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        let developer_flags = env::var(DEVELOPER_FLAGS).unwrap_or_default();
        let line: Vec<OsString> = env::args_os().collect();
        Flags::from_line(&line, &developer_flags)
    }

    fn from_line(line: &[OsString], developer_flags: &str) -> Result<Self, clap::Error> {
        let first = Flags::try_parse_from(line)?;
        let module_at = line.len() - first.command.len();
        // Rules after the module are moved before it, and so are those of the
        // environment, so that they are parsed in one place.
        let (before, command) = line.split_at(module_at);
        let mut moved = before.to_vec();
        if first.dev {
            moved.extend(developer_flags.split_whitespace().map(OsString::from));
        }
        let is_rule = |arg: &&OsString| {
            let arg = arg.to_string_lossy();
            arg.starts_with("--allow-") || arg.starts_with("--deny-")
        };
        let rules = command[1..].iter().take_while(is_rule).count();
        moved.extend_from_slice(&command[1..=rules]);
        moved.push(command[0].clone());
        moved.extend_from_slice(&command[1 + rules..]);
        let mut flags = Flags::try_parse_from(&moved)?;
        flags.split_command()?;
        Ok(flags)
    }

    fn split_command(&mut self) -> Result<(), clap::Error> {
        let mut command = std::mem::take(&mut self.command).into_iter();
        self.module = command.next().unwrap_or_default().into();
        let mut args = command.peekable();
        args.next_if(|arg| arg == OsStr::new("--"));
        for arg in args {
            self.args.push(arg.into_string().map_err(|arg| {
                let said = format!("invalid argument {}: not valid UTF-8\n", arg.display());
                clap::Error::raw(ErrorKind::InvalidUtf8, said)
            })?);
        }
        Ok(())
    }

    /// Returns the policy of the flags.
    pub(crate) fn policy(&self) -> Result<Policy> {
        let mut policy = match (self.allow_all, self.dev) {
            (true, _) => Policy::allow_all(),
            (false, true) => Policy::loopback().and(of_manifest()?),
            (false, false) => Policy::deny_all(),
        };
        for path in &self.policy {
            let read = || Ok(Policy::from_toml(&fs::read_to_string(path)?)?);
            let found: Result<Policy> = read();
            policy = policy.and(found.with_context(|| path.display().to_string())?);
        }
        policy = self
            .allow_net
            .iter()
            .cloned()
            .fold(policy, Policy::allow_net);
        policy = self.deny_net.iter().cloned().fold(policy, Policy::deny_net);
        policy = self
            .allow_listen
            .iter()
            .cloned()
            .fold(policy, Policy::allow_listen);
        policy = self
            .allow_unix
            .iter()
            .cloned()
            .fold(policy, Policy::allow_unix);
        Ok(self
            .allow_dns
            .iter()
            .cloned()
            .fold(policy, Policy::allow_dns))
    }

    /// Returns the limits of the flags.
    pub(crate) fn limits(&self) -> Limits {
        let memory = usize::try_from(self.max_memory.as_u64()).unwrap_or(usize::MAX);
        let mut limits = Limits::new().memory(memory).sockets(self.max_sockets);
        if let Some(time) = self.max_cpu {
            limits = limits.cpu_time(time);
        }
        if let Some(time) = self.timeout {
            limits = limits.wall_time(time);
        }
        limits
    }

    /// Returns the guest's environment variables.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let mut variables = Vec::new();
        if self.dev {
            variables.extend(env::vars().filter(|(name, _)| name.starts_with("RUST_")));
        }
        for given in &self.env {
            match given.split_once('=') {
                Some((name, value)) => variables.push((name.to_owned(), value.to_owned())),
                None => variables.extend(env::var(given).ok().map(|value| (given.clone(), value))),
            }
        }
        variables
    }

    /// Describes the limit that stopped the guest, with its flag.
    pub(crate) fn explain(&self, stop: Stop) -> String {
        let (flag, limit) = match stop {
            Stop::WallTime => ("--timeout", self.timeout),
            Stop::CpuTime => ("--max-cpu", self.max_cpu),
            _ => return stop.to_string(),
        };
        let limit = humantime::format_duration(limit.unwrap_or_default());
        format!("{stop} ({flag}={limit})")
    }
}

/// Reads the rules in the manifest of the package that cargo runs.
fn of_manifest() -> Result<Policy> {
    let Some(folder) = env::var_os("CARGO_MANIFEST_DIR") else {
        return Ok(Policy::deny_all());
    };
    let path = PathBuf::from(folder).join("Cargo.toml");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Policy::from_manifest(&text).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(line: &str, developer_flags: &str) -> Flags {
        let line: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Flags::from_line(&line, developer_flags).expect("flags")
    }

    #[test]
    fn what_is_behind_the_module_is_the_guests_but_for_rules_right_behind_it() {
        let flags = flags(
            "net-run app.wasm --allow-net=a.example:1,b.example --deny-net=*:25 x --allow-net=c",
            "",
        );
        assert_eq!(flags.module, PathBuf::from("app.wasm"));
        assert_eq!((flags.allow_net.len(), flags.deny_net.len()), (2, 1));
        assert_eq!(flags.args, ["x", "--allow-net=c"]);
    }

    #[test]
    fn after_two_dashes_everything_is_the_guests() {
        let flags = flags("net-run app.wasm -- --allow-net=c --help", "");
        assert!(flags.allow_net.is_empty());
        assert_eq!(flags.args, ["--allow-net=c", "--help"]);
    }

    #[test]
    fn flags_of_the_environment_count_for_developers_alone() {
        let from_environment = "--allow-net=*:443 --max-sockets 5";
        let mine = flags("net-run --dev app.wasm", from_environment);
        assert_eq!((mine.allow_net.len(), mine.max_sockets), (1, 5));
        assert!(
            flags("net-run app.wasm", from_environment)
                .allow_net
                .is_empty()
        );
    }

    #[test]
    fn a_folder_has_two_names_and_may_be_for_reading_only() {
        let dir = |text: &str| text.parse::<Dir>();
        let expected = Dir {
            guest: "/data".to_owned(),
            host: "./files".into(),
            access: Access::ReadOnly,
        };
        assert_eq!(dir("/data::./files:readonly"), Ok(expected));
        let same = dir("/tmp").expect("a folder");
        assert_eq!(
            (same.guest.as_str(), same.access),
            ("/tmp", Access::ReadWrite)
        );
        assert!(dir("::/tmp").is_err());
        assert!(dir("").is_err());
    }
}
