//! The report, in the Test Anything Protocol (version 14).

use std::io::{self, Write};

use crate::case::{Case, Wrong};
use crate::known_bugs;

/// Runs all cases; `true` if a host does what it must, but for known bugs.
pub(crate) fn report(cases: &[&Case], host: &str, mut to: impl Write) -> io::Result<bool> {
    writeln!(to, "TAP version 14\n1..{}", cases.len())?;
    let mut is_well = true;
    for (number, case) in (1..).zip(cases) {
        let bug = known_bugs::reason(host, case);
        let outcome = (case.run)();
        let name = format_args!("{number} - {}::{}", case.group, case.name);
        let wrong = match (outcome, bug) {
            (Ok(()), None) => {
                writeln!(to, "ok {name}")?;
                None
            }
            (Err(Wrong(message)), Some(reason)) => {
                writeln!(to, "not ok {name} # TODO {reason}")?;
                Some(message)
            }
            (Err(Wrong(message)), None) => {
                is_well = false;
                writeln!(to, "not ok {name}")?;
                Some(message)
            }
            (Ok(()), Some(reason)) => {
                is_well = false;
                writeln!(to, "not ok {name}")?;
                Some(format!(
                    "it passes, so a bug is gone that was known: {reason}"
                ))
            }
        };
        writeln!(to, "  ---\n  about: {:?}", case.about.trim())?;
        if let Some(message) = wrong {
            writeln!(to, "  message: {message:?}")?;
        }
        writeln!(to, "  ...")?;
        to.flush()?;
    }
    Ok(is_well)
}
