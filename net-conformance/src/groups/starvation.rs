//! Tasks that can always run, and sockets that are always ready, do not starve others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use net_traits::PacketConn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use crate::case::cases;
use crate::ensure::ensure_eq;
use crate::fixture::Fixture;
use crate::subject::{Checked, SOON, Subject, round_trip};

cases! {
    $ __starvation starvation:
    /// A task that always yields does not keep sockets from being polled.
    /// Source: wasmtime `p2_tcp_busy_poll`; the design of the runtime hook.
    a_task_that_spins_does_not_starve_a_connection;
    /// Nor sockets of other tasks.
    /// Source: wasmtime `p2_tcp_busy_poll`.
    a_task_that_spins_does_not_starve_connections_of_tasks;
    /// The future of `block_on` may spin, too.
    /// Source: wasmtime `p2_tcp_busy_poll`.
    a_main_that_spins_does_not_starve_tasks;
    /// Reads that are always ready yield to other tasks.
    /// Source: tokio, cooperative scheduling (`tokio::task::coop`).
    a_task_whose_connection_is_always_ready_lets_others_run;
    /// Writes yield, too.
    /// Source: tokio, cooperative scheduling.
    a_task_that_only_writes_or_only_reads_lets_others_run;
    /// So do receives of datagrams.
    /// Source: tokio, cooperative scheduling.
    a_task_whose_datagrams_are_always_there_lets_others_run;
    /// So do sends that never block.
    /// Source: tokio, cooperative scheduling.
    a_task_that_only_sends_datagrams_lets_others_run;
    /// So do operations that always fail.
    /// Source: tokio, cooperative scheduling.
    a_task_whose_writes_fail_lets_others_run;
    /// Busy sockets do not hide a quiet one.
    /// Source: Linux `epoll(7)`, starvation.
    a_quiet_connection_is_heard_beside_many_busy_ones;
    /// This holds for each of 300.
    /// Source: Linux `epoll(7)`, starvation.
    any_of_many_idle_connections_is_heard_beside_busy_ones;
}

async fn a_task_that_spins_does_not_starve_a_connection<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let stop = Stop::default();
    let spinner = spin(&stop);
    for _ in 0..50 {
        round_trip(&mut dialed, &mut accepted).await?;
    }
    stop.now();
    ensure!(spinner.await?, "the connection starved");
    Ok(())
}

async fn a_task_that_spins_does_not_starve_connections_of_tasks<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let stop = Stop::default();
    let spinners = [spin(&stop), spin(&stop)];
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let (mut dialed, mut accepted) = on.pair().await?;
        tasks.push(tokio::spawn(async move {
            for _ in 0..20 {
                round_trip(&mut dialed, &mut accepted).await?;
            }
            std::io::Result::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    stop.now();
    for spinner in spinners {
        ensure!(spinner.await?, "a connection starved");
    }
    Ok(())
}

async fn a_main_that_spins_does_not_starve_tasks<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let timer = on.clone();
    let task = tokio::spawn(async move {
        for _ in 0..20 {
            round_trip(&mut dialed, &mut accepted).await?;
            timer.sleep(Duration::from_millis(1)).await;
        }
        std::io::Result::Ok(())
    });
    let start = Instant::now();
    while !task.is_finished() && start.elapsed() < SOON {
        tokio::task::yield_now().await;
    }
    ensure!(task.is_finished(), "the task starved");
    task.await??;
    Ok(())
}

async fn a_task_whose_connection_is_always_ready_lets_others_run<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let stop = Stop::default();
    let seen = stop.clone();
    let busy = tokio::spawn(async move {
        for _ in 0..TURNS {
            if seen.is_said() {
                return anyhow::Ok(true);
            }
            dialed.write_u8(1).await?;
            accepted.read_u8().await?;
        }
        Ok(false)
    });
    ensure_gives_way(on, &stop, busy).await
}

async fn a_task_that_only_writes_or_only_reads_lets_others_run<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (mut dialed, mut accepted) = on.pair().await?;
    let stop = Stop::default();
    let seen = stop.clone();
    let writer = tokio::spawn(async move {
        let data = vec![0; 16 << 10];
        for _ in 0..TURNS {
            if seen.is_said() {
                return std::io::Result::Ok(true);
            }
            dialed.write_all(&data).await?;
        }
        Ok(false)
    });
    let reader = tokio::spawn(async move {
        let mut data = vec![0; 1 << 10];
        while accepted.read(&mut data).await? > 0 {}
        std::io::Result::Ok(())
    });
    let (mut quiet, mut other) = on.pair().await?;
    for _ in 0..5 {
        round_trip(&mut quiet, &mut other).await?;
        on.sleep(Duration::from_millis(2)).await;
    }
    stop.now();
    ensure!(writer.await??, "the others starved");
    reader.await??;
    Ok(())
}

