//! The client natively, in memory and in guests, against scripted servers and against MySQL and
//! MariaDB.

mod cancelled;
mod compressed;
mod conversation;
mod derive;
mod errors;
mod faults;
mod hostile;
mod hostile_results;
mod live;
mod live_faults;
mod live_login;
mod live_pool;
mod live_statements;
mod live_types;
mod opts;
mod packets;
mod parsec;
mod scripted;
