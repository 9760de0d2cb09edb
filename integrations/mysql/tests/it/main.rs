//! The client, natively, in memory and in guests: against servers that are scripted, and against
//! MySQL and MariaDB.

mod cancelled;
mod errors;
mod hostile;
mod hostile_results;
mod live;
mod live_login;
mod live_pool;
mod live_statements;
mod live_types;
mod opts;
mod packets;
mod scripted;
