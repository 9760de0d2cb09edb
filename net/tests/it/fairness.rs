//! Nobody starves: not beside tasks that can always run, and not beside
//! sockets that are always ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use net::prelude::*;
use net::{JoinHandle, Result};

use crate::support::{SOON, listen, pair, pair_on, round_trip, run};
use crate::udp::socket;

/// Tells a task to end.
#[derive(Debug, Clone, Default)]
struct Stop(Arc<AtomicBool>);

impl Stop {
    fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_said(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A task that can always run, until it is stopped; a bound lets the test fail
/// rather than hang where others starve.
fn spin(stop: &Stop) -> JoinHandle<bool> {
    let stop = stop.clone();
    net::spawn(async move {
        let start = Instant::now();
        while !stop.is_said() && start.elapsed() < 2 * SOON {
            tokio::task::yield_now().await;
        }
        stop.is_said()
    })
}

#[test]
fn a_task_that_spins_does_not_starve_a_connection() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let stop = Stop::default();
        let spinner = spin(&stop);
        for _ in 0..50 {
            round_trip(&mut dialed, &mut accepted).await?;
        }
        stop.now();
        assert!(spinner.await?, "the connection starved");
        Ok(())
    })
}

#[test]
fn a_task_that_spins_does_not_starve_connections_of_tasks() -> Result<()> {
    run(async {
        let stop = Stop::default();
        let spinners = [spin(&stop), spin(&stop)];
        let mut tasks = Vec::new();
        for _ in 0..3 {
            let (mut dialed, mut accepted) = pair().await?;
            tasks.push(tokio::spawn(async move {
                for _ in 0..20 {
                    round_trip(&mut dialed, &mut accepted).await?;
                }
                std::io::Result::Ok(())
            }));
        }
        for task in tasks {
            task.await.expect("a task that does not panic")?;
        }
        stop.now();
        for spinner in spinners {
            assert!(spinner.await?, "a connection starved");
        }
        Ok(())
    })
}

#[test]
fn a_task_that_spins_does_not_starve_sleeps() -> Result<()> {
    async fn sleeps() {
        for _ in 0..5 {
            net::time::sleep(Duration::from_millis(3)).await;
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }
    run(async {
        let stop = Stop::default();
        let spinner = spin(&stop);
        let (one, other) = (net::spawn(sleeps()), tokio::spawn(sleeps()));
        sleeps().await;
        one.await?;
        other.await.expect("a task that does not panic");
        stop.now();
        assert!(spinner.await?, "a sleep starved");
        Ok(())
    })
}

#[test]
fn a_main_that_spins_does_not_starve_tasks() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let task = net::spawn(async move {
            for _ in 0..20 {
                round_trip(&mut dialed, &mut accepted).await?;
                net::time::sleep(Duration::from_millis(1)).await;
            }
            std::io::Result::Ok(())
        });
        let start = Instant::now();
        while !task.is_finished() && start.elapsed() < SOON {
            tokio::task::yield_now().await;
        }
        assert!(task.is_finished(), "the task starved");
        task.await??;
        Ok(())
    })
}

/// How many times a task may do what it can always do, before it counts as
/// having starved the others: it takes some seconds.
const TURNS: u32 = 200_000;

#[test]
fn a_task_whose_connection_is_always_ready_lets_others_run() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let stop = Stop::default();
        let seen = stop.clone();
        let busy = net::spawn(async move {
            for _ in 0..TURNS {
                if seen.is_said() {
                    return std::io::Result::Ok(true);
                }
                dialed.write_u8(1).await?;
                accepted.read_u8().await?;
            }
            Ok(false)
        });
        for _ in 0..3 {
            net::time::sleep(Duration::from_millis(2)).await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stop.now();
        assert!(busy.await??, "the sleeps starved");
        Ok(())
    })
}

