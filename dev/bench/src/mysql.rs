//! Statements of programs that select rows from MySQL.

/// Statements that make the rows, as many as [`LARGE`](crate::selects::LARGE) says.
pub const SETUP: [&str; 4] = [
    "DROP TABLE IF EXISTS bench",
    "CREATE TABLE bench (id INT UNSIGNED PRIMARY KEY, name VARCHAR(40)) ENGINE=InnoDB",
    "INSERT INTO bench WITH d AS (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 \
     UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) \
     SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n, CONCAT('a name of row ', a.n) \
     FROM d AS a, d AS b, d AS c, d",
    "ANALYZE TABLE bench",
];

/// Reads one row by its key.
pub const POINT_SELECT: &str = "SELECT id, name FROM bench WHERE id = ?";

/// Reads all rows.
pub const LARGE_SELECT: &str = "SELECT id, name FROM bench";
