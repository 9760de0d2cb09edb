//! The command line that runs a module on a host.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::ahead_of_time;
use crate::hosts::{Host, HostKind};

/// What wasi-go lets a guest open where nothing else is asked for.
const MAX_OPEN_FILES: u32 = 1024;

/// A module to run, and what it may see of the machine.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    pub(crate) module: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: BTreeMap<OsString, OsString>,
    pub(crate) dirs: Vec<Preopen>,
    /// Addresses of listeners that are open when it begins.
    pub(crate) listeners: Vec<String>,
    pub(crate) max_open_files: Option<u32>,
    pub(crate) optimize: u8,
}

/// A folder of the machine that the guest sees under a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Preopen {
    guest: String,
    host: String,
}

impl Preopen {
    /// Reads `GUEST:HOST`, or `PATH` for a folder that keeps its name.
    pub(crate) fn parse(text: &str) -> Self {
        let (guest, host) = text.split_once(':').unwrap_or((text, text));
        Self {
            guest: guest.to_owned(),
            host: host.to_owned(),
        }
    }
}

impl Guest {
    /// A guest with the environment that every guest gets.
    pub(crate) fn new(module: &Path, optimize: u8) -> Self {
        Self {
            module: module.to_owned(),
            args: Vec::new(),
            env: inherited_env(),
            dirs: Vec::new(),
            listeners: Vec::new(),
            max_open_files: None,
            optimize,
        }
    }

    /// The same guest with one argument more.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// The command that runs this guest on `host`.
    pub(crate) fn command(&self, host: &Host) -> Result<Command> {
        if host.kind != HostKind::WasiGo && !self.listeners.is_empty() {
            bail!("{} cannot open listeners for a guest", host.kind.name());
        }
        match host.kind {
            HostKind::NetRun => Ok(self.on_net_run(host)),
            HostKind::WasmEdge => {
                let artifact = ahead_of_time::artifact(host, &self.module, self.optimize)?;
                Ok(self.on_wasmedge(host, &artifact))
            }
            HostKind::WasiGo => self.on_wasi_go(host),
        }
    }

    /// With rules that let it reach what the other hosts do.
    fn on_net_run(&self, host: &Host) -> Command {
        let mut command = Command::new(&host.program);
        command.args(["--allow-net", "--allow-listen", "--allow-dns"]);
        command.arg("--allow-unix=*");
        if let Some(limit) = self.max_open_files {
            command.arg("--max-sockets").arg(limit.to_string());
        }
        for dir in &self.dirs {
            command
                .arg("--dir")
                .arg(format!("{}::{}", dir.guest, dir.host));
        }
        self.push_env(&mut command);
        command.arg(&self.module).arg("--").args(&self.args);
        command
    }

    fn on_wasmedge(&self, host: &Host, artifact: &Path) -> Command {
        let mut command = match self.max_open_files {
            Some(limit) => limited(&host.program, limit),
            None => Command::new(&host.program),
        };
        if host.needs_run_mode() {
            command.arg("--run-mode=aot");
        }
        command.arg("--allow-af-unix");
        for dir in &self.dirs {
            command
                .arg("--dir")
                .arg(format!("{}:{}", dir.guest, dir.host));
        }
        self.push_env(&mut command);
        command.arg(artifact).args(&self.args);
        command
    }

    fn on_wasi_go(&self, host: &Host) -> Result<Command> {
        let limit = self.max_open_files.unwrap_or(MAX_OPEN_FILES);
        let mut command = Command::new(&host.program);
        command.arg("--max-open-files").arg(limit.to_string());
        for dir in &self.dirs {
            if dir.guest != dir.host {
                bail!(
                    "wasi-go cannot show {} as {}: a folder keeps its name",
                    dir.host,
                    dir.guest
                );
            }
            command.arg("--dir").arg(&dir.host);
        }
        for address in &self.listeners {
            command.arg("--listen").arg(address);
        }
        self.push_env(&mut command);
        command.arg(&self.module).arg("--").args(&self.args);
        Ok(command)
    }

    fn push_env(&self, command: &mut Command) {
        for (name, value) in &self.env {
            let mut pair = name.clone();
            pair.push("=");
            pair.push(value);
            command.arg("--env").arg(pair);
        }
    }
}

/// `program` with a soft limit on descriptors, which `WasmEdge` has no option for.
pub(crate) fn limited(program: &Path, limit: u32) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"ulimit -S -n "$1" && shift && exec "$@""#, "sh"])
        .arg(limit.to_string())
        .arg(program);
    command
}

/// What passes into every guest: `RUST_BACKTRACE`, and whatever begins with `NET_`.
fn inherited_env() -> BTreeMap<OsString, OsString> {
    env::vars_os()
        .filter(|(name, _)| {
            name == "RUST_BACKTRACE" || name.to_str().is_some_and(|name| name.starts_with("NET_"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_name_unless_it_gets_another() {
        assert_eq!(Preopen::parse("/tmp"), Preopen::parse("/tmp:/tmp"));
        assert_ne!(Preopen::parse("/data:/tmp"), Preopen::parse("/tmp"));
    }

    #[test]
    fn net_run_gets_its_flags_before_the_module() {
        let host = Host {
            kind: HostKind::NetRun,
            version: "0.1.0".to_owned(),
            program: "net-run".into(),
        };
        let mut guest = Guest::new(Path::new("app.wasm"), 0).arg("--nocapture");
        guest.env = [("A".into(), "1".into())].into();
        guest.dirs.push(Preopen::parse("/data:/tmp"));
        let command = guest.command(&host).expect("a command");
        let args: Vec<&str> = command.get_args().filter_map(OsStr::to_str).collect();
        let expected = "--allow-net --allow-listen --allow-dns --allow-unix=* \
                        --dir /data::/tmp --env A=1 app.wasm -- --nocapture";
        assert_eq!(args.join(" "), expected);
    }

    #[test]
    fn wasmedge_is_told_not_to_interpret_where_it_has_the_option() {
        for (version, expected) in [
            ("0.16.4", "--allow-af-unix app.so --nocapture"),
            (
                "0.17.1",
                "--run-mode=aot --allow-af-unix app.so --nocapture",
            ),
        ] {
            let host = Host {
                kind: HostKind::WasmEdge,
                version: version.to_owned(),
                program: "wasmedge".into(),
            };
            let mut guest = Guest::new(Path::new("app.wasm"), 0).arg("--nocapture");
            guest.env.clear();
            let command = guest.on_wasmedge(&host, Path::new("app.so"));
            let args: Vec<&str> = command.get_args().filter_map(OsStr::to_str).collect();
            assert_eq!(args.join(" "), expected);
        }
    }

    #[test]
    fn wasi_go_gets_its_options_before_the_module() {
        let host = Host {
            kind: HostKind::WasiGo,
            version: "0.8.0".to_owned(),
            program: "wasirun".into(),
        };
        let mut guest = Guest::new(Path::new("app.wasm"), 0).arg("--nocapture");
        guest.env = [("A".into(), "1".into())].into();
        guest.dirs.push(Preopen::parse("/tmp"));
        let command = guest.command(&host).expect("a command");
        let args: Vec<&str> = command.get_args().filter_map(OsStr::to_str).collect();
        let expected = "--max-open-files 1024 --dir /tmp --env A=1 app.wasm -- --nocapture";
        assert_eq!(args.join(" "), expected);
        guest.dirs.push(Preopen::parse("/data:/tmp"));
        assert!(guest.command(&host).is_err());
    }
}
