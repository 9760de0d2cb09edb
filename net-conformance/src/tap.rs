use std::io::{self, Write};

use crate::{Case, Fixture, Verdict, cases, run};

/// Runs every case and writes what came of them, in the Test Anything
/// Protocol (version 14), which many programs read; `true` if none failed.
///
/// A known bug is a `TODO` there, and what a backend does not have a `SKIP`.
///
/// # Errors
///
/// Those of writing.
pub fn report<F: Fixture>(fixture: impl Fn() -> F, mut to: impl Write) -> io::Result<bool> {
    writeln!(to, "TAP version 14\n1..{}", cases().count())?;
    let mut is_well = true;
    for (number, case) in (1..).zip(cases()) {
        let verdict = run(fixture(), case);
        is_well &= !verdict.is_failure();
        write_line(&mut to, number, case, &verdict)?;
        to.flush()?;
    }
    Ok(is_well)
}

fn write_line(
    to: &mut impl Write,
    number: usize,
    case: &Case,
    verdict: &Verdict,
) -> io::Result<()> {
    let name = format_args!("{number} - {}::{}", case.group(), case.name());
    match verdict {
        Verdict::Passed => writeln!(to, "ok {name}"),
        Verdict::Skipped { reason } => writeln!(to, "ok {name} # SKIP {}", line(reason)),
        Verdict::Failed { message } => {
            writeln!(to, "not ok {name}")?;
            write_message(to, message)
        }
        Verdict::KnownBug { reason, message } => {
            writeln!(to, "not ok {name} # TODO {}", line(reason))?;
            write_message(to, message)
        }
    }
}

/// What went wrong, as a block of YAML.
fn write_message(to: &mut impl Write, message: &str) -> io::Result<()> {
    writeln!(to, "  ---\n  message: {:?}\n  ...", line(message))
}

/// Directives end with their line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
