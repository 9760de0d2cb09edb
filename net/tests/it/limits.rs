//! Memory and descriptors: neither leaks, and running out of them is an error.

use std::time::{Duration, Instant};

use net::prelude::*;
use net::{Error, Operation, Result};

use crate::memory;
use crate::support::socket;
use crate::support::{
    SOON, assert_mentions, host, is_guest, listen, pair, pair_on, round_trip, run,
};

/// How many descriptors the process has, where the system tells.
fn descriptors() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}

/// Of 10,000 things that leak, more would be left. Other tests run beside.
const DESCRIPTORS: usize = 5_000;
/// Less than a byte for each of 9,000 things.
const BYTES: isize = 8 << 10;

/// Does something 10,000 times and checks that nothing is left of it. Guests
/// have far fewer descriptors than that.
macro_rules! leaks_nothing {
    ($once:expr) => {{
        let before = descriptors();
        for _ in 0..1_000 {
            $once;
        }
        let warm = memory::live();
        for _ in 0..9_000 {
            $once;
        }
        let grown = memory::live() - warm;
        assert!(grown < BYTES, "{grown} bytes are left");
        if let (Some(before), Some(after)) = (before, descriptors()) {
            assert!(after < before + DESCRIPTORS, "{before}, then {after}");
        }
    }};
}

#[test]
fn ten_thousand_connections_in_a_row_leave_nothing_behind() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        leaks_nothing!({
            let (mut dialed, mut accepted) = pair_on(&listener, &address).await?;
            round_trip(&mut dialed, &mut accepted).await?;
            drop(dialed);
            assert_eq!(accepted.read(&mut [0]).await?, 0);
        });
        Ok(())
    })
}

#[test]
fn ten_thousand_connections_of_tasks_leave_nothing_behind() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        leaks_nothing!({
            let (dialed, mut accepted) = pair_on(&listener, &address).await?;
            let task = net::spawn(async move {
                let (mut read, mut write) = dialed.into_split();
                write.write_u8(1).await?;
                net::time::timeout(SOON, read.read_u8()).await?
            });
            assert_eq!(accepted.read_u8().await?, 1);
            accepted.write_u8(2).await?;
            assert_eq!(task.await??, 2);
        });
        Ok(())
    })
}

#[test]
fn ten_thousand_dials_that_fail_leave_nothing_behind() -> Result<()> {
    // Nobody listens there, and the system takes no such port for a dial, so
    // that none can meet itself.
    let address = "127.0.0.1:1";
    run(async {
        leaks_nothing!(net::dial("tcp", address).await.expect_err("nobody there"));
        Ok(())
    })
}

#[test]
fn ten_thousand_datagram_sockets_in_a_row_leave_nothing_behind() -> Result<()> {
    run(async {
        let (server, to) = socket().await?;
        leaks_nothing!({
            let (client, _) = socket().await?;
            client.send_to(b"x", &to).await?;
            server.recv_from(&mut [0; 8]).await?;
        });
        Ok(())
    })
}

#[test]
fn ten_thousand_waits_that_were_given_up_leave_nothing_behind() -> Result<()> {
    run(async {
        let (mut dialed, _accepted) = pair().await?;
        let (listener, _) = listen().await?;
        let (packets, _) = socket().await?;
        leaks_nothing!({
            let mut buf = [0; 8];
            tokio::select! {
                biased;
                _ = dialed.read_u8() => unreachable!(),
                _ = listener.accept() => unreachable!(),
                _ = packets.recv_from(&mut buf) => unreachable!(),
                () = net::time::sleep(Duration::from_secs(600)) => unreachable!(),
                () = tokio::task::yield_now() => {}
            }
        });
        Ok(())
    })
}

/// The number of calls for memory while a connection is busy.
#[test]
fn reads_and_writes_of_a_connection_take_no_memory() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let echo = net::spawn(async move {
            while let Ok(byte) = accepted.read_u8().await {
                accepted.write_u8(byte).await?;
            }
            std::io::Result::Ok(())
        });
        let mut calls = 0;
        for _ in 0..2 {
            // The second time counts: everything has its memory then.
            let before = memory::calls();
            for byte in 0..200 {
                dialed.write_u8(byte).await?;
                assert_eq!(dialed.read_u8().await?, byte);
            }
            calls = memory::calls() - before;
        }
        assert_eq!(calls, 0);
        drop(dialed);
        echo.await??;
        Ok(())
    })
}

#[test]
fn a_stream_without_deadlines_takes_no_memory() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        // Sockets and the scheduler get the memory that they keep.
        for _ in 0..200 {
            round_trip(&mut dialed, &mut accepted).await?;
        }
        let before = memory::calls();
        let mut stream = net::with_deadlines(dialed);
        stream.set_deadline(None);
        for byte in 0..200 {
            stream.write_u8(byte).await?;
            accepted.read_u8().await?;
            accepted.write_u8(byte).await?;
            assert_eq!(stream.read_u8().await?, byte);
        }
        assert_eq!(memory::calls(), before);
        Ok(())
    })
}

#[test]
fn a_deadline_that_moves_takes_no_memory() -> Result<()> {
    run(async {
        let (dialed, _accepted) = pair().await?;
        let mut stream = net::with_deadlines(dialed);
        let mut calls = 0;
        for _ in 0..2 {
            // The second time counts: everything has its memory then.
            let before = memory::calls();
            for round in 0..200 {
                stream.set_deadline(Some(Instant::now() + SOON * (1 + round % 3)));
                tokio::select! {
                    biased;
                    _ = stream.read_u8() => unreachable!("nothing was sent"),
                    () = std::future::ready(()) => {}
                }
            }
            calls = memory::calls() - before;
        }
        assert_eq!(calls, 0);
        Ok(())
    })
}

