//! Flags of the policy, and what is told of it.

use std::fs;
use std::net::TcpListener;

use super::{Line, guests, run};

const DENIED: Option<i32> = Some(2);
const REACHED: Option<i32> = Some(0);

/// A listener, and its port.
fn server() -> (TcpListener, u16) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    (server, port)
}

#[test]
fn a_denial_is_told_with_the_flag_that_would_allow_it() {
    let (_server, port) = server();
    let guest = guests::connecting(port);
    let ended = run(&[], &guest);
    let flag = format!("--allow-net=127.0.0.1:{port}");
    let words = format!("net-run: connect tcp 127.0.0.1:{port} is denied; allow it with {flag}\n");
    assert_eq!((ended.code, ended.stderr), (DENIED, words));
    let ended = run(&[&flag], &guest);
    assert_eq!((ended.code, &*ended.stderr), (REACHED, ""));
}

#[test]
fn rules_may_stand_behind_the_module() {
    let (_server, port) = server();
    let guest = guests::connecting(port);
    let rule = format!("--allow-net=10.0.0.0/8,127.0.0.1:{port}");
    assert_eq!(Line::new(&[], &guest).args(&[&rule]).run().code, REACHED);
    assert_eq!(
        Line::new(&[], &guest).args(&["--allow-net"]).run().code,
        REACHED
    );
    assert_eq!(
        Line::new(&[], &guest).args(&["arg", &rule]).run().code,
        DENIED
    );
    assert_eq!(
        Line::new(&[], &guest).args(&["--", &rule]).run().code,
        DENIED
    );
    let deny = format!("--deny-net=127.0.0.1:{port}");
    assert_eq!(
        Line::new(&[], &guest).args(&[&rule, &deny]).run().code,
        DENIED
    );
}

#[test]
fn to_allow_everything_is_warned_of() {
    let (_server, port) = server();
    for flag in ["--allow-all", "-A"] {
        let ended = run(&[flag], &guests::connecting(port));
        assert_eq!(ended.code, REACHED);
        assert!(
            ended
                .stderr
                .starts_with("net-run: warning: --allow-all lets"),
            "{ended:?}"
        );
    }
}

#[test]
fn a_wrong_rule_is_quoted_with_what_was_expected() {
    for (flag, words) in [
        ("--allow-net=example.com:", "no port after the colon"),
        ("--allow-net=127.1", "would be read as 127.0.0.1"),
        ("--allow-net=http://example.com", "no scheme"),
        ("--allow-listen=example.com:80", "not to a name"),
        ("--allow-unix=relative/..", "this is a directory, append /"),
        ("--allow-dns=example.com:53", "a lookup has no port"),
        ("--timeout=fast", "fast"),
        ("--max-memory=much", "much"),
        ("--dir=::x", "expected a directory"),
    ] {
        let ended = run(&[flag], &guests::exiting(0));
        assert_eq!(ended.code, Some(2), "{flag}");
        assert!(ended.stderr.contains(words), "{flag}: {}", ended.stderr);
    }
}

#[test]
fn rules_may_stand_in_a_file() {
    let (_server, port) = server();
    let mut line = Line::new(&["--policy=policy.toml"], &guests::connecting(port));
    line.folder
        .file("policy.toml", format!("allow-net = '127.0.0.1:{port}'"));
    assert_eq!(line.run().code, REACHED);
    line.folder.file("policy.toml", "allow-net = '127.0.0.1:1'");
    assert_eq!(line.run().code, DENIED);
    line.folder
        .file("policy.toml", "allow-nett = '127.0.0.1:1'");
    let ended = line.run();
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("policy.toml"), "{ended:?}");
    assert!(ended.stderr.contains("allow-nett"), "{ended:?}");
    fs::remove_file(line.folder.join("policy.toml")).unwrap();
    assert!(line.run().stderr.contains("policy.toml"));
}

#[test]
fn developers_reach_loopback_and_take_flags_and_rules_from_elsewhere() {
    let (_server, port) = server();
    let guest = guests::connecting(port);
    assert_eq!(run(&["--dev"], &guest).code, REACHED);
    let deny = format!("--deny-net=127.0.0.1:{port}");
    let denied = Line::new(&["--dev"], &guest)
        .env("NET_RUN_FLAGS", &deny)
        .run();
    assert_eq!(denied.code, DENIED, "{denied:?}");
    let allow = format!("--allow-net=127.0.0.1:{port}");
    let ignored = Line::new(&[], &guest).env("NET_RUN_FLAGS", &allow).run();
    assert_eq!(ignored.code, DENIED, "only developers have such flags");
    let line = Line::new(&["--dev"], &guest);
    let manifest = format!("[package.metadata.net-run]\ndeny-net = '127.0.0.1:{port}'");
    line.folder.file("Cargo.toml", manifest);
    let path = line.folder.path().to_str().unwrap().to_owned();
    let mut line = line.env("CARGO_MANIFEST_DIR", &path);
    assert_eq!(line.run().code, DENIED);
}

#[test]
fn each_network_call_is_traced_with_its_result() {
    let (_server, port) = server();
    let allow = format!("--allow-net=127.0.0.1:{port}");
    let guest = guests::connecting(port);
    let lines = format!("open(V4, Stream) = 1048576\nconnect(1048576, 127.0.0.1:{port}) = 0\n");
    assert_eq!(run(&["--trace", &allow], &guest).stderr, lines);
    let mut line = Line::new(&["--trace=trace.txt", &allow], &guest);
    assert_eq!(line.run().stderr, "");
    assert_eq!(
        fs::read_to_string(line.folder.join("trace.txt")).unwrap(),
        lines
    );
    let ended = run(&["--trace"], &guest);
    let denied = format!("connect(1048576, 127.0.0.1:{port}) = EACCES\n");
    assert!(ended.stderr.ends_with(&denied), "{ended:?}");
}
