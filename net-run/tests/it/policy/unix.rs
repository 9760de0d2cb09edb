//! Unix sockets outside the places that are allowed.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;

use net_run::Policy;

use super::{bind_to, connect_to, denies, denies_until_allowed, policy, send_to};
use crate::folder::Folder;
use crate::guest_sockets::{STREAM, UNIX, errno};
use crate::remote_guest::RemoteGuest;

/// What a notice says of a path that is denied.
fn words(operation: &str, path: &Path, resolved: &Path) -> String {
    let (path, resolved) = (path.display(), resolved.display());
    let meaning = if path.to_string() == resolved.to_string() {
        String::new()
    } else {
        format!(" ({resolved})")
    };
    format!("{operation} unix {path}{meaning} is denied; allow it with --allow-unix={resolved}")
}

/// A folder that is allowed, and one beside it that is not and has a listener.
fn folders() -> (Folder, UnixListener, Policy) {
    let folder = Folder::new();
    let inside = folder.folder("in");
    let outside = folder.folder("out");
    let listener = UnixListener::bind(outside.join("s")).unwrap();
    (
        folder,
        listener,
        policy(&[&format!("--allow-unix={}/", inside.display())]),
    )
}

#[test]
fn a_denied_path_is_eacces_and_names_the_flag() {
    let (folder, _listener, _) = folders();
    let path = folder.join("out/s");
    let words = words("connect", &path, &path);
    denies_until_allowed(Policy::deny_all(), &words, &connect_to(&*path));
}

#[test]
fn two_dots_do_not_lead_out_of_a_folder() {
    let (folder, _listener, policy) = folders();
    let path = folder.join("in/../out/s");
    let words = words("connect", &path, &folder.join("out/s"));
    denies_until_allowed(policy, &words, &connect_to(&*path));
}

#[test]
fn a_link_does_not_lead_out_of_a_folder() {
    let (folder, _listener, policy) = folders();
    let link = folder.join("in/link");
    symlink("../out/s", &link).unwrap();
    let words = words("connect", &link, &folder.join("out/s"));
    denies_until_allowed(policy, &words, &connect_to(&*link));
}

#[test]
fn a_link_to_a_folder_does_not_lead_out_either() {
    let (folder, _listener, policy) = folders();
    symlink(folder.join("out"), folder.join("in/link")).unwrap();
    let path = folder.join("in/link/s");
    denies_until_allowed(
        policy.clone(),
        &words("connect", &path, &folder.join("out/s")),
        &connect_to(&*path),
    );
    let path = folder.join("in/link/new");
    denies(
        policy,
        &words("bind", &path, &folder.join("out/new")),
        &bind_to(STREAM, &*path),
    );
    assert!(!folder.join("out/new").exists());
}

#[test]
fn a_bind_does_not_follow_a_link_in_its_place() {
    let (folder, _listener, policy) = folders();
    symlink(folder.join("out/new"), folder.join("in/link")).unwrap();
    let mut guest = RemoteGuest::new(policy);
    let tried = bind_to(STREAM, &*folder.join("in/link"))(&mut guest);
    assert_eq!(tried, Err(errno::ADDRINUSE));
    assert!(!folder.join("out/new").exists());
}

#[test]
fn a_folder_does_not_cover_those_whose_names_begin_alike() {
    let (folder, _listener, policy) = folders();
    folder.folder("in2");
    let path = folder.join("in2/s");
    denies(
        policy,
        &words("bind", &path, &path),
        &bind_to(STREAM, &*path),
    );
    assert!(!path.exists());
}

#[test]
fn a_rule_keeps_its_place_when_a_guest_could_turn_it_into_a_link() {
    let (folder, _listener, _) = folders();
    let rule = folder.join("in/s");
    let mut guest = RemoteGuest::new(policy(&[&format!("--allow-unix={}", rule.display())]));
    // The guest has started when it makes its first call.
    guest.open(UNIX, STREAM).unwrap();
    symlink(folder.join("out/s"), &rule).unwrap();
    assert_eq!(connect_to(&*rule)(&mut guest), Err(errno::ACCES));
}

#[test]
fn what_is_below_the_folder_is_allowed() {
    let (folder, _listener, policy) = folders();
    let mut guest = RemoteGuest::new(policy);
    let fd = guest.open(UNIX, STREAM).unwrap();
    guest.bind(fd, &*folder.join("in/s")).unwrap();
    guest.listen(fd).unwrap();
    fs::create_dir(folder.join("in/deep")).unwrap();
    assert_eq!(
        connect_to(&*folder.join("in/deep/../s"))(&mut guest),
        Ok(())
    );
    assert_eq!(guest.notices(), [""; 0]);
}

#[test]
fn a_denied_datagram_is_eacces_and_never_arrives() {
    let folder = Folder::new();
    let path = folder.join("s");
    let receiver = UnixDatagram::bind(&path).unwrap();
    receiver.set_nonblocking(true).unwrap();
    denies(
        Policy::loopback(),
        &words("send", &path, &path),
        &send_to(&*path),
    );
    assert!(receiver.recv(&mut [0; 8]).is_err());
    denies_until_allowed(
        Policy::deny_all(),
        &words("send", &path, &path),
        &send_to(&*path),
    );
    assert_eq!(receiver.recv(&mut [0; 8]).unwrap(), 5);
}

#[test]
fn an_abstract_name_needs_a_rule_of_its_own() {
    let name = format!("@net-run-{}", std::process::id());
    let longer = format!("{name}-longer");
    let words =
        |name: &str| format!("bind unix {name} is denied; allow it with --allow-unix={name}");
    // No path covers a name, and no name another one.
    let policy = policy(&["--allow-unix=/", &format!("--allow-unix={name}x")]);
    denies_until_allowed(policy.clone(), &words(&name), &bind_to(STREAM, &*name));
    denies_until_allowed(policy, &words(&longer), &bind_to(STREAM, &*longer));
}

#[test]
fn a_folder_is_no_socket() {
    let (folder, _listener, policy) = folders();
    let path = format!("{}/in/", folder.path().display());
    let words = format!("bind unix {path} is denied: the path of a socket must end in a name");
    denies(policy, &words, &bind_to(STREAM, &*path));
}