async fn a_task_whose_datagrams_are_always_there_lets_others_run<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    let (socket, own) = on.packet_socket().await?;
    let stop = Stop::default();
    let seen = stop.clone();
    let busy = tokio::spawn(async move {
        for _ in 0..TURNS {
            if seen.is_said() {
                return anyhow::Ok(true);
            }
            socket.send_to(b"to myself", &own).await?;
            socket.recv_from(&mut [0; 16]).await?;
        }
        Ok(false)
    });
    ensure_gives_way(on, &stop, busy).await
}

async fn a_task_that_only_sends_datagrams_lets_others_run<F: Fixture>(on: &Subject<F>) -> Checked {
    let (socket, _) = on.packet_socket().await?;
    // It is never read: what does not fit is discarded.
    let (_deaf, to) = on.packet_socket().await?;
    let stop = Stop::default();
    let seen = stop.clone();
    let busy = tokio::spawn(async move {
        for _ in 0..TURNS {
            if seen.is_said() {
                return anyhow::Ok(true);
            }
            socket.send_to(b"to nobody", &to).await?;
        }
        Ok(false)
    });
    ensure_gives_way(on, &stop, busy).await
}

async fn a_task_whose_writes_fail_lets_others_run<F: Fixture>(on: &Subject<F>) -> Checked {
    let (mut dialed, _accepted) = on.pair().await?;
    dialed.shutdown().await?;
    let stop = Stop::default();
    let seen = stop.clone();
    let busy = tokio::spawn(async move {
        for _ in 0..TURNS {
            if seen.is_said() {
                return anyhow::Ok(true);
            }
            ensure!(dialed.write_u8(1).await.is_err(), "a write after the end");
        }
        Ok(false)
    });
    ensure_gives_way(on, &stop, busy).await
}

async fn a_quiet_connection_is_heard_beside_many_busy_ones<F: Fixture>(on: &Subject<F>) -> Checked {
    let (listener, address) = on.listen().await?;
    let stop = Stop::default();
    let mut busy = Vec::new();
    for _ in 0..20 {
        let (mut dialed, mut accepted) = on.pair_on(&listener, &address).await?;
        let stop = stop.clone();
        busy.push(tokio::spawn(async move {
            let mut count = 0;
            while !stop.is_said() {
                round_trip(&mut dialed, &mut accepted).await?;
                count += 1;
            }
            std::io::Result::Ok(count)
        }));
    }
    let (mut dialed, mut accepted) = on.pair_on(&listener, &address).await?;
    for _ in 0..5 {
        on.sleep(Duration::from_millis(20)).await;
        round_trip(&mut dialed, &mut accepted).await?;
    }
    stop.now();
    for task in busy {
        ensure!(task.await?? > 0);
    }
    Ok(())
}

async fn any_of_many_idle_connections_is_heard_beside_busy_ones<F: Fixture>(
    on: &Subject<F>,
) -> Checked {
    const IDLE: usize = 300;
    let (listener, address) = on.listen().await?;
    let (mut ends, mut readers) = (Vec::new(), Vec::new());
    for _ in 0..IDLE {
        let (dialed, mut accepted) = on.pair_on(&listener, &address).await?;
        ends.push(dialed);
        readers.push(tokio::spawn(async move {
            let byte = accepted.read_u8().await?;
            accepted.write_u8(byte).await
        }));
    }
    let stop = Stop::default();
    let (mut dialed, mut accepted) = on.pair_on(&listener, &address).await?;
    let seen = stop.clone();
    let busy = tokio::spawn(async move {
        while !seen.is_said() {
            round_trip(&mut dialed, &mut accepted).await?;
        }
        std::io::Result::Ok(())
    });
    for i in 0..IDLE {
        let end = &mut ends[i * 7 % IDLE];
        end.write_u8(3).await?;
        ensure_eq!(on.timeout(SOON, end.read_u8()).await??, 3);
    }
    stop.now();
    busy.await??;
    for reader in readers {
        reader.await??;
    }
    Ok(())
}

/// Checks that sleeps end although a task can always run. The task returns whether it
/// was stopped before all its turns were over.
async fn ensure_gives_way<F: Fixture>(
    on: &Subject<F>,
    stop: &Stop,
    busy: JoinHandle<anyhow::Result<bool>>,
) -> Checked {
    for _ in 0..3 {
        on.sleep(Duration::from_millis(2)).await;
    }
    stop.now();
    ensure!(busy.await??, "the sleeps starved");
    Ok(())
}

/// The number of turns after which a task counts as having starved the others. They
/// take some seconds.
const TURNS: u32 = 200_000;

/// Asks a task to end.
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

/// A task that can always run until it is stopped. Its limit makes the case fail, and
/// not hang, if the others starve.
fn spin(stop: &Stop) -> JoinHandle<bool> {
    let stop = stop.clone();
    tokio::spawn(async move {
        let start = Instant::now();
        while !stop.is_said() && start.elapsed() < 2 * SOON {
            tokio::task::yield_now().await;
        }
        stop.is_said()
    })
}
