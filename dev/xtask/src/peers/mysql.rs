//! MySQL 9, on TCP and a Unix socket.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::mysql_data;
use super::process::Setup;
use crate::child_output::capture;
use crate::debian_package::Package;

/// Stable releases of Debian have MariaDB alone.
const PACKAGE: Package = Package {
    name: "mysql-server-core",
    program: "usr/sbin/mysqld",
    suite: "sid",
};

pub(crate) fn set_up(folder: &Path) -> Result<Setup> {
    let package = PACKAGE.unpacked()?;
    mysql_data::copy_data(&package, &folder.join("data"), |data| {
        let mut command = server(&package);
        command.arg("--initialize-insecure");
        command.arg(format!("--datadir={}", data.display()));
        capture(&mut command).map(drop)
    })?;
    let mut command = server(&package);
    command.args(["--mysqlx=OFF", "--performance-schema=OFF"]);
    mysql_data::listening(command, folder)
}

fn server(package: &Path) -> Command {
    let mut command = Command::new(PACKAGE.program_in(package));
    command.args([
        "--no-defaults",
        "--user=root",
        "--disable-log-bin",
        "--innodb-redo-log-capacity=8M",
        // It refuses to start where the folder of its default is missing.
        "--secure-file-priv=NULL",
    ]);
    command.arg(format!("--basedir={}", package.join("root/usr").display()));
    command
}
