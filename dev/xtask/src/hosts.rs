//! The hosts of wasm modules: which there are, where they are, whether they run.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::child_output;
use crate::workspace;

/// A kind of host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HostKind {
    #[value(help = "net-run, the workspace's own host")]
    NetRun,
    #[value(
        name = "wasmedge",
        help = "WasmEdge, which runs modules compiled ahead of time"
    )]
    WasmEdge,
    #[value(help = "wasi-go, on wazero")]
    WasiGo,
}

impl HostKind {
    /// Every kind, in the order in which they are used.
    pub(crate) const ALL: [Self; 3] = [Self::NetRun, Self::WasmEdge, Self::WasiGo];

    /// The name that people know it by.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NetRun => "net-run",
            Self::WasmEdge => "WasmEdge",
            Self::WasiGo => "wasi-go",
        }
    }

    /// The version that `setup-hosts` installs.
    pub(crate) fn pinned_version(self) -> &'static str {
        match self {
            Self::NetRun => env!("CARGO_PKG_VERSION"),
            Self::WasmEdge => "0.14.1",
            Self::WasiGo => "0.8.0",
        }
    }

    /// How a person gets it where `setup-hosts` cannot.
    pub(crate) fn how_to_get(self) -> &'static str {
        match self {
            Self::NetRun => "use a Linux machine with Rust 1.95 or later, and a C compiler",
            Self::WasmEdge => {
                "use a Debian machine with apt-get and dpkg, or put `wasmedge` 0.14.x on PATH"
            }
            Self::WasiGo => "install Go 1.22 or later, or put `wasirun` v0.8.x on PATH",
        }
    }

    /// The folder that `setup-hosts` installs it into.
    pub(crate) fn folder(self) -> PathBuf {
        let hosts = workspace::hosts_dir();
        match self {
            Self::NetRun => hosts.join("net-run"),
            Self::WasmEdge => hosts.join("wasmedge-0.14.1"),
            Self::WasiGo => hosts.join("wasi-go-0.8.0-wazero-1.9.0"),
        }
    }

    /// Its program, relative to its folder.
    pub(crate) fn program_in(self, folder: &Path) -> PathBuf {
        folder.join("bin").join(self.program())
    }

    fn program(self) -> &'static str {
        match self {
            Self::NetRun => "net-run",
            Self::WasmEdge => "wasmedge",
            Self::WasiGo => "wasirun",
        }
    }

    fn accepts(self, version: &str) -> bool {
        match self {
            Self::NetRun => version == self.pinned_version(),
            Self::WasmEdge => version.starts_with("0.14."),
            Self::WasiGo => version.starts_with("0.8."),
        }
    }
}

/// A host that runs.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) kind: HostKind,
    pub(crate) version: String,
    pub(crate) program: PathBuf,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.version)
    }
}

impl Host {
    /// The installed host of this kind, else the one on `PATH`.
    pub(crate) fn find(kind: HostKind) -> Option<Self> {
        let installed = kind.program_in(&kind.folder());
        Self::probe(kind, &installed).or_else(|| {
            let path = env::var_os("PATH")?;
            env::split_paths(&path).find_map(|dir| Self::probe(kind, &dir.join(kind.program())))
        })
    }

    /// The host at `program`, when it starts and its version fits.
    pub(crate) fn probe(kind: HostKind, program: &Path) -> Option<Self> {
        if !program.is_file() {
            return None;
        }
        let printed = child_output::capture(Command::new(program).arg("--version")).ok()?;
        let version = version_in(&String::from_utf8_lossy(&printed))?;
        kind.accepts(&version).then(|| Self {
            kind,
            version,
            program: program.to_owned(),
        })
    }
}

/// The version at the end of a first line such as `wasmedge version 0.14.1`.
fn version_in(printed: &str) -> Option<String> {
    let last = printed.lines().next()?.split_whitespace().next_back()?;
    Some(last.trim_start_matches('v').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_that_each_host_prints() {
        let wasmedge = "wasmedge version 0.14.1\n (plugin \"wasi_logging\") version 0.1.0.0\n";
        assert_eq!(version_in(wasmedge).as_deref(), Some("0.14.1"));
        assert_eq!(version_in("net-run 0.1.0\n").as_deref(), Some("0.1.0"));
        assert_eq!(version_in("wasirun v0.8.0\n").as_deref(), Some("0.8.0"));
        assert_eq!(version_in(""), None);
    }

    #[test]
    fn accepts_only_versions_that_fit() {
        assert!(HostKind::WasmEdge.accepts("0.14.0"));
        assert!(!HostKind::WasmEdge.accepts("0.17.1"));
        assert!(!HostKind::WasiGo.accepts("devel"));
    }
}
