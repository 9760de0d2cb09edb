//! The page with the matrix, and how it differs from an earlier one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::matrix::{KNOWN_BUG, Matrix, PASSED, SKIPPED, mark, name_of};
use super::tap::Outcome;

const INTRODUCTION: &str = "\
# What works where

The results of each test case on each backend and host: the cases of
[`net-conformance`](../net-conformance), which call `net`, then those of
[`net-conformance-guest`](../dev/conformance-guest), which make the socket calls of
WASI hosts directly. `cargo xtask conformance --update` generates this page, and CI
fails if it is out of date.

![The same results as a picture: a row for each host, a square for each case](conformance.svg)

- ✓: passed
- –: skipped, for a reason listed at the end
- bug: fails because of a known bug, listed at the end
";

/// Returns the page, in Markdown.
pub(crate) fn markdown(matrix: &Matrix) -> String {
    let mut page = INTRODUCTION.to_owned();
    for (group, rows, columns) in matrix.groups() {
        let _ = write!(page, "\n## {group}\n\n| case |");
        for column in &columns {
            let _ = write!(page, " {} |", matrix.columns[*column]);
        }
        let _ = writeln!(page, "\n|---|{}", "---|".repeat(columns.len()));
        for row in rows {
            let about = row.about.replace('|', "\\|");
            let _ = write!(page, "| `{}`<br>{about} |", row.case());
            for column in &columns {
                let _ = write!(page, " {} |", mark(row.cells[*column].as_ref()));
            }
            page.push('\n');
        }
    }
    list(&mut page, matrix, "Known bugs", |outcome| match outcome {
        Outcome::KnownBug(reason) => Some(reason),
        _ => None,
    });
    list(&mut page, matrix, "Skipped", |outcome| match outcome {
        Outcome::Skipped(reason) => Some(reason),
        _ => None,
    });
    page
}

fn list(page: &mut String, matrix: &Matrix, title: &str, pick: fn(&Outcome) -> Option<&str>) {
    let mut reasons: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (column, row, reason) in matrix.find(pick) {
        reasons
            .entry((name_of(column), reason))
            .or_default()
            .push(&row.name);
    }
    let _ = writeln!(page, "\n## {title}\n");
    if reasons.is_empty() {
        page.push_str("None.\n");
    }
    for ((host, reason), cases) in reasons {
        let _ = writeln!(page, "- {host}: {reason}: `{}`", cases.join("`, `"));
    }
}

/// Reads the marks of a page, by case and column.
pub(crate) fn marks(page: &str) -> BTreeMap<(String, String), String> {
    let (mut group, mut columns) = (String::new(), Vec::new());
    let mut marks = BTreeMap::new();
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut group);
        }
        let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
        let Some(first) = cells.next().filter(|_| line.starts_with('|')) else {
            continue;
        };
        if first.starts_with("case") {
            columns = cells.map(|cell| name_of(cell).to_owned()).collect();
        } else if let Some((case, _)) = first.strip_prefix('`').and_then(|c| c.split_once('`')) {
            // The description may contain bars; the marks are the last cells.
            let all: Vec<_> = cells.collect();
            let last = all.len().saturating_sub(columns.len());
            for (column, mark) in columns.iter().zip(&all[last..]) {
                let name = format!("{group}::{case}");
                marks.insert((name, column.clone()), (*mark).to_owned());
            }
        }
    }
    marks
}

/// Returns how the results differ from a page: what is worse, and what is better or new.
pub(crate) fn differences(page: &str, matrix: &Matrix) -> (Vec<String>, Vec<String>) {
    let (before, now) = (marks(page), matrix.marks());
    let (mut worse, mut better) = (Vec::new(), Vec::new());
    for ((case, column), old) in &before {
        if !matrix.columns.iter().any(|other| name_of(other) == column) {
            continue;
        }
        let new = now.get(&(case.as_str(), column.as_str())).unwrap_or(&"");
        if old != new {
            let text = format!("{case} on {column}: {old:?} before, {new:?} now");
            let list = if rank(new) < rank(old) {
                &mut worse
            } else {
                &mut better
            };
            list.push(text);
        }
    }
    for (&(case, column), new) in &now {
        if !new.is_empty() && !before.contains_key(&(case.to_owned(), column.to_owned())) {
            better.push(format!("{case} on {column}: new, {new:?}"));
        }
    }
    (worse, better)
}

fn rank(mark: &str) -> u8 {
    match mark {
        PASSED => 3,
        SKIPPED => 2,
        KNOWN_BUG => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tap::Point;
    use super::*;

    fn matrix(outcome: Outcome) -> Matrix {
        let mut matrix = Matrix::default();
        let point = |outcome| Point {
            name: "conn::bytes_arrive".into(),
            about: "Order, a | b.".into(),
            outcome,
        };
        matrix.add("native", vec![point(Outcome::Passed)]);
        matrix.add("WasmEdge 0.14.1", vec![point(outcome)]);
        matrix
    }

    #[test]
    fn a_page_is_read_as_it_was_written() {
        let matrix = matrix(Outcome::Skipped("no reason".into()));
        let marks = marks(&markdown(&matrix));
        let of =
            |column: &str| marks[&("conn::bytes_arrive".to_owned(), column.to_owned())].clone();
        assert_eq!(
            (of("native"), of("WasmEdge")),
            (PASSED.into(), SKIPPED.into())
        );
        assert_eq!(marks.len(), 2);
    }

    #[test]
    fn a_case_that_no_longer_passes_is_worse() {
        let page = markdown(&matrix(Outcome::Passed));
        let (worse, better) = differences(&page, &matrix(Outcome::Skipped(String::new())));
        assert_eq!((worse.len(), better.len()), (1, 0));
        let (worse, better) = differences(&page, &matrix(Outcome::Passed));
        assert_eq!((worse.len(), better.len()), (0, 0));
        let page = markdown(&matrix(Outcome::KnownBug(String::new())));
        let (worse, better) = differences(&page, &matrix(Outcome::Passed));
        assert_eq!((worse.len(), better.len()), (0, 1));
    }

    #[test]
    fn a_case_that_is_gone_is_worse() {
        let page = markdown(&matrix(Outcome::Passed));
        let mut empty = Matrix::default();
        empty.add("native", Vec::new());
        let (worse, _) = differences(&page, &empty);
        assert_eq!(worse.len(), 1, "and what was not run is not looked at");
    }
}
