//! The attribute macros of `net`, which re-exports them: `#[net::net_main]`, `#[net::net_test]`.
//!
//! Each macro has three steps: `options` (or `test_options`) and `function` parse, `validate`
//! checks the rules, and `expand` (or `test_case`) generates code. All errors are collected before
//! they are reported, so that one does not hide the next.

mod arguments;
mod expand;
mod flavor;
mod function;
mod located;
mod nearest;
mod options;
mod test_case;
mod test_options;
mod validate;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Error;

use crate::function::Function;

/// Turns an `async fn main` into a program: starts the runtime of the target and runs the
/// function on it until it returns.
///
/// ```no_run
/// use net::prelude::*;
///
/// #[net::net_main]
/// async fn main() -> net::Result<()> {
///     let listener = net::listen("tcp", "127.0.0.1:3000").await?;
///     let (stream, peer) = listener.accept().await?;
///     println!("connection from {peer}");
///     Ok(())
/// }
/// ```
///
/// The function may take one argument, which receives the network of the target, to pass to
/// libraries that are generic over it. Its type is `net::Net`, or `impl Trait` for a trait that
/// `net::Net` implements, such as `net::Dialer` and `net::Network`:
///
/// ```no_run
/// # async fn ping(_: &impl net::Dialer, _: &str) -> net::Result<()> { Ok(()) }
/// #[net::net_main]
/// async fn main(net: impl net::Dialer) -> net::Result<()> {
///     ping(&net, "example.com:80").await
/// }
/// ```
///
/// The function may return whatever `main` may return: `()`, a `Result`, an `ExitCode`.
/// A function with another name than `main` becomes an ordinary blocking function without
/// arguments.
///
/// # Options
///
/// | Option | Meaning | Default |
/// |---|---|---|
/// | `flavor = "multi_thread"` | Tasks run on several threads. | on targets with threads |
/// | `flavor = "current_thread"` | Tasks run on the thread that called `main`. | on other targets |
/// | `worker_threads = 4` | The number of threads that run tasks, at least 1. | one per processor |
/// | `crate = my::net` | The path of `net`, if a crate re-exports or renames it. | `::net` |
///
/// `crate` also takes its path as a string, `crate = "my::net"`.
///
/// # Targets
///
/// Native targets support all options.
///
/// `wasm32-wasip1` has no threads: the flavor is `current_thread`, and `flavor = "multi_thread"`
/// and `worker_threads` are compile errors there, never ignored. A program without these options,
/// or with `current_thread`, compiles unchanged on both.
///
/// # Expansion
///
/// The function is kept unchanged, inside a function of the same name:
///
/// ```ignore
/// fn main() -> net::Result<()> {
///     async fn main(net: net::Net) -> net::Result<()> { /* … */ }
///     ::net::runtime::Builder::new().block_on(main(::net::Net::default()))
/// }
/// ```
///
/// Documentation, lint levels and `#[deprecated]` go to the outer function; all other attributes
/// stay on the inner one.
///
/// # Errors
///
/// It is a compile error
///
/// - if the item is not an `async fn` with a body;
/// - if the function has more than one argument, a `self`, `...`, generic parameters or a
///   `where` clause, or is `const`, `unsafe` or `extern`;
/// - if a second attribute starts a runtime, such as `#[tokio::main]`;
/// - if an option is unknown, is given twice, or has an invalid value;
/// - if `worker_threads` is 0, or combined with `flavor = "current_thread"`;
/// - if the options need threads and the target has none.
#[proc_macro_attribute]
pub fn net_main(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    main_program(arguments.into(), &item.into()).into()
}

/// Parses, validates and expands.
fn main_program(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let (options, errors) = options::parse(arguments);
    on_function(item, errors, validate::main_function, |function| {
        expand::program(&options, function)
    })
}

/// Turns an `async fn` into a test: starts a runtime, creates a network, and runs the function.
///
/// ```
/// # mod tests {
/// use net::prelude::*;
/// use net::Network;
///
/// #[net::net_test(backends(native, memory))] // two tests from one body
/// async fn both_ends_agree_on_their_addresses(net: impl Network) -> net::Result<()> {
///     let listener = net.listen("tcp", "127.0.0.1:0").await?;
///     let address = listener.local_addr()?.to_string();
///     let dialed = net.dial("tcp", &address).await?;
///     let (accepted, peer) = listener.accept().await?;
///     assert_eq!(dialed.local_addr()?, peer);
///     # drop(accepted);
///     Ok(())
/// }
/// # }
/// ```
///
/// The function may take one argument, the network: `net::Net` for that of the target,
/// `net::memory::MemoryNet` for one in memory, and `impl Network` or `impl Dialer` for both. It
/// returns `()` or a `Result`. Attributes such as `#[ignore]` and `#[should_panic]` apply to the
/// test.
///
/// # Options
///
/// | Option | Meaning | Default |
/// |---|---|---|
/// | `backend = native` | The test runs on the network of the target. | this one |
/// | `backend = memory` | The test runs on a new network in memory. Requires the feature `memory` of `net`. | |
/// | `backends(native, memory)` | Generates one test per backend: `function::native`, `function::memory`. | |
/// | `start_paused` | tokio's clock stands still while a task can run, and otherwise jumps to the next timer. Only with `memory`. | off |
/// | `seed = 7` | The random seed. Only with `memory`. | `0` |
/// | `seeds = 100` | The test runs with each seed from 0 to 99. Only with `memory`. | |
/// | `flavor = "multi_thread"` | Tasks run on several threads. | `"current_thread"` |
/// | `timeout = "5s"` | The limit in real time, after which the test fails and reports where it waits. | `"60s"` |
/// | `crate = my::net` | The path of `net`. | `::net` |
///
/// A test that fails on `memory` prints its seed and the last packets. The environment variable
/// `NET_TEST_SEED` replays one seed. With the clock paused, a test that can never go on fails at
/// once.
///
/// # Errors
///
/// It is a compile error in the cases of [`net_main`](macro@net_main), with a second test
/// attribute, and with an option that the backend does not support.
#[proc_macro_attribute]
pub fn net_test(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    test_case(arguments.into(), &item.into()).into()
}

fn test_case(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let (options, errors) = test_options::parse(arguments);
    on_function(item, errors, validate::test_function, |function| {
        test_case::tests(&options, function)
    })
}

/// Expands a valid function; otherwise reports all errors, with a stand-in for the function.
fn on_function(
    item: &TokenStream,
    mut errors: Vec<Error>,
    validate: fn(&Function) -> Vec<Error>,
    expand: impl FnOnce(&Function) -> TokenStream,
) -> TokenStream {
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            errors.push(error);
            let errors = compile_errors(&errors);
            // The item unchanged, so that its users still find it.
            return quote! { #errors #item };
        }
    };
    errors.extend(validate(&function));
    if errors.is_empty() {
        return expand(&function);
    }
    let errors = compile_errors(&errors);
    let stand_in = expand::stand_in(&function);
    quote! { #errors #stand_in }
}

fn compile_errors(errors: &[Error]) -> TokenStream {
    errors.iter().map(Error::to_compile_error).collect()
}
