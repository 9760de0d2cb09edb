//! Programs from Debian's packages, beside whatever release the machine runs.
//!
//! apt works on state of our own, so that nothing of the machine's changes. The packages are
//! unpacked, not installed, with all that they depend on, the C library included; hence a
//! program starts through the unpacked dynamic loader.

use std::env;
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, anyhow, bail};

use crate::apt_sources::{self, Source};
use crate::child_output::capture;
use crate::staging::Staging;
use crate::workspace;

/// The Debian release whose packages are taken, whatever the machine runs, unless a package says
/// another.
pub(crate) const SUITE: &str = "trixie";

/// A package with the program that it is wanted for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    /// Where the program is in it, such as `usr/bin/wasmedge`.
    pub(crate) program: &'static str,
    /// The release that it is taken from, such as [`SUITE`].
    pub(crate) suite: &'static str,
}

impl Package {
    /// Unpacks it into a folder, whose `bin` then has the program.
    pub(crate) fn unpack(&self, folder: &Path) -> Result<()> {
        for tool in ["apt-get", "dpkg"] {
            capture(Command::new(tool).arg("--version"))
                .with_context(|| format!("its package needs {tool}, which is not here"))?;
        }
        let work = folder.join("apt");
        let packages = self.download(&work)?;
        self.say(&format!("unpacking {} packages", packages.len()));
        let root = folder.join("root");
        for package in &packages {
            capture(Command::new("dpkg").arg("-x").arg(package).arg(&root))?;
        }
        fs::remove_dir_all(&work).context("cannot remove apt's state")?;
        self.write_starter(folder, &root)
    }

    /// The program from `PATH`, or else unpacked below the target folder.
    pub(crate) fn find_or_unpack(&self) -> Result<PathBuf> {
        let name = self.program_name();
        let path = env::var_os("PATH").unwrap_or_default();
        let on_path = env::split_paths(&path).map(|folder| folder.join(name));
        if let Some(program) = on_path.into_iter().find(|program| program.is_file()) {
            return Ok(program);
        }
        Ok(self.program_in(&self.unpacked()?))
    }

    /// Its folder below the target folder, unpacked where it is not yet; by one thread at a
    /// time, since tests ask for the same one at once.
    pub(crate) fn unpacked(&self) -> Result<PathBuf> {
        static UNPACKING: Mutex<()> = Mutex::new(());
        let _guard = UNPACKING.lock().unwrap_or_else(PoisonError::into_inner);
        let place = workspace::root().join("target/peers").join(self.name);
        if !self.program_in(&place).exists() {
            let staging = Staging::beside(&place)?;
            self.unpack(staging.path())?;
            staging.finish()?;
        }
        Ok(place)
    }

    /// The program in a folder that it was unpacked into.
    pub(crate) fn program_in(&self, folder: &Path) -> PathBuf {
        folder.join("bin").join(self.program_name())
    }

    fn program_name(&self) -> &'static str {
        self.program.rsplit('/').next().unwrap_or(self.program)
    }

    /// Downloads the package and all that it depends on, from the first archive that has it.
    fn download(&self, work: &Path) -> Result<Vec<PathBuf>> {
        let mut first_failure = None;
        for source in &apt_sources::debian_archives() {
            match self.download_from(source, work) {
                Ok(packages) => return Ok(packages),
                Err(error) => first_failure = first_failure.or(Some(error)),
            }
        }
        Err(first_failure.unwrap_or_else(|| anyhow!("apt's sources name no Debian archive")))
    }

    fn download_from(&self, source: &Source, work: &Path) -> Result<Vec<PathBuf>> {
        prepare(source, self.suite, work)?;
        self.say(&format!(
            "reading the package lists of Debian {}",
            self.suite
        ));
        capture(apt_get(work).arg("update").arg("--error-on=any"))?;
        self.say("downloading the package and its dependencies");
        capture(apt_get(work).args(["install", "--download-only", "--yes", self.name]))?;
        let mut packages = Vec::new();
        for entry in fs::read_dir(work.join("cache/archives"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "deb") {
                packages.push(path);
            }
        }
        Ok(packages)
    }

    /// Writes a script that starts the program through the unpacked loader.
    fn write_starter(&self, folder: &Path, root: &Path) -> Result<()> {
        let loader = find_loader(root)?;
        let loader = loader.strip_prefix(root)?.display();
        let program = self.program;
        let script = format!(
            "#!/bin/sh
root=${{0%/bin/*}}/root
libraries=\"$root/usr/lib/{ARCH}-linux-gnu:$root/lib/{ARCH}-linux-gnu\"
exec \"$root/{loader}\" --library-path \"$libraries\" \"$root/{program}\" \"$@\"
"
        );
        let starter = self.program_in(folder);
        fs::create_dir_all(folder.join("bin")).context("cannot create bin")?;
        fs::write(&starter, script)
            .with_context(|| format!("cannot write {}", starter.display()))?;
        capture(Command::new("chmod").arg("755").arg(&starter))?;
        Ok(())
    }

    fn say(&self, what: &str) {
        eprintln!("{}: {what}", self.name);
    }
}

/// Writes apt's own state for one archive.
fn prepare(source: &Source, suite: &str, work: &Path) -> Result<()> {
    for dir in ["state/lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(work.join(dir)).context("cannot create apt's folders")?;
    }
    // No package counts as installed: all dependencies are downloaded.
    fs::write(work.join("status"), "").context("cannot write apt's status")?;
    let key = source
        .signed_by
        .iter()
        .map(|key| format!("Signed-By: {key}\n"));
    let entry = format!(
        "Types: deb\nURIs: {}\nSuites: {suite}\nComponents: main\n{}",
        source.uri,
        key.collect::<String>()
    );
    fs::write(work.join("archive.sources"), entry).context("cannot write apt's sources")
}

fn apt_get(work: &Path) -> Command {
    let mut command = Command::new("apt-get");
    command.arg("-q").env("DEBIAN_FRONTEND", "noninteractive");
    let private = [
        ("Dir::State", "state"),
        ("Dir::State::status", "status"),
        ("Dir::Cache", "cache"),
        ("Dir::Etc::sourcelist", "archive.sources"),
    ];
    for (option, name) in private {
        command
            .arg("-o")
            .arg(format!("{option}={}", work.join(name).display()));
    }
    let fixed = [
        "Dir::Etc::sourceparts=/dev/null",
        "Dir::Etc::preferences=/dev/null",
        "Dir::Etc::preferencesparts=/dev/null",
        "APT::Sandbox::User=root",
        "APT::Install-Recommends=false",
        "Acquire::Languages=none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false",
    ];
    for option in fixed {
        command.arg("-o").arg(option);
    }
    command
}

fn find_loader(root: &Path) -> Result<PathBuf> {
    // Up to bookworm, packages have files in `lib` beside `usr/lib`.
    let folders = ["usr/lib64", "lib64"].map(str::to_owned);
    let of_machine = ["usr/lib", "lib"].map(|lib| format!("{lib}/{ARCH}-linux-gnu"));
    for dir in folders.into_iter().chain(of_machine) {
        for entry in fs::read_dir(root.join(dir)).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("ld-linux-") {
                return Ok(entry.path());
            }
        }
    }
    bail!("the C library's package holds no dynamic loader for {ARCH}")
}
