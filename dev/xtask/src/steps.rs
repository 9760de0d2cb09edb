//! Named steps that run one after the other, whatever becomes of the earlier ones.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::table::Table;

/// The steps that ran, with how each ended.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<(String, bool, Duration)>,
}

impl Steps {
    /// Runs one step; its result when it succeeded.
    pub(crate) fn run<T>(&mut self, name: &str, step: impl FnOnce() -> Result<T>) -> Option<T> {
        eprintln!("\n==> {name}");
        let start = Instant::now();
        let result = step();
        if let Err(error) = &result {
            eprintln!("error: {name}: {error:#}");
        }
        self.done
            .push((name.to_owned(), result.is_ok(), start.elapsed()));
        result.ok()
    }

    /// Runs series of steps next to each other, as many as there are cores.
    pub(crate) fn run_side_by_side(&mut self, series: Vec<impl FnOnce(&mut Steps) + Send>) {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let mut done: Vec<_> = series.iter().map(|_| Steps::default()).collect();
        let left = Mutex::new(series.into_iter().zip(&mut done));
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some((run, steps)) = next() {
                        run(steps);
                    }
                });
            }
        });
        self.done.extend(done.into_iter().flat_map(|it| it.done));
    }

    /// Prints the summary; the exit code is 1 when a step failed.
    pub(crate) fn finish(self) -> ExitCode {
        let mut table = Table::new(&["step", "result", "time"]);
        let all_passed = self.done.iter().all(|&(_, passed, _)| passed);
        for (name, passed, time) in self.done {
            let result = if passed { "ok" } else { "FAILED" };
            table.row(vec![
                name,
                result.to_owned(),
                format!("{:.1} s", time.as_secs_f64()),
            ]);
        }
        println!("\n{}", table.text());
        if all_passed {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
