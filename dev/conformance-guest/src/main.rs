//! What a host of wasm modules must do for the socket calls of WASI preview 1:
//! a guest that calls each import and prints what came of it, in the Test
//! Anything Protocol. It ends with 0 if all is well.
//!
//! ```text
//! net-conformance-guest.wasm [HOST]
//! ```
//!
//! HOST is `net-run`, `WasmEdge` or `wasi-go`: what these are known to do
//! otherwise is then no failure.

cfg_if::cfg_if! {
    if #[cfg(all(target_os = "wasi", target_env = "p1"))] {
        mod abi;
        mod case;
        mod cases;
        mod errno;
        mod known_bugs;
        mod socket;
        mod tap;

        fn main() -> std::process::ExitCode {
            let host = std::env::args().nth(1).unwrap_or_default();
            match tap::report(&cases::all(), &host, std::io::stdout().lock()) {
                Ok(true) => std::process::ExitCode::SUCCESS,
                Ok(false) | Err(_) => std::process::ExitCode::FAILURE,
            }
        }
    } else {
        fn main() -> std::process::ExitCode {
            eprintln!("a guest: build it for wasm32-wasip1 and run it on the host to be tested");
            std::process::ExitCode::FAILURE
        }
    }
}
