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
                "use a Debian machine with apt-get and dpkg, or put `wasmedge` 0.14 or later on PATH"
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
            Self::WasmEdge => release(version) >= Some((0, 14)),
            Self::WasiGo => release(version) == Some((0, 8)),
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
    /// Finds the installed host of this kind, or else one on `PATH`.
    pub(crate) fn find(kind: HostKind) -> Option<Self> {
        let installed = kind.program_in(&kind.folder());
        Self::probe(kind, &installed).or_else(|| {
            let path = env::var_os("PATH")?;
            env::split_paths(&path).find_map(|dir| Self::probe(kind, &dir.join(kind.program())))
        })
    }

    /// Returns the host at `program` if it starts and its version is supported. Tells if
    /// it is not.
    pub(crate) fn probe(kind: HostKind, program: &Path) -> Option<Self> {
        if !program.is_file() {
            return None;
        }
        let printed = child_output::capture(Command::new(program).arg("--version"));
        let printed = printed.unwrap_or_default();
        let version = version_in(&String::from_utf8_lossy(&printed));
        let Some(version) = version.filter(|version| kind.accepts(version)) else {
            eprintln!(
                "{} is not used: its version is not supported, or it does not start",
                program.display()
            );
            return None;
        };
        Some(Self {
            kind,
            version,
            program: program.to_owned(),
        })
    }

    /// Whether it interprets modules that were compiled ahead of time unless told
    /// otherwise, as `WasmEdge` does since 0.17.
    pub(crate) fn needs_run_mode(&self) -> bool {
        self.kind == HostKind::WasmEdge && release(&self.version) >= Some((0, 17))
    }
}

/// Reads the major and minor number of a version such as `0.14.1` or `0.17.0-rc.1`.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(['.', '-', '+']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
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
        let wasmedge =
            "/usr/bin/wasmedge version 0.17.1\n (plugin \"wasi_logging\") version 0.1.0.0\n";
        assert_eq!(version_in(wasmedge).as_deref(), Some("0.17.1"));
        let wasmedge = "wasmedge version 0.14.1\n (plugin \"wasi_logging\") version 0.1.0.0\n";
        assert_eq!(version_in(wasmedge).as_deref(), Some("0.14.1"));
        assert_eq!(version_in("net-run 0.1.0\n").as_deref(), Some("0.1.0"));
        assert_eq!(version_in("wasirun v0.8.0\n").as_deref(), Some("0.8.0"));
        assert_eq!(version_in(""), None);
    }

    #[test]
    fn accepts_only_versions_that_fit() {
        for version in [
            "0.14.0",
            "0.14.1-12-gabcdef",
            "0.17.1",
            "0.100.0",
            "1.0.0-rc.1",
        ] {
            assert!(HostKind::WasmEdge.accepts(version), "{version}");
        }
        for version in ["0.13.5", "0.9.1", "devel", "0", "", "0.x.14"] {
            assert!(!HostKind::WasmEdge.accepts(version), "{version}");
        }
        assert!(HostKind::WasiGo.accepts("0.8.0"));
        assert!(!HostKind::WasiGo.accepts("0.80.0"));
        assert!(!HostKind::WasiGo.accepts("devel"));
    }

    #[test]
    fn wasmedge_needs_a_run_mode_since_0_17() {
        let needs = |kind, version: &str| {
            let host = Host {
                kind,
                version: version.to_owned(),
                program: "host".into(),
            };
            host.needs_run_mode()
        };
        assert!(needs(HostKind::WasmEdge, "0.17.0"));
        assert!(needs(HostKind::WasmEdge, "1.0.0"));
        assert!(!needs(HostKind::WasmEdge, "0.16.4"));
        assert!(!needs(HostKind::NetRun, "0.17.0"));
    }
}
