//! The kit, on the backends that this workspace has, and on broken ones.

mod broken;
mod fixtures;
mod mutants;

mod target {
    use crate::fixtures::Target;

    net_conformance::conformance!(Target);
}

mod memory {
    use crate::fixtures::Memory;

    net_conformance::conformance!(Memory);
}