#[test]
fn ten_thousand_deadlines_leave_nothing_behind() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        leaks_nothing!({
            let (dialed, mut accepted) = pair_on(&listener, &address).await?;
            let stream = net::with_deadlines(dialed);
            stream.set_deadline(Some(Instant::now() + SOON));
            let deadlines = stream.deadlines();
            let (mut read, mut write) = stream.into_split();
            let reading = net::spawn(async move { read.read_u8().await });
            write.write_u8(1).await?;
            assert_eq!(accepted.read_u8().await?, 1);
            deadlines.set_deadline(Some(Instant::now()));
            reading.await?.expect_err("a deadline");
        });
        Ok(())
    })
}

#[test]
fn datagrams_take_no_memory() -> Result<()> {
    run(async {
        let (server, to) = socket().await?;
        let echo = net::spawn(async move {
            let mut buf = [0; 8];
            while let Ok(packet) = server.recv_from(&mut buf).await {
                server.send_to(&buf[..packet.len], &packet.from).await?;
            }
            Result::<_>::Ok(())
        });
        let (client, _) = socket().await?;
        let mut buf = [0; 8];
        let mut calls = 0;
        for _ in 0..2 {
            let before = memory::calls();
            for _ in 0..200 {
                client.send_to(b"x", &to).await?;
                client.recv_from(&mut buf).await?;
            }
            calls = memory::calls() - before;
        }
        assert_eq!(calls, 0);
        echo.abort();
        Ok(())
    })
}

/// More than the limit that guests are run with.
const MANY: usize = 4_000;

/// Opens until there is no descriptor left. Only in guests: natively other
/// tests would have none either.
async fn exhaust<T>(open: impl AsyncFn() -> Result<T>) -> Option<(Vec<T>, Error)> {
    if !is_guest() {
        eprintln!("skipped natively: tests that run beside need descriptors");
        return None;
    }
    let mut opened = Vec::new();
    while opened.len() < MANY {
        match open().await {
            Ok(one) => opened.push(one),
            Err(error) => return Some((opened, error)),
        }
    }
    eprintln!("skipped: this host gives more than {MANY} descriptors");
    None
}

#[test]
fn out_of_descriptors_each_operation_says_so_and_recovers() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let (mut one, mut other) = pair_on(&listener, &address).await?;
        let open = async || net::listen_packet("udp", "127.0.0.1:0").await;
        let Some((opened, error)) = exhaust(open).await else {
            return Ok(());
        };
        assert!(opened.len() > 100, "{error}");
        assert_eq!(error.operation(), Operation::ListenPacket);
        assert_mentions(&error, &["listen for packets udp", "127.0.0.1:0", "file"]);
        let error = net::dial("tcp", &address).await.expect_err("none left");
        assert_mentions(&error, &["dial tcp", &address]);
        let error = net::listen("tcp", "127.0.0.1:0")
            .await
            .expect_err("none left");
        assert_mentions(&error, &["listen tcp", "127.0.0.1:0"]);
        // What is open works on, and so does waiting.
        for _ in 0..10 {
            round_trip(&mut one, &mut other).await?;
            net::time::sleep(Duration::from_millis(1)).await;
        }
        drop(opened);
        let (mut dialed, mut accepted) = pair_on(&listener, &address).await?;
        round_trip(&mut dialed, &mut accepted).await?;
        Ok(())
    })
}

/// How many errors there may be in a row before they count as having starved
/// the other tasks: it takes some seconds.
const ERRORS: usize = 200_000;

#[test]
fn out_of_descriptors_a_loop_of_operations_lets_others_run() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let open = async || net::dial("tcp", &address).await;
        let Some((mut opened, _)) = exhaust(open).await else {
            return Ok(());
        };
        // The task that would free a descriptor.
        let last = opened.pop();
        let freeing = net::spawn(async move { drop(last) });
        let mut errors = 0;
        while net::dial("tcp", &address).await.is_err() {
            errors += 1;
            assert!(errors < ERRORS, "the task starved");
        }
        freeing.await?;
        // wasi-go accepts before it looks whether it may, and hangs up, so
        // there accepts do not fail for long.
        if host() != "wasi-go" {
            let hold = exhaust(open).await;
            let freeing = net::spawn(async move { drop((hold, opened)) });
            while listener.accept().await.is_err() {
                errors += 1;
                assert!(errors < 2 * ERRORS, "the task starved");
            }
            freeing.await?;
        }
        Ok(())
    })
}

#[test]
fn out_of_descriptors_an_accept_fails_and_connections_wait() -> Result<()> {
    const FAILED: usize = 3;
    run(async {
        let (listener, address) = listen().await?;
        let open = async || net::dial("tcp", &address).await;
        let Some((mut opened, error)) = exhaust(open).await else {
            return Ok(());
        };
        assert_eq!(error.operation(), Operation::Dial);
        for _ in 0..FAILED {
            let error = listener.accept().await.expect_err("none left");
            assert_eq!(error.operation(), Operation::Accept);
            assert_mentions(&error, &["accept", &address]);
        }
        assert!(
            listener
                .local_addr()
                .is_ok_and(|local| local.as_ip().is_some())
        );
        // wasi-go accepts before it looks whether it may, and hangs up.
        let lost = if host() == "wasi-go" { FAILED } else { 0 };
        for stream in &mut opened[..lost] {
            let end = net::time::timeout(SOON, stream.read(&mut [0])).await?;
            assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
        }
        // One goes, and the first of those that wait is served.
        opened.pop();
        let (mut accepted, peer) = listener.accept().await?;
        let mut first = opened.swap_remove(lost);
        assert_eq!(peer, first.local_addr()?);
        round_trip(&mut first, &mut accepted).await?;
        Ok(())
    })
}
