//! The matrix as a picture: a row for each column, a square for each case.

use std::fmt::Write as _;

use super::matrix::{Matrix, Row, mark};
use super::tap::Outcome;

const SQUARE: usize = 7;
const LINE: usize = 18;
const GAP: usize = 8;
const MARGIN: usize = 110;
/// Room for the names of groups.
const HEAD: usize = 64;

/// An SVG image: a band for the kit, and one for the socket calls.
pub(crate) fn svg(matrix: &Matrix) -> String {
    let is_call = |row: &Row| row.group().contains(": ");
    let bands = matrix.rows.chunk_by(|a, b| is_call(a) == is_call(b));
    let (mut body, mut height, mut width) = (String::new(), 0, 0);
    for rows in bands {
        let right;
        (right, height) = band(&mut body, matrix, rows, height);
        width = width.max(right);
    }
    // The last group's name leans to the right.
    let (width, height) = (width + 40, height + GAP);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
    )
}

/// Draws some rows of the matrix from `top` on; gives where they end.
fn band(svg: &mut String, matrix: &Matrix, rows: &[Row], top: usize) -> (usize, usize) {
    let places = places(rows);
    let first = top + HEAD;
    for (index, row) in rows.iter().enumerate() {
        if index == 0 || rows[index - 1].group() != row.group() {
            let name = row.group().rsplit(": ").next().unwrap_or_default();
            let (x, y) = (places[index] + 4, first - 6);
            let _ = writeln!(
                svg,
                "<text transform=\"translate({x} {y}) rotate(-45)\">{name}</text>"
            );
        }
    }
    let has = |index: &usize| rows.iter().any(|row| row.cells[*index].is_some());
    let columns: Vec<_> = (0..matrix.columns.len()).filter(has).collect();
    for (line, &index) in columns.iter().enumerate() {
        let y = first + line * LINE;
        let column = &matrix.columns[index];
        let _ = writeln!(svg, "<text x=\"4\" y=\"{}\">{column}</text>", y + 10);
        for (row, x) in rows.iter().zip(&places) {
            square(svg, row, index, *x, y);
        }
    }
    let right = places.last().map_or(MARGIN, |x| x + SQUARE);
    (right, first + columns.len() * LINE)
}

fn square(svg: &mut String, row: &Row, index: usize, x: usize, y: usize) {
    let cell = row.cells[index].as_ref();
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"12\" fill=\"{}\">\
         <title>{} {}</title></rect>",
        SQUARE - 1,
        colour(cell),
        row.name,
        mark(cell),
    );
}

/// Where the square of each case begins.
fn places(rows: &[Row]) -> Vec<usize> {
    let mut x = MARGIN;
    let mut places = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        if index > 0 && rows[index - 1].group() != row.group() {
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
