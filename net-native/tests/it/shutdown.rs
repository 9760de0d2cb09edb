//! Requests to end, in a process of its own.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use net_native::{Threads, block_on, shutdown};

/// Waits to be asked, and then for something to be said on its standard input.
#[test]
#[ignore = "the other tests run it in a process of its own"]
fn child() {
    block_on(Threads::One, async {
        let mut early = Box::pin(shutdown());
        let brief = Duration::from_millis(1);
        tokio::time::timeout(brief, &mut early).await.unwrap_err();
        println!("\nready");
        early.await;
        println!("asked");
        // Who comes late is told as well.
        shutdown().await;
        println!("drained");
    });
    let _ = std::io::stdin().read(&mut [0]);
}

fn start() -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["shutdown::child", "--exact", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    (child, said)
}

fn wait_for(word: &str, said: &mut BufReader<ChildStdout>) {
    let mut line = String::new();
    while line.trim_end() != word {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "never {word:?}");
    }
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-s", name, &id]).status();
    assert!(killed.unwrap().success());
}

#[test]
fn a_program_that_is_asked_to_end_ends_in_order() {
    for name in ["TERM", "INT"] {
        let (mut child, mut said) = start();
        wait_for("ready", &mut said);
        signal(&child, name);
        wait_for("asked", &mut said);
        wait_for("drained", &mut said);
        drop(child.stdin.take());
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn a_second_request_ends_the_program_at_once() {
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let (mut child, mut said) = start();
        wait_for("ready", &mut said);
        signal(&child, name);
        wait_for("drained", &mut said);
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}
