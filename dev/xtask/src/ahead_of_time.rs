//! Modules compiled ahead of time for `WasmEdge`, cached by what they depend on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::child_output::capture;
use crate::hosts::Host;
use crate::workspace;

/// The tool's own default: optimised, for what people wait on at run time.
pub(crate) const OPTIMISED: u8 = 2;
/// Several times faster to compile, for what runs once.
pub(crate) const QUICK: u8 = 0;

/// Artifacts that nothing used for so long are removed.
const UNUSED: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// The compiled form of `module`, from the cache or compiled now.
pub(crate) fn artifact(host: &Host, module: &Path, optimize: u8) -> Result<PathBuf> {
    let wasm = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let stem = module.file_stem().unwrap_or_default().to_string_lossy();
    let key = cache_key(&wasm, &host.version, optimize);
    let cache = workspace::aot_dir();
    let artifact = cache.join(format!("{stem}-{key}.so"));
    if let Ok(file) = File::options().append(true).open(&artifact) {
        // The date only decides about removal.
        let _ = file.set_modified(SystemTime::now());
        return Ok(artifact);
    }

    fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
    remove_unused(&cache);
    eprintln!("WasmEdge: compiling {stem} ahead of time (--optimize {optimize})");
    let partial = cache.join(format!(".partial-{}-{key}.so", process::id()));
    let compiled = capture(
        Command::new(&host.program)
            .args(["compile", "--optimize", &optimize.to_string()])
            .arg(module)
            .arg(&partial),
    );
    if let Err(error) = compiled {
        // It may not have been written at all.
        let _ = fs::remove_file(&partial);
        return Err(error.context(format!("compiling {}", module.display())));
    }
    fs::rename(&partial, &artifact)
        .with_context(|| format!("cannot create {}", artifact.display()))?;
    Ok(artifact)
}

/// Compiles several modules, as many at a time as there are cores.
pub(crate) fn artifacts(host: &Host, modules: &[PathBuf], optimize: u8) -> Result<()> {
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(modules.len());
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some(module) = modules.get(next.fetch_add(1, Ordering::Relaxed)) {
            artifact(host, module, optimize)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles
            .into_iter()
            .try_for_each(|handle| match handle.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
    })
}

fn cache_key(wasm: &[u8], version: &str, optimize: u8) -> String {
    let mut hasher = Sha256::new();
    hasher.update(wasm);
    hasher.update(format!("{version}\n{optimize}\n{}", processor_features()));
    let mut key = format!("{:x}", hasher.finalize());
    key.truncate(32);
    key
}

/// What the machine code depends on besides: a cache may move to another machine.
fn processor_features() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info
        .lines()
        .find(|line| line.starts_with("flags") || line.starts_with("Features"));
    line.unwrap_or_default().to_owned()
}

fn remove_unused(cache: &Path) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let age = entry
            .metadata()
            .ok()
            .and_then(|data| data.modified().ok()?.elapsed().ok());
        if age.is_some_and(|age| age > UNUSED) {
            // Another run may be removing it at the same time.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_follows_everything_that_the_artifact_depends_on() {
        let key = cache_key(b"module", "0.14.1", QUICK);
        assert_eq!(key, cache_key(b"module", "0.14.1", QUICK));
        assert_ne!(key, cache_key(b"module2", "0.14.1", QUICK));
        assert_ne!(key, cache_key(b"module", "0.14.0", QUICK));
        assert_ne!(key, cache_key(b"module", "0.14.1", OPTIMISED));
    }
}
