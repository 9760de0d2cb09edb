//! Which programs tests may run, and where each comes from.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use super::go::GoProgram;
use super::python;
use crate::debian_package::{Package, SUITE};
use crate::workspace;

/// Where a program comes from that is not on `PATH`.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// Unpacked below the target folder.
    Debian(Package),
    /// Built below the target folder.
    Go(GoProgram),
    /// Python with packages, below the target folder.
    Python,
}

const PROGRAMS: &[(&str, Origin)] = &[
    ("curl", debian("curl", "usr/bin/curl")),
    ("grpcurl", Origin::Go(GRPCURL)),
    ("h2load", debian("nghttp2-client", "usr/bin/h2load")),
    ("memcached", debian("memcached", "usr/bin/memcached")),
    ("microsocks", debian("microsocks", "usr/bin/microsocks")),
    ("nginx", debian("nginx", "usr/sbin/nginx")),
    ("openssl", debian("openssl", "usr/bin/openssl")),
    ("python", Origin::Python),
    ("tinyproxy", debian("tinyproxy-bin", "usr/bin/tinyproxy")),
    ("ttrpc-interop", Origin::Go(TTRPC_INTEROP)),
    (
        "redis-server",
        debian("redis-server", "usr/bin/redis-server"),
    ),
    ("wrk", debian("wrk", "usr/bin/wrk")),
];

const GRPCURL: GoProgram = GoProgram {
    name: "grpcurl",
    module: "dev/xtask/grpcurl",
    package: "github.com/fullstorydev/grpcurl/cmd/grpcurl",
};

const TTRPC_INTEROP: GoProgram = GoProgram {
    name: "ttrpc-interop",
    module: "integrations/ttrpc/tests/interop",
    package: ".",
};

const fn debian(name: &'static str, program: &'static str) -> Origin {
    Origin::Debian(Package {
        name,
        program,
        suite: SUITE,
    })
}

/// Variables that would send a program elsewhere than to loopback.
const PROXY_VARIABLES: [&str; 6] = [
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "all_proxy",
    "http_proxy",
    "https_proxy",
];

/// The command that runs a program in the workspace's root folder.
pub(crate) fn command(name: &str) -> Result<Command> {
    let mut command = Command::new(find(name)?);
    command.current_dir(workspace::root());
    for variable in PROXY_VARIABLES {
        command.env_remove(variable);
    }
    Ok(command)
}

/// Installs what may take longer than a test has, unless it is there. What is not to be had is
/// for those who ask for it to say.
pub(crate) fn install_slow() {
    for (name, origin) in PROGRAMS {
        let slow = !matches!(origin, Origin::Debian(_));
        if slow && let Err(error) = find(name) {
            eprintln!("{name}: {error:#}");
        }
    }
}

/// A program, installed where it is missing; by one test at a time.
fn find(name: &str) -> Result<PathBuf> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let Some((_, origin)) = PROGRAMS.iter().find(|(known, _)| *known == name) else {
        bail!("no such program is offered to tests");
    };
    let _guard = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    match origin {
        Origin::Debian(package) => package
            .find_or_unpack()
            .with_context(|| format!("it is not on PATH, and {} is not to be had", package.name)),
        Origin::Go(program) => program.build(),
        Origin::Python => python::find_or_install(),
    }
}
