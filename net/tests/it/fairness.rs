//! Nobody starves: not beside tasks that can always run, and not beside
//! sockets that are always ready.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use net::{JoinHandle, Result};

use crate::support::{SOON, pair, round_trip, run};

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
