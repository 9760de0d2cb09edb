//! The attribute macros of `net`.
//!
//! Programs use them through `net`, which re-exports them: `#[net::net_main]`.
//!
//! Each macro is three steps in three places: `options` and `function` parse what the user
//! wrote, `validate` holds the rules, and `expand` writes the code. Every mistake is found
//! before any is reported, so that one does not hide the next.

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

/// Turns an `async fn main` into a program: starts the runtime of the target, and runs the
/// function on it until it returns.
///
/// ```no_run
/// use net::prelude::*;
///
/// #[net::net_main]
/// async fn main() -> net::Result<()> {
///     let listener = net::listen("tcp", "127.0.0.1:3000").await?;
///     let (stream, peer) = listener.accept().await?;
///     println!("{peer} called");
///     Ok(())
/// }
/// ```
///
/// The function may take one argument. It gets the backend of the target, `net::Net`, to pass
/// on to libraries that are generic over one. Its type may be `net::Net`, or `impl Trait` for
/// any trait that `net::Net` implements:
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
/// It need not be called `main`; under another name it becomes an ordinary blocking function
/// without arguments.
///
/// # Options
///
/// | Option | Meaning | Default |
/// |---|---|---|
/// | `flavor = "multi_thread"` | Tasks run on several threads. | where the target has threads |
/// | `flavor = "current_thread"` | Tasks run on the thread that called `main`. | where it has none |
/// | `worker_threads = 4` | How many threads run tasks; at least 1. | one for each processor |
/// | `crate = my::net` | Where to find `net`, if a crate re-exports it or renames it. | `::net` |
///
/// `crate` also takes its path as a string, `crate = "my::net"`.
///
/// # Targets
///
/// On native targets all options work.
///
/// On `wasm32-wasip1` there are no threads, and the flavor is `current_thread`. A program that
/// leaves `flavor` and `worker_threads` out, or asks for `current_thread`, compiles unchanged on
/// both. `flavor = "multi_thread"` and `worker_threads` ask for something that the target does
/// not have: they are compile errors there, and never ignored.
///
/// # Expansion
///
/// The function stays as it is, inside a function of the same name:
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
/// - if an option is unknown, is given twice, or has a value that it does not take;
/// - if `worker_threads` is 0, or comes with `flavor = "current_thread"`;
/// - if the target has no threads, and the options ask for them.
#[proc_macro_attribute]
pub fn net_main(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    main_program(arguments.into(), &item.into()).into()
}

/// Parse, validate, expand.
fn main_program(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let (options, errors) = options::parse(arguments);
    on_function(item, errors, validate::main_function, |function| {
        expand::program(&options, function)
    })
}

/// Turns an `async fn` into a test: makes a network, starts a runtime, and runs the function.
///
/// ```
/// # mod tests {
/// use net::prelude::*;
/// use net::{Backend, NetOver};
///
/// #[net::net_test(backends(native, memory))] // two tests from one body
/// async fn a_listener_is_dialed(net: NetOver<impl Backend>) -> net::Result<()> {
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
/// The function may take one argument, the network: `net::Net` of the target,
/// `net::memory::MemoryNet`, or what stands for both, `NetOver<impl Backend>` or `impl Dialer`.
/// It returns `()` or a `Result`. Attributes such as `#[ignore]` and `#[should_panic]` go on
/// the test.
///
/// # Options
///
/// | Option | Meaning | Default |
/// |---|---|---|
/// | `backend = native` | The network of the target. | this one |
/// | `backend = memory` | A network inside the process, new for each test. It needs the feature `memory` of `net`. | |
/// | `backends(native, memory)` | A test for each, called `function::native`, `function::memory`. | |
/// | `start_paused` | tokio's clock stands still while there is something to do, and jumps to what is due next when there is not. For `memory` alone. | off |
/// | `seed = 7` | From which all chance follows, for `memory`. | `0` |
/// | `seeds = 100` | The test runs with each seed from 0 to 99. | |
/// | `flavor = "multi_thread"` | Tasks run on several threads. | `"current_thread"` |
/// | `timeout = "5s"` | After so much real time the test fails, and says where it hung. | `"60s"` |
/// | `crate = my::net` | Where to find `net`. | `::net` |
///
/// A test that fails on `memory` prints its seed and the last packets. The variable
/// `NET_TEST_SEED` replays one seed. With the clock paused, a test that nothing can wake any
/// more fails at once.
///
/// # Errors
///
/// It is a compile error in the cases of [`net_main`](macro@net_main), with a second test
/// attribute, and with an option that a backend does not have.
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

/// Expands a function that is as it must be; else reports all that is wrong, with a stand-in.
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
            // The item as it was, so that whatever uses it still finds it.
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
