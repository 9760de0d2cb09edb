//! The kit, on the backends that this workspace has, and on broken ones.

mod broken;
mod memory;
mod mutants;
mod target;
