//! The file that a Unix listener has made.

use std::fs;
use std::io;
use std::path::{self, Path, PathBuf};

use crate::sys::FileId;

/// Removes the file of a socket when it is dropped, unless its path is that of another file by
/// then.
#[derive(Debug)]
pub(crate) struct SocketFile {
    // Absolute: the program may change its directory.
    path: PathBuf,
    id: FileId,
    is_kept: bool,
}

impl SocketFile {
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        let path = path::absolute(path)?;
        let id = FileId::of(&path)?;
        let is_kept = false;
        Ok(SocketFile { path, id, is_kept })
    }

    /// Lets the file stay.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if !self.is_kept && FileId::of(&self.path).is_ok_and(|id| id == self.id) {
            // There is nobody to tell; the next listener is.
            let _ = fs::remove_file(&self.path);
        }
    }
}