#[test]
fn a_task_that_only_writes_or_only_reads_lets_others_run() -> Result<()> {
    run(async {
        let (mut dialed, mut accepted) = pair().await?;
        let stop = Stop::default();
        let seen = stop.clone();
        let writer = net::spawn(async move {
            let data = vec![0; 16 << 10];
            for _ in 0..TURNS {
                if seen.is_said() {
                    return std::io::Result::Ok(true);
                }
                dialed.write_all(&data).await?;
            }
            Ok(false)
        });
        let reader = net::spawn(async move {
            let mut data = vec![0; 1 << 10];
            while accepted.read(&mut data).await? > 0 {}
            std::io::Result::Ok(())
        });
        let (mut quiet, mut other) = pair().await?;
        for _ in 0..5 {
            round_trip(&mut quiet, &mut other).await?;
            net::time::sleep(Duration::from_millis(2)).await;
        }
        stop.now();
        assert!(writer.await??, "the others starved");
        reader.await??;
        Ok(())
    })
}

#[test]
fn a_task_whose_datagrams_are_always_there_lets_others_run() -> Result<()> {
    run(async {
        let (socket, own) = socket().await?;
        let stop = Stop::default();
        let seen = stop.clone();
        let busy = net::spawn(async move {
            for _ in 0..TURNS {
                if seen.is_said() {
                    return Result::<_>::Ok(true);
                }
                socket.send_to(b"to myself", &own).await?;
                socket.recv_from(&mut [0; 16]).await?;
            }
            Ok(false)
        });
        for _ in 0..3 {
            net::time::sleep(Duration::from_millis(2)).await;
        }
        stop.now();
        assert!(busy.await??, "the sleeps starved");
        Ok(())
    })
}

#[test]
fn a_task_that_only_sends_datagrams_lets_others_run() -> Result<()> {
    run(async {
        let (socket, _) = socket().await?;
        // It is never read: what does not fit is dropped.
        let (_deaf, to) = crate::udp::socket().await?;
        let stop = Stop::default();
        let seen = stop.clone();
        let busy = net::spawn(async move {
            for _ in 0..TURNS {
                if seen.is_said() {
                    return Result::<_>::Ok(true);
                }
                socket.send_to(b"to nobody", &to).await?;
            }
            Ok(false)
        });
        for _ in 0..3 {
            net::time::sleep(Duration::from_millis(2)).await;
        }
        stop.now();
        assert!(busy.await??, "the sleeps starved");
        Ok(())
    })
}

#[test]
fn a_quiet_connection_is_heard_beside_many_busy_ones() -> Result<()> {
    run(async {
        let (listener, address) = listen().await?;
        let stop = Stop::default();
        let mut busy = Vec::new();
        for _ in 0..20 {
            let (mut dialed, mut accepted) = pair_on(&listener, &address).await?;
            let stop = stop.clone();
            busy.push(net::spawn(async move {
                let mut count = 0;
                while !stop.is_said() {
                    round_trip(&mut dialed, &mut accepted).await?;
                    count += 1;
                }
                std::io::Result::Ok(count)
            }));
        }
        let (mut dialed, mut accepted) = pair_on(&listener, &address).await?;
        for _ in 0..5 {
            net::time::sleep(Duration::from_millis(20)).await;
            round_trip(&mut dialed, &mut accepted).await?;
        }
        stop.now();
        for task in busy {
            assert!(task.await?? > 0);
        }
        Ok(())
    })
}

/// So many that hosts are not asked about each of them every time.
#[test]
fn any_of_many_idle_connections_is_heard_beside_busy_ones() -> Result<()> {
    const IDLE: usize = 300;
    run(async {
        let (listener, address) = listen().await?;
        let (mut ends, mut readers) = (Vec::new(), Vec::new());
        for _ in 0..IDLE {
            let (dialed, mut accepted) = pair_on(&listener, &address).await?;
            ends.push(dialed);
            readers.push(net::spawn(async move {
                let byte = accepted.read_u8().await?;
                accepted.write_u8(byte).await
            }));
        }
        let stop = Stop::default();
        let (mut dialed, mut accepted) = pair_on(&listener, &address).await?;
        let seen = stop.clone();
        let busy = net::spawn(async move {
            while !seen.is_said() {
                round_trip(&mut dialed, &mut accepted).await?;
            }
            std::io::Result::Ok(())
        });
        for i in 0..IDLE {
            let end = &mut ends[i * 7 % IDLE];
            end.write_u8(3).await?;
            assert_eq!(net::time::timeout(SOON, end.read_u8()).await??, 3);
        }
        stop.now();
        busy.await??;
        for reader in readers {
            reader.await??;
        }
        Ok(())
    })
}
