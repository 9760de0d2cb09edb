//! `net-run`: runs a `wasm32-wasip1` program with sockets, within what its
//! flags allow.

#![forbid(unsafe_code)]

mod flags;
mod signals;

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use net_run::{Compiler, Exit, Guest, Input, Output, Stop};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::flags::{Flags, TO_STDERR};
use crate::signals::Signals;

/// The exit codes of other programs for the same reasons: timeout(1), abort(3).
const TIMED_OUT: i32 = 124;
const TRAPPED: i32 = 134;

fn main() -> ExitCode {
    let flags = match Flags::read() {
        Ok(flags) => flags,
        Err(error) => error.exit(),
    };
    raise_descriptor_limit();
    match run(&flags) {
        Ok(code) => std::process::exit(code),
        Err(error) => {
            say(&format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(flags: &Flags) -> Result<i32> {
    let policy = flags.policy()?;
    if flags.allow_all {
        say(&"warning: --allow-all lets the guest reach every address, host name and Unix socket");
    }
    let program = compiler(flags)?.load(&flags.module)?;
    let mut guest = Guest::new(&program)
        .arg(flags.module.display().to_string())
        .stdin(Input::inherit())
        .stdout(Output::inherit())
        .stderr(Output::inherit())
        .policy(policy)
        .limits(flags.limits())
        .on_notice(|notice| say(notice));
    for arg in &flags.args {
        guest = guest.arg(arg);
    }
    for (name, value) in flags.environment() {
        guest = guest.env(name, value);
    }
    for dir in &flags.dirs {
        guest = guest.folder(&dir.guest, &dir.host, dir.access);
    }
    guest = match &flags.trace {
        None => guest,
        Some(path) if path == Path::new(TO_STDERR) => guest.trace(io::stderr()),
        Some(path) => {
            let file = File::create(path);
            guest.trace(file.with_context(|| format!("cannot write {}", path.display()))?)
        }
    };
    let running = guest.start()?;
    let signals = Signals::stop_at(running.stop_handle())?;
    Ok(match running.wait()? {
        Exit::Code(code) => code,
        Exit::Trap(report) => {
            say(&format_args!("the guest trapped: {report}"));
            TRAPPED
        }
        Exit::Stopped(Stop::Asked) => signals.exit_code(),
        Exit::Stopped(limit) => {
            say(&format_args!(
                "the guest was stopped: {}",
                flags.explain(limit)
            ));
            TIMED_OUT
        }
        _ => 1,
    })
}

fn compiler(flags: &Flags) -> Result<Compiler> {
    Ok(match &flags.cache_dir {
        _ if flags.no_cache => Compiler::without_cache()?,
        Some(dir) => Compiler::with_cache_in(dir)?,
        None => Compiler::new()?,
    })
}

/// Raises the soft limit, which is low for the sake of programs that use
/// `select`; the guest has a limit of its own.
fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // If this is not permitted, the low limit remains.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Writes a line to stderr, with a prefix that tells it from the guest's lines.
fn say(line: &dyn std::fmt::Display) {
    // If stderr cannot be written, there is nowhere to report it.
    let _ = writeln!(io::stderr(), "net-run: {line}");
}
