//! Reading the Test Anything Protocol (version 14), as our own programs write it.

use anyhow::{Context, Result, bail};

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// With the reason.
    Skipped(String),
    /// With the reason.
    KnownBug(String),
    /// With what was wrong.
    Failed(String),
}

/// A test point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    /// Group and case, as `group::case`.
    pub(crate) name: String,
    /// What it checks.
    pub(crate) about: String,
    pub(crate) outcome: Outcome,
}

/// Reads a whole report. One that breaks off is an error.
pub(crate) fn read(text: &str) -> Result<Vec<Point>> {
    let plan = text.lines().find_map(|line| line.strip_prefix("1.."));
    let plan: usize = plan.context("there is no plan")?.trim().parse()?;
    let mut points: Vec<Point> = Vec::new();
    for line in text.lines() {
        if let Some(point) = test_point(line) {
            points.push(point);
        } else if let Some(point) = points.last_mut() {
            add_detail(point, line);
        }
    }
    if points.len() != plan {
        let last = points.last().map_or("the first", |point| &point.name);
        bail!(
            "{} of {plan} cases have an outcome: it broke off behind {last}",
            points.len()
        );
    }
    Ok(points)
}

fn test_point(line: &str) -> Option<Point> {
    let (is_ok, rest) = match line.strip_prefix("not ok ") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("ok ")?),
    };
    let (_, rest) = rest.split_once(" - ")?;
    let (name, directive) = rest.split_once(" # ").unwrap_or((rest, ""));
    let (kind, reason) = directive.split_once(' ').unwrap_or((directive, ""));
    let outcome = match (is_ok, kind) {
        (true, "SKIP") => Outcome::Skipped(reason.to_owned()),
        (true, _) => Outcome::Passed,
        (false, "TODO") => Outcome::KnownBug(reason.to_owned()),
        (false, _) => Outcome::Failed(String::new()),
    };
    Some(Point {
        name: name.to_owned(),
        about: String::new(),
        outcome,
    })
}

fn add_detail(point: &mut Point, line: &str) {
    let line = line.trim();
    if let Some(about) = line.strip_prefix("about: ") {
        point.about = unquoted(about);
    } else if let (Some(text), Outcome::Failed(message)) =
        (line.strip_prefix("message: "), &mut point.outcome)
    {
        *message = unquoted(text);
    }
}

fn unquoted(text: &str) -> String {
    let inner = text.trim_matches('"');
    inner.replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "TAP version 14\n1..4\n\
        ok 1 - a::one\n  ---\n  about: \"One \\\"thing\\\".\"\n  ...\n\
        ok 2 - a::two # SKIP there is no IPv6\n\
        not ok 3 - b::three # TODO lost by the host\n  ---\n  message: \"gone\"\n  ...\n\
        not ok 4 - b::four\n  ---\n  message: \"a is 1, not 2\"\n  ...\n";

    #[test]
    fn outcomes_are_read_with_their_reasons() {
        let outcomes: Vec<_> = read(REPORT)
            .unwrap()
            .into_iter()
            .map(|point| point.outcome)
            .collect();
        let expected = [
            Outcome::Passed,
            Outcome::Skipped("there is no IPv6".into()),
            Outcome::KnownBug("lost by the host".into()),
            Outcome::Failed("a is 1, not 2".into()),
        ];
        assert_eq!(outcomes, expected);
        assert_eq!(read(REPORT).unwrap()[0].about, "One \"thing\".");
    }

    #[test]
    fn a_report_that_breaks_off_is_an_error() {
        let cut = &REPORT[..REPORT.find("not ok 4").unwrap()];
        let error = read(cut).unwrap_err().to_string();
        assert_eq!(
            error,
            "3 of 4 cases have an outcome: it broke off behind b::three"
        );
    }
}
