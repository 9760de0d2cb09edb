//! The matrix as a picture: a row for each column, a square for each case.

use std::fmt::Write as _;

use super::matrix::{Matrix, mark};
use super::tap::Outcome;

const SQUARE: usize = 7;
const LINE: usize = 18;
const GAP: usize = 6;
const MARGIN: usize = 110;
const HEAD: usize = 70;

/// An SVG image.
pub(crate) fn svg(matrix: &Matrix) -> String {
    let places = places(matrix);
    let width = places.last().map_or(MARGIN, |x| x + SQUARE) + 60;
    let height = HEAD + matrix.columns.len() * LINE + 10;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let mut group = "";
    for (row, x) in matrix.rows.iter().zip(&places) {
        if row.group() != group {
            group = row.group();
            let (x, y) = (x + 2, HEAD - 8);
            let _ = writeln!(
                svg,
                "<text transform=\"translate({x} {y}) rotate(-45)\">{group}</text>"
            );
        }
    }
    for (index, column) in matrix.columns.iter().enumerate() {
        let y = HEAD + index * LINE;
        let _ = writeln!(
            svg,
            "<text x=\"4\" y=\"{}\">{column}</text>",
            y + SQUARE + 3
        );
        for (row, x) in matrix.rows.iter().zip(&places) {
            let cell = row.cells[index].as_ref();
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" fill=\"{}\">\
                 <title>{}: {}</title></rect>",
                SQUARE - 1,
                SQUARE + 5,
                colour(cell),
                row.name,
                mark(cell),
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// Where the square of each case begins.
fn places(matrix: &Matrix) -> Vec<usize> {
    let mut x = MARGIN;
    let mut group = matrix.rows.first().map_or("", |row| row.group());
    let mut places = Vec::new();
    for row in &matrix.rows {
        if row.group() != group {
            group = row.group();
            x += GAP;
        }
        places.push(x);
        x += SQUARE;
    }
    places
}

fn colour(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "#ffffff",
        Some(Outcome::Passed) => "#2e9e5b",
        Some(Outcome::Skipped(_)) => "#c9ced4",
        Some(Outcome::KnownBug(_)) => "#e0a030",
        Some(Outcome::Failed(_)) => "#d03b3b",
    }
}
