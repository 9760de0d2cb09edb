//! Folders that appear complete or not at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use anyhow::{Context, Result};

/// What an interrupted run left is removed once it is this old.
const LEFTOVER: Duration = Duration::from_secs(60 * 60);

/// A folder that is filled beside its place and then renamed into it.
#[derive(Debug)]
pub(crate) struct Staging {
    path: PathBuf,
    place: PathBuf,
}

impl Staging {
    /// An empty folder beside `place`.
    pub(crate) fn beside(place: &Path) -> Result<Self> {
        let parent = place.parent().context("a folder without a parent")?;
        fs::create_dir_all(parent)
            .with_context(|| format!("cannot create {}", parent.display()))?;
        remove_leftovers(parent);
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let path = parent.join(format!(".partial-{name}-{}", process::id()));
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self {
            path,
            place: place.to_owned(),
        })
    }

    /// Where to put things meanwhile.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the folder to its place, in the stead of what was there.
    pub(crate) fn finish(self) -> Result<()> {
        if self.place.exists() {
            fs::remove_dir_all(&self.place)
                .with_context(|| format!("cannot remove {}", self.place.display()))?;
        }
        fs::rename(&self.path, &self.place)
            .with_context(|| format!("cannot create {}", self.place.display()))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After `finish` there is nothing left to remove.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn remove_leftovers(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let partial = entry.file_name().to_string_lossy().starts_with(".partial-");
        let age = entry
            .metadata()
            .ok()
            .and_then(|data| data.modified().ok()?.elapsed().ok());
        if partial && age.is_some_and(|age| age > LEFTOVER) {
            // Another run may be removing it at the same time.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
