//! Signals.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::{Line, guests};

/// Sends a signal to a process of this test.
fn kill(child: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// The code with which a process ends by itself, and soon.
fn code_of(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("the signal did not end it");
}

fn ends_with(signal: &str, code: i32) {
    for text in [guests::waiting(), guests::looping()] {
        let mut line = Line::new(&[], &text);
        let mut child = line.command.spawn().unwrap();
        let mut said = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n");
        kill(&child, signal);
        assert_eq!(code_of(&mut child), Some(code));
    }
}

#[test]
fn an_interrupt_ends_a_guest_that_waits_or_loops_with_130() {
    ends_with("-INT", 130);
}

#[test]
fn a_request_to_terminate_ends_a_guest_that_waits_or_loops_with_143() {
    ends_with("-TERM", 143);
}

#[test]
fn a_terminal_that_is_gone_ends_a_guest_that_waits_or_loops_with_129() {
    ends_with("-HUP", 129);
}
