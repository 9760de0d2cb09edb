//! The kit, on the backends that this workspace has.

mod memory;
mod target;
