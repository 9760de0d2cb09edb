//! PostgreSQL natively, in memory and in guests; the server is PostgreSQL itself.

mod connecting;
mod connection_strings;
mod hostile;
mod pool;
mod queries;
mod support;
