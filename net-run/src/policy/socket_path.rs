//! Resolution of a path to the one place that it refers to.
//!
//! Paths are resolved even where nothing exists, so that the answer for a path
//! outside the rules never depends on what exists there.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// As many as Linux follows.
const MAX_LINKS: usize = 40;
/// `PATH_MAX` of Linux; a socket's own limit is about 100.
const MAX_LENGTH: usize = 4096;

/// Whether the last component is a plain name, and not `.`, `..` or nothing.
pub(super) fn ends_in_a_name(path: &Path) -> bool {
    let bytes = path.as_os_str().as_bytes();
    let name = bytes.rsplit(|byte| *byte == b'/').next();
    !matches!(name, None | Some(b"" | b"." | b".."))
}

/// The place where the path ends, with every link followed.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, &'static str> {
    follow(&absolute(path)?)
}

/// Like [`resolve`], but the last component is kept even where it is a link.
pub(super) fn resolve_parent(path: &Path) -> Result<PathBuf, &'static str> {
    let path = absolute(path)?;
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok(follow(parent)?.join(name)),
        _ => Ok(path),
    }
}

/// Takes away `..` together with the component before it, whatever that is.
/// To follow a link first would tell a guest where there are links outside of
/// its folders.
fn absolute(path: &Path) -> Result<PathBuf, &'static str> {
    let bytes = path.as_os_str().as_bytes();
    if bytes.contains(&0) {
        return Err("a path cannot contain NUL");
    }
    if bytes.len() > MAX_LENGTH {
        return Err("the path is too long");
    }
    let from_root = std::path::absolute(path).map_err(|_| "the path cannot be resolved")?;
    let mut plain = PathBuf::from("/");
    for component in from_root.components() {
        match component {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => {
                plain.pop();
            }
            _ => {}
        }
    }
    Ok(plain)
}

fn follow(path: &Path) -> Result<PathBuf, &'static str> {
    let mut resolved = PathBuf::from("/");
    let mut pending = names(path);
    let mut links = 0;
    while let Some(name) = pending.pop() {
        if name == ".." {
            resolved.pop();
            continue;
        }
        resolved.push(name);
        // Fails for everything but a link.
        let Ok(link) = resolved.read_link() else {
            continue;
        };
        links += 1;
        if links > MAX_LINKS {
            return Err("too many symbolic links in the path");
        }
        if link.is_absolute() {
            resolved = PathBuf::from("/");
        } else {
            resolved.pop();
        }
        pending.extend(names(&link));
    }
    Ok(resolved)
}

/// The components, last one first.
fn names(path: &Path) -> Vec<OsString> {
    let name = |component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().rev().filter_map(name).collect()
}
