//! Statements of programs that select rows from PostgreSQL.

/// Statements that make the rows, as many as [`LARGE`](crate::selects::LARGE) says.
pub const SETUP: &str = "\
    DROP TABLE IF EXISTS bench; \
    CREATE TABLE bench (id int4 PRIMARY KEY, name varchar(40)); \
    INSERT INTO bench SELECT n, 'a name of row ' || n % 10 FROM generate_series(0, 9999) AS n; \
    ANALYZE bench";

/// Reads one row by its key.
pub const POINT_SELECT: &str = "SELECT id, name FROM bench WHERE id = $1";

/// Reads all rows.
pub const LARGE_SELECT: &str = "SELECT id, name FROM bench";
