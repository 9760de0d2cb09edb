//! Cases by what they were run on.

use std::collections::BTreeMap;

use super::tap::{Outcome, Point};
use crate::table::Table;

/// What all columns say of each case.
#[derive(Debug, Default)]
pub(crate) struct Matrix {
    /// What was run on, with its version where it has one.
    pub(crate) columns: Vec<String>,
    /// In the order in which they were run.
    pub(crate) rows: Vec<Row>,
}

/// A case.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) about: String,
    /// One for each column; none where the column does not have the case.
    pub(crate) cells: Vec<Option<Outcome>>,
}

impl Row {
    pub(crate) fn group(&self) -> &str {
        self.name.split_once("::").map_or("", |(group, _)| group)
    }

    pub(crate) fn case(&self) -> &str {
        self.name
            .split_once("::")
            .map_or(&self.name, |(_, case)| case)
    }
}

impl Matrix {
    /// Adds what one column says.
    pub(crate) fn add(&mut self, column: &str, points: Vec<Point>) {
        let before = self.columns.len();
        self.columns.push(column.to_owned());
        for point in points {
            let known = self.rows.iter().position(|row| row.name == point.name);
            let index = known.unwrap_or_else(|| {
                self.rows.push(Row {
                    name: point.name,
                    about: point.about,
                    cells: vec![None; before],
                });
                self.rows.len() - 1
            });
            self.rows[index].cells.push(Some(point.outcome));
        }
        for row in &mut self.rows {
            row.cells.resize(self.columns.len(), None);
        }
    }

    /// The cells of one kind: column, row and what is said.
    pub(crate) fn find<'a>(
        &'a self,
        pick: impl Fn(&Outcome) -> Option<&str> + 'a,
    ) -> impl Iterator<Item = (&'a str, &'a Row, &'a str)> + 'a
where {
        self.rows.iter().flat_map(move |row| {
            let cells = self.columns.iter().zip(&row.cells);
            let found: Vec<_> = cells
                .filter_map(|(column, cell)| Some((column.as_str(), row, pick(cell.as_ref()?)?)))
                .collect();
            found
        })
    }

    /// The marks of each case, by name and column.
    pub(crate) fn marks(&self) -> BTreeMap<(&str, &str), &'static str> {
        let mut marks = BTreeMap::new();
        for row in &self.rows {
            let cells = self.columns.iter().zip(&row.cells);
            for (column, cell) in cells.filter(|(_, cell)| cell.is_some()) {
                marks.insert((row.name.as_str(), name_of(column)), mark(cell.as_ref()));
            }
        }
        marks
    }

    /// The rows of each group, and the columns that have any of them.
    pub(crate) fn groups(&self) -> Vec<(&str, Vec<&Row>, Vec<usize>)> {
        let groups = self.rows.chunk_by(|a, b| a.group() == b.group());
        groups
            .map(|rows| {
                let has = |column: &usize| rows.iter().any(|row| row.cells[*column].is_some());
                let columns = (0..self.columns.len()).filter(has).collect();
                (rows[0].group(), rows.iter().collect(), columns)
            })
            .collect()
    }

    /// How many cases there are of each kind, for the terminal.
    pub(crate) fn summary(&self) -> String {
        let mut table = Table::new(&["", "passed", "skipped", "known bugs", "failed"]);
        for (index, column) in self.columns.iter().enumerate() {
            let count = |wanted: &str| {
                let cells = self.rows.iter().map(|row| row.cells[index].as_ref());
                cells
                    .filter(|cell| mark(*cell) == wanted)
                    .count()
                    .to_string()
            };
            table.row(vec![
                column.clone(),
                count(PASSED),
                count(SKIPPED),
                count(KNOWN_BUG),
                count(FAILED),
            ]);
        }
        table.text()
    }

    /// Each case, for the terminal.
    pub(crate) fn text(&self) -> String {
        let mut header = vec!["case"];
        header.extend(self.columns.iter().map(|column| name_of(column)));
        let mut table = Table::new(&header);
        for row in &self.rows {
            let mut cells = vec![row.name.clone()];
            cells.extend(row.cells.iter().map(|cell| mark(cell.as_ref()).to_owned()));
            table.row(cells);
        }
        table.text()
    }
}

pub(crate) const PASSED: &str = "✓";
pub(crate) const SKIPPED: &str = "–";
pub(crate) const KNOWN_BUG: &str = "bug";
pub(crate) const FAILED: &str = "✗";

/// A cell in one mark.
pub(crate) fn mark(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "",
        Some(Outcome::Passed) => PASSED,
        Some(Outcome::Skipped(_)) => SKIPPED,
        Some(Outcome::KnownBug(_)) => KNOWN_BUG,
        Some(Outcome::Failed(_)) => FAILED,
    }
}

/// A column without its version.
pub(crate) fn name_of(column: &str) -> &str {
    column.split_once(' ').map_or(column, |(name, _)| name)
}
