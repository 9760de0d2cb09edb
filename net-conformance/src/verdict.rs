use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use net_dial::Net;

use crate::fixture::Fixture;
use crate::subject::{Skipped, Subject};
use crate::{Case, groups};

/// The time limit of a case.
const PATIENCE: Duration = Duration::from_secs(60);

/// The result of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The backend does what it must.
    Passed,
    /// The backend does not have what the case is about.
    Skipped {
        /// The reason.
        reason: String,
    },
    /// The backend does not do what it must.
    Failed {
        /// What it does instead.
        message: String,
    },
    /// The backend does not do what it must, and this is known.
    KnownBug {
        /// The known reason.
        reason: String,
        /// What it does instead.
        message: String,
    },
}

impl Verdict {
    /// Returns whether the case failed, known bugs aside.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Verdict::Failed { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Passed => f.write_str("passed"),
            Verdict::Skipped { reason } => write!(f, "skipped: {reason}"),
            Verdict::Failed { message } => write!(f, "failed: {message}"),
            Verdict::KnownBug { reason, message } => {
                write!(f, "failed with a known bug, {reason}: {message}")
            }
        }
    }
}

/// Runs one case.
pub fn run<F: Fixture>(fixture: F, case: &Case) -> Verdict {
    run_for(fixture, case, PATIENCE)
}

/// Runs one case, which fails if it takes longer than `patience`.
pub fn run_for<F: Fixture>(fixture: F, case: &Case, patience: Duration) -> Verdict {
    let bug = fixture.known_bug(case);
    let fixture = Arc::new(fixture);
    let outcome = fixture.block_on(async {
        let net = Net::new(fixture.backend());
        let on = Subject {
            fixture: Arc::clone(&fixture),
            net,
        };
        let Some(running) = groups::start(&on, case) else {
            anyhow::bail!("unknown case");
        };
        match on.timeout(patience, running).await {
            Ok(outcome) => outcome,
            Err(_) => anyhow::bail!("it is not done after {patience:?}"),
        }
    });
    match (outcome, bug) {
        (Ok(()), None) => Verdict::Passed,
        (Ok(()), Some(bug)) => Verdict::Failed {
            message: format!("it passes, but is listed as a known bug: {bug}"),
        },
        (Err(error), bug) => match (error.downcast::<Skipped>(), bug) {
            (Ok(Skipped(reason)), _) => Verdict::Skipped { reason },
            (Err(error), None) => Verdict::Failed {
                message: format!("{error:#}"),
            },
            (Err(error), Some(reason)) => Verdict::KnownBug {
                reason,
                message: format!("{error:#}"),
            },
        },
    }
}

/// Runs one case as a test: what [`conformance!`](crate::conformance) expands to.
///
/// # Panics
///
/// Panics if the case fails.
#[doc(hidden)]
pub fn test<F: Fixture>(fixture: F, group: &str, name: &str) {
    let case = groups::cases().find(|case| case.group == group && case.name == name);
    let case = case.expect("the macro names cases");
    let verdict = run(fixture, case);
    assert!(!verdict.is_failure(), "{}\n\n{verdict}", case.text());
    if verdict != Verdict::Passed {
        println!("{verdict}");
    }
}
