//! MariaDB 10.11, on TCP and a Unix socket.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::mysql_data;
use super::process::Setup;
use crate::child_output::capture_with_input;
use crate::debian_package::Package;

const PACKAGE: Package = Package {
    name: "mariadb-server",
    program: "usr/sbin/mariadbd",
    suite: "bookworm",
};

/// What `mariadb-install-db` would run, which starts programs by paths of its own.
const SYSTEM_TABLES: [&str; 3] = [
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
];

const INSTALL_LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn set_up(folder: &Path) -> Result<Setup> {
    let package = PACKAGE.unpacked()?;
    mysql_data::copy_data(&package, &folder.join("data"), |data| {
        install(&package, data)
    })?;
    let mut command = server(&package);
    command.arg("--plugin-load-add=auth_ed25519");
    mysql_data::listening(command, folder)
}

fn install(package: &Path, data: &Path) -> Result<()> {
    let mut sql = String::from("CREATE DATABASE mysql;\nUSE mysql;\n");
    for file in SYSTEM_TABLES {
        let path = package.join("root/usr/share/mysql").join(file);
        sql += &fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
    }
    let mut command = server(package);
    command.arg("--bootstrap");
    command.arg(format!("--datadir={}", data.display()));
    let finished = capture_with_input(&mut command, &sql, INSTALL_LIMIT)?;
    ensure!(finished.status.success(), "{}", finished.complaint());
    Ok(())
}

fn server(package: &Path) -> Command {
    let mut command = Command::new(PACKAGE.program_in(package));
    command.args(["--no-defaults", "--user=root", "--innodb-log-file-size=8M"]);
    let usr = package.join("root/usr");
    command.arg(format!("--basedir={}", usr.display()));
    command.arg(format!(
        "--plugin-dir={}",
        usr.join("lib/mysql/plugin").display()
    ));
    command
}
