//! Requests to end, in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::{env, future};

use net_native::{Threads, block_on, shutdown};
use tokio::task::yield_now;

/// Waits for a request, and then for ever.
#[test]
#[ignore = "the other tests run it in a process of its own"]
fn child() {
    block_on(Threads::One, async {
        println!("{} wakers are left", wakers_left().await);
        println!("ready");
        tokio::join!(shutdown(), shutdown());
        shutdown().await;
        println!("asked");
        future::pending::<()>().await;
    });
}

struct Waiter;

impl Wake for Waiter {
    fn wake(self: Arc<Self>) {}
}

/// How many of a thousand tasks are still known that have stopped waiting.
async fn wakers_left() -> usize {
    let mut waiters = Vec::new();
    for _ in 0..1000 {
        let waiter = Arc::new(Waiter);
        let waker = Waker::from(Arc::clone(&waiter));
        let poll = pin!(shutdown()).poll(&mut Context::from_waker(&waker));
        assert!(poll.is_pending());
        waiters.push(waiter);
        yield_now().await;
    }
    let is_known = |waiter: &&Arc<Waiter>| Arc::strong_count(waiter) > 1;
    waiters.iter().filter(is_known).count()
}

struct Running {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start() -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["shutdown::child", "--exact", "--ignored", "--nocapture"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Running { child, output }
    }

    /// Reads until it has said something; returns all that it has said by then.
    fn wait_for(&mut self, line: &str) -> String {
        let mut said = String::new();
        while !said.ends_with(&format!("{line}\n")) {
            let len = self.output.read_line(&mut said).unwrap();
            assert_ne!(len, 0, "it ended: {said}");
        }
        said
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success());
    }
}

#[test]
fn a_first_request_is_heard_by_all_and_a_second_one_ends_the_program() {
    for (signal, code) in [("TERM", 128 + 15), ("INT", 128 + 2)] {
        let mut running = Running::start();
        running.wait_for("ready");
        running.signal(signal);
        running.wait_for("asked");
        running.signal(signal);
        let mut rest = String::new();
        running.output.read_to_string(&mut rest).unwrap();
        assert_eq!(running.child.wait().unwrap().code(), Some(code), "{rest}");
    }
}

#[test]
fn tasks_that_have_stopped_waiting_for_a_request_are_forgotten() {
    let mut running = Running::start();
    let said = running.wait_for("ready");
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    assert!(said.contains("\n0 wakers are left\n"), "{said}");
}
