use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::super::Operation;
use super::*;
use crate::address::UnixAddress;

/// A folder of a test, with `in` that its rules allow and `out` that they do not.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("net-run-policy-{}-{number}", std::process::id());
        let folder = fs::canonicalize(std::env::temp_dir()).unwrap().join(name);
        for below in ["in", "out"] {
            fs::create_dir_all(folder.join(below)).unwrap();
        }
        fs::write(folder.join("out/db"), "").unwrap();
        Folder(folder)
    }

    fn path(&self, below: &str) -> String {
        self.0.join(below).to_str().unwrap().to_owned()
    }

    fn link(&self, to: &str, from: &str) {
        symlink(to, self.0.join(from)).unwrap();
    }

    /// A guard that allows `in/`.
    fn guard(&self) -> Guard {
        unix(&[&self.path("in/")])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn unix(rules: &[&str]) -> Guard {
    let add = |policy: Policy, rule: &&str| policy.allow_unix(rule.parse().unwrap());
    Guard::new(rules.iter().fold(Policy::deny_all(), add))
}

fn path(path: impl AsRef<Path>) -> UnixAddress {
    UnixAddress::Path(path.as_ref().to_owned())
}

fn name(name: &str) -> UnixAddress {
    UnixAddress::Abstract(name.into())
}

#[test]
fn nothing_is_reached_without_a_rule() {
    let guard = unix(&[]);
    for target in [path("/tmp/x"), name("x")] {
        assert!(guard.unix_connect(&target).is_err());
        assert!(guard.unix_send(&target).is_err());
        assert!(guard.unix_bind(&target).is_err());
    }
}

#[test]
fn a_rule_is_one_socket_or_all_below_a_folder() {
    let folder = Folder::new();
    let guard = unix(&[&folder.path("out/db"), &folder.path("in/")]);
    for (below, allowed) in [
        ("out/db", true),
        ("out/db2", false),
        ("out/db/x", false),
        ("in/a", true),
        ("in/missing/a", true),
        ("in", false),
        ("in2/a", false),
        ("inside", false),
    ] {
        let target = path(folder.path(below));
        assert_eq!(guard.unix_connect(&target).is_ok(), allowed, "{below}");
        assert_eq!(guard.unix_bind(&target).is_ok(), allowed, "{below}");
    }
}

#[test]
fn dots_do_not_lead_out_of_a_folder() {
    let folder = Folder::new();
    let guard = folder.guard();
    for below in [
        "in/../out/db",
        "in/./../out/db",
        "in/missing/../../out/db",
        "in/../../x",
    ] {
        let target = path(folder.path(below));
        assert!(guard.unix_connect(&target).is_err(), "{below}");
        assert!(guard.unix_bind(&target).is_err(), "{below}");
    }
    let target = path(folder.path("out/../in/./a"));
    assert_eq!(guard.unix_connect(&target), Ok(path(folder.path("in/a"))));
    assert_eq!(guard.unix_bind(&target), Ok(path(folder.path("in/a"))));
}

#[test]
fn links_do_not_lead_out_of_a_folder() {
    let folder = Folder::new();
    folder.link(&folder.path("out/db"), "in/absolute");
    folder.link("../out/db", "in/relative");
    folder.link("../out", "in/folder");
    folder.link("relative", "in/twice");
    let guard = folder.guard();
    for below in [
        "in/absolute",
        "in/relative",
        "in/folder/db",
        "in/folder/missing",
        "in/twice",
    ] {
        let denial = guard.unix_connect(&path(folder.path(below))).unwrap_err();
        assert!(denial.flag().unwrap().contains("/out/"), "{denial}");
    }
    assert!(
        guard
            .unix_bind(&path(folder.path("in/folder/new")))
            .is_err()
    );
}

#[test]
fn a_dangling_link_is_followed_to_where_its_target_would_be() {
    let folder = Folder::new();
    folder.link("../out/missing", "in/dangling");
    let target = path(folder.path("in/dangling"));
    assert!(folder.guard().unix_connect(&target).is_err());
}

#[test]
fn a_bind_follows_no_link_in_the_place_of_its_entry() {
    let folder = Folder::new();
    folder.link("../out/missing", "in/dangling");
    let target = path(folder.path("in/dangling"));
    assert_eq!(folder.guard().unix_bind(&target), Ok(target));
}

#[test]
fn links_in_a_circle_are_denied() {
    let folder = Folder::new();
    folder.link("b", "in/a");
    folder.link("a", "in/b");
    let denial = folder
        .guard()
        .unix_connect(&path(folder.path("in/a")))
        .unwrap_err();
    assert!(
        denial
            .to_string()
            .ends_with("is denied: too many symbolic links in the path")
    );
    assert_eq!(denial.flag(), None);
}

#[test]
fn a_link_to_an_allowed_place_is_resolved() {
    let folder = Folder::new();
    folder.link("in", "alias");
    let target = path(folder.path("alias/a"));
    assert_eq!(
        folder.guard().unix_connect(&target),
        Ok(path(folder.path("in/a")))
    );
    let aliased = unix(&[&folder.path("alias/")]);
    assert!(aliased.unix_connect(&path(folder.path("in/a"))).is_ok());
    assert!(aliased.unix_connect(&target).is_ok());
}

#[test]
fn a_guest_cannot_make_a_rule_mean_another_place() {
    let folder = Folder::new();
    let guard = unix(&[&folder.path("in/own")]);
    folder.link("../out/db", "in/own");
    assert!(guard.unix_connect(&path(folder.path("in/own"))).is_err());
    assert!(guard.unix_connect(&path(folder.path("out/db"))).is_err());
}

#[test]
fn a_denial_does_not_tell_whether_the_path_exists() {
    let folder = Folder::new();
    let guard = folder.guard();
    for below in ["out/db", "out/missing", "missing/missing"] {
        let target = folder.path(below);
        let denial = guard.unix_connect(&path(&target)).unwrap_err();
        assert_eq!(
            denial.to_string(),
            format!("connect unix {target} is denied; allow it with --allow-unix={target}")
        );
    }
    // The way through a folder tells nothing about it either.
    for through in ["out", "missing", "out/db"] {
        let up = "../".repeat(through.split('/').count());
        let target = path(folder.path(&format!("{through}/{up}in/a")));
        assert!(guard.unix_connect(&target).is_ok(), "{through}");
    }
}

#[test]
fn what_is_missing_is_left_to_the_system_where_it_is_allowed() {
    let folder = Folder::new();
    let target = path(folder.path("in/missing"));
    assert_eq!(folder.guard().unix_connect(&target), Ok(target));
}

#[test]
fn relative_paths_begin_at_the_current_folder() {
    let here = fs::canonicalize(std::env::current_dir().unwrap()).unwrap();
    let guard = unix(&["run/db"]);
    assert_eq!(
        guard.unix_connect(&path("run/db")),
        Ok(path(here.join("run/db")))
    );
    assert!(guard.unix_connect(&path(here.join("run/db"))).is_ok());
    let denial = guard.unix_bind(&path("run/other")).unwrap_err();
    let other = here.join("run/other");
    assert_eq!(
        denial.to_string(),
        format!(
            "bind unix run/other ({0}) is denied; allow it with --allow-unix={0}",
            other.display()
        )
    );
}

#[test]
fn what_is_no_path_of_a_socket_is_denied_even_if_all_is_allowed() {
    let guard = Guard::new(Policy::allow_all());
    let long = "/a".repeat(4000);
    for text in [
        "",
        "/",
        "/tmp/",
        "/tmp/.",
        "/tmp/..",
        "..",
        "/tmp/a\0b",
        &long,
    ] {
        let denial = guard.unix_bind(&path(text)).unwrap_err();
        assert_eq!(
            (denial.operation(), denial.flag()),
            (Operation::Bind, None),
            "{text:?}"
        );
        assert!(guard.unix_connect(&path(text)).is_err(), "{text:?}");
    }
    assert!(guard.unix_bind(&path("/tmp/a")).is_ok());
    assert!(guard.unix_connect(&name("a\0b")).is_ok());
}

#[test]
fn abstract_names_are_no_paths() {
    let guard = unix(&["@db", "/"]);
    assert_eq!(guard.unix_connect(&name("db")), Ok(name("db")));
    assert!(guard.unix_bind(&name("db")).is_ok());
    for other in ["db2", "d", "", "/db", "DB", "db\0"] {
        assert!(guard.unix_connect(&name(other)).is_err(), "{other:?}");
    }
    assert_eq!(
        guard.unix_send(&name("x")).unwrap_err().to_string(),
        "send unix @x is denied; allow it with --allow-unix=@x"
    );
    assert!(unix(&["*"]).unix_connect(&name("x")).is_ok());
}
