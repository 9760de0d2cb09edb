//! The one place in the workspace where a target is selected.
//!
//! Each target's file supplies the same names:
//!
//! - `Backend`: a [`net_traits::Backend`] with `Default`;
//! - `block_on`: runs a future on a runtime with the requested threads;
//! - `watch`: wraps the future of a task that [`spawn`](crate::spawn) starts;
//! - `shutdown`: waits until the program is asked to end;
//! - `dns`: the program's DNS resolver;
//! - `roots`: the trust roots of the target;
//! - `alarm`: a time limit for a test; `alarm_beside_paused_clock` is one for a test
//!   whose clock is paused;
//! - `__require_multi_thread!`: what `#[net_main]` invokes for an option that
//!   needs threads.

cfg_if::cfg_if! {
    if #[cfg(not(target_family = "wasm"))] {
        #[path = "backend/native.rs"]
        mod selected;
    } else if #[cfg(all(target_os = "wasi", target_env = "p1"))] {
        #[path = "backend/wasip1.rs"]
        mod selected;
    } else {
        compile_error!(
            "net has no backend for this target: there is one for native targets \
             and one for wasm32-wasip1"
        );
    }
}

pub(crate) use selected::*;
