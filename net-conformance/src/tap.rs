use std::io::{self, Write};

use crate::{Case, Fixture, Verdict, cases, run};

/// Runs every case and writes the results in the Test Anything Protocol (version 14).
/// Returns whether none failed.
///
/// A known bug is reported as `TODO`, a skipped case as `SKIP`.
///
/// # Errors
///
/// Returns an error if writing fails.
pub fn report<F: Fixture>(fixture: impl Fn() -> F, mut to: impl Write) -> io::Result<bool> {
    writeln!(to, "TAP version 14\n1..{}", cases().count())?;
    let mut is_well = true;
    for (number, case) in (1..).zip(cases()) {
        let verdict = run(fixture(), case);
        is_well &= !verdict.is_failure();
        write_point(&mut to, number, case, &verdict)?;
        to.flush()?;
    }
    Ok(is_well)
}

fn write_point(
    to: &mut impl Write,
    number: usize,
    case: &Case,
    verdict: &Verdict,
) -> io::Result<()> {
    let (outcome, directive, message) = match verdict {
        Verdict::Passed => ("ok", String::new(), None),
        Verdict::Skipped { reason } => ("ok", format!(" # SKIP {}", line(reason)), None),
        Verdict::Failed { message } => ("not ok", String::new(), Some(message)),
        Verdict::KnownBug { reason, message } => {
            ("not ok", format!(" # TODO {}", line(reason)), Some(message))
        }
    };
    let (group, name) = (case.group(), case.name());
    writeln!(to, "{outcome} {number} - {group}::{name}{directive}")?;
    writeln!(to, "  ---\n  about: {}", quoted(case.text()))?;
    if let Some(message) = message {
        writeln!(to, "  message: {}", quoted(message))?;
    }
    writeln!(to, "  ...")
}

/// Joins lines, because a directive or message is one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Formats a YAML string.
fn quoted(text: &str) -> String {
    let escaped = line(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
