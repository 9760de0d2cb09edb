//! The client natively, in memory and in guests, against scripted servers and PostgreSQL itself.

mod broken_off;
mod channel_binding;
mod connecting;
mod connection_strings;
mod conversation;
mod copying;
mod garbled;
mod hostile;
mod pipelines;
mod pool;
mod queries;
mod restarted;
mod scripted;
mod support;
mod types;
mod types_of_crates;
mod types_of_other_crates;
mod types_of_users;
