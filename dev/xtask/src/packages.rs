//! What a registry and its users get: the packages that are published, their files, and the
//! releases of dependencies that they ask for.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cargo::cargo;
use crate::child_output::{capture, show};
use crate::steps::Steps;

/// The files that each package needs beside its sources.
const FILES: [&str; 3] = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// It accepts older releases than the packages that depend on it, and so is checked by itself.
const ON_OLDER_RELEASES: &str = "net-traits";

/// Checks what is published, each check a step.
pub(crate) fn check(steps: &mut Steps) {
    let Some(published) = steps.run("packages", Published::packaged) else {
        return;
    };
    for name in [ON_OLDER_RELEASES, "net-everywhere"] {
        steps.run(&format!("oldest dependencies, {name}"), || {
            published.check_with_oldest_dependencies(name)
        });
    }
}

/// The members that are published, by name and version, and cargo's folder for what it makes.
#[derive(Debug)]
struct Published {
    packages: Vec<(String, String)>,
    target: PathBuf,
}

impl Published {
    /// Packages each of them. What is in the archives is compiled later, if at all.
    fn packaged() -> Result<Self> {
        let metadata = capture(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Value = serde_json::from_slice(&metadata).context("cargo's metadata")?;
        let target = text(&metadata, "target_directory")?.into();
        let mut command = cargo();
        command.args(["package", "--quiet", "--no-verify", "--no-metadata"]);
        // The lock files take half a minute, and nobody reads them here.
        command.args(["--exclude-lockfile", "--allow-dirty"]);
        let mut packages = Vec::new();
        for package in array(&metadata, "packages")? {
            if !is_published(package) {
                continue;
            }
            let name = text(package, "name")?;
            check_manifest(package).with_context(|| format!("the package {name}"))?;
            command.args(["--package", name]);
            packages.push((name.to_owned(), text(package, "version")?.to_owned()));
        }
        show(&mut command)?;
        Ok(Self { packages, target })
    }

    /// Checks `package`, as its archive has it, with the oldest release of each dependency that the
    /// archives accept.
    fn check_with_oldest_dependencies(&self, package: &str) -> Result<()> {
        let folder = self.target.join("package/oldest").join(package);
        let others = folder.with_extension("others");
        for left_over in [&folder, &others] {
            if left_over.exists() {
                fs::remove_dir_all(left_over).context("cannot remove what the last run left")?;
            }
        }
        let mut manifest = String::from(
            "[workspace]\nresolver = \"3\"\nmembers = [\"members/*\"]\n[patch.crates-io]\n",
        );
        for (name, version) in &self.packages {
            let is_member = (name == ON_OLDER_RELEASES) == (package == ON_OLDER_RELEASES);
            // Not below the folder of the workspace, whose member it would be.
            let place = if is_member {
                folder.join("members")
            } else {
                others.clone()
            };
            let unpacked = self.unpack(&format!("{name}-{version}"), &place)?;
            if name == package {
                // What its tests use may ask for newer releases.
                let manifest = unpacked.join("Cargo.toml");
                let text = fs::read_to_string(&manifest)?;
                fs::write(manifest, without_dev_dependencies(&text))?;
            }
            let path = toml_string(&unpacked)?;
            writeln!(manifest, "{name}.path = {path}")?;
        }
        fs::write(folder.join("Cargo.toml"), manifest)?;
        // The flag is not stable; it chooses versions, and compiles nothing.
        let mut update = cargo();
        update
            .args(["update", "--quiet", "-Z", "direct-minimal-versions"])
            .env("RUSTC_BOOTSTRAP", "1")
            .current_dir(&folder);
        show(&mut update)?;
        let mut check = cargo();
        check
            .args(["check", "--quiet", "--package", package])
            .args([
                "--target-dir".as_ref(),
                self.target.join("oldest").as_os_str(),
            ])
            .current_dir(&folder);
        show(&mut check)
    }

    /// Unpacks the archive of `package` into `folder`.
    fn unpack(&self, package: &str, folder: &Path) -> Result<PathBuf> {
        let archive = self.target.join("package").join(format!("{package}.crate"));
        fs::create_dir_all(folder)?;
        let mut tar = Command::new("tar");
        show(tar.arg("xzf").arg(&archive).arg("-C").arg(folder))?;
        let unpacked = folder.join(package);
        for file in FILES {
            ensure!(unpacked.join(file).is_file(), "{package} has no {file}");
        }
        Ok(unpacked)
    }
}

/// A path as a string of TOML, as which a string of JSON serves.
fn toml_string(path: &Path) -> Result<String> {
    let path = path.to_str().context("a path that is not Unicode")?;
    Ok(serde_json::to_string(path)?)
}

/// Whether a member may be published: `publish = false` is an empty list of registries.
fn is_published(package: &Value) -> bool {
    package["publish"]
        .as_array()
        .is_none_or(|registries| !registries.is_empty())
}

/// Checks for what people find a package by.
fn check_manifest(package: &Value) -> Result<()> {
    for key in ["description", "license", "readme"] {
        text(package, key)?;
    }
    for key in ["keywords", "categories"] {
        // The registry refuses more.
        if !(1..=5).contains(&array(package, key)?.len()) {
            bail!("{key} are 1 to 5");
        }
    }
    Ok(())
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().with_context(|| format!("no {key}"))
}

fn array<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key].as_array().with_context(|| format!("no {key}"))
}

/// The manifest of an archive, in which cargo writes each dependency as a table of its own.
fn without_dev_dependencies(manifest: &str) -> String {
    let mut kept = String::new();
    let mut keep = true;
    for line in manifest.lines() {
        if line.starts_with('[') {
            keep = !line.contains("dev-dependencies");
        }
        if keep {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_of_tests_are_left_out() {
        let manifest = "[dependencies.a]\nversion = \"1\"\n\n[dev-dependencies.b]\nversion = \"2\"\n\
            features = [\n    \"x\",\n]\n\n[target.'cfg(unix)'.dev-dependencies.c]\nversion = \"3\"\n\n\
            [lints.rust]\nunsafe_code = \"deny\"\n";
        assert_eq!(
            without_dev_dependencies(manifest),
            "[dependencies.a]\nversion = \"1\"\n\n[lints.rust]\nunsafe_code = \"deny\"\n"
        );
    }
}
