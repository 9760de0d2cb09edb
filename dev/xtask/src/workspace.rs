//! Where things lie: the workspace and its caches.

use std::env;
use std::path::{Path, PathBuf};

/// The packages whose tests also run as guests.
pub(crate) const GUEST_PACKAGES: &[&str] = &[
    "net-traits",
    "net-wasip1",
    "net-dial",
    "net-resolver",
    "net-memory",
    "net-peers",
    "net-everywhere",
    "examples-in-memory",
    "net-grpc",
    "net-http",
    "net-memcache",
    "net-mysql",
    "net-postgres",
    "net-redis",
    "net-tls",
    "net-ttrpc",
    "net-websocket",
];

/// The workspace's root folder.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// The folder of the certificates that tests, and servers for tests, show and believe.
pub(crate) fn test_certificates() -> PathBuf {
    root().join("integrations/tls/tests/it/certificates")
}

/// The folder of installed hosts: `$NET_HOSTS_DIR`, or `target/hosts`.
pub(crate) fn hosts_dir() -> PathBuf {
    match env::var_os("NET_HOSTS_DIR") {
        // Relative to where the command was typed, and still right after a change of folder.
        Some(dir) if !dir.is_empty() => std::path::absolute(&dir).unwrap_or(dir.into()),
        _ => root().join("target/hosts"),
    }
}

/// The folder of modules that were compiled ahead of time.
pub(crate) fn aot_dir() -> PathBuf {
    root().join("target/aot")
}

/// Whether this runs in continuous integration, where a missing host is a failure.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}
