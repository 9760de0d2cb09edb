//! A file that is read again when it may have changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a read file counts as fresh, as in Go.
const RECHECK: Duration = Duration::from_secs(5);

/// A parsed file, which is parsed again when its bytes have changed.
#[derive(Debug)]
pub(crate) struct Watched<T> {
    path: PathBuf,
    read: fn(&[u8]) -> T,
    bytes: Vec<u8>,
    value: Option<T>,
    checked: Option<Instant>,
}

impl<T: Clone> Watched<T> {
    pub(crate) fn new(path: impl AsRef<Path>, read: fn(&[u8]) -> T) -> Self {
        Watched {
            path: path.as_ref().to_owned(),
            read,
            bytes: Vec::new(),
            value: None,
            checked: None,
        }
    }

    /// Returns the parsed file, at most five seconds old; `None` if it cannot be
    /// read.
    pub(crate) fn get(&mut self, now: Instant) -> Option<T> {
        let fresh = self
            .checked
            .is_some_and(|checked| now.saturating_duration_since(checked) < RECHECK);
        if !fresh {
            self.checked = Some(now);
            self.check();
        }
        self.value.clone()
    }

    fn check(&mut self) {
        match fs::read(&self.path) {
            Ok(bytes) if self.value.is_some() && bytes == self.bytes => {}
            Ok(bytes) => {
                self.value = Some((self.read)(&bytes));
                self.bytes = bytes;
            }
            Err(_) => self.value = None,
        }
    }
}
