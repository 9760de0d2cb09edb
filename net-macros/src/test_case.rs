//! The code that `#[net_test]` generates.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, FnArg, ReturnType};

use crate::function::Function;
use crate::located::{ends, located_at};
use crate::test_options::{Backend, Seeds, TestOptions};

/// Generates one test, or a module with one for each backend.
pub(crate) fn tests(options: &TestOptions, function: &Function) -> TokenStream {
    match &options.backends {
        Some(backends) if backends.is_list => module(options, function, &backends.list),
        Some(backends) => single(options, function, backends.list[0].0),
        None => single(options, function, Backend::Native),
    }
}

/// Generates a blocking test, which contains the user's function and runs it.
fn single(options: &TestOptions, function: &Function, backend: Backend) -> TokenStream {
    let Function {
        attributes,
        visibility,
        signature,
        body,
    } = function;
    let (name, output) = (&signature.ident, &signature.output);
    let path = quote!(::core::concat!(
        ::core::module_path!(),
        "::",
        ::core::stringify!(#name)
    ));
    let run = run(options, function, backend, &path, &quote!(#name));
    quote! {
        #(#attributes)*
        #[::core::prelude::v1::test]
        #visibility fn #name() #output {
            // The function must be `async`, whether it awaits something or not.
            #[allow(clippy::unused_async)]
            #signature #body
            #run
        }
    }
}

/// Generates the user's function unchanged, and a module of the same name with the tests.
fn module(
    options: &TestOptions,
    function: &Function,
    backends: &[(Backend, Ident)],
) -> TokenStream {
    let Function {
        attributes,
        visibility,
        signature,
        body,
    } = function;
    let (of_tests, of_body): (Vec<_>, Vec<_>) = attributes.iter().partition(|a| is_of_test(a));
    let name = &signature.ident;
    let tests = backends.iter().map(|(backend, test)| {
        let path = quote!(::core::concat!(
            ::core::module_path!(),
            "::",
            ::core::stringify!(#test)
        ));
        let run = run(options, function, *backend, &path, &quote!(super::#name));
        // The name of the function's own return type may not resolve in the module. A test
        // that should panic must not have a return type.
        let output = match signature.output {
            ReturnType::Default => None,
            ReturnType::Type(..) => Some(quote!(-> impl ::std::process::Termination)),
        };
        quote! {
            #(#of_tests)*
            #[::core::prelude::v1::test]
            fn #test() #output {
                #run
            }
        }
    });
    quote! {
        #(#of_body)*
        #[allow(clippy::unused_async)]
        #visibility #signature #body

        mod #name {
            #(#tests)*
        }
    }
}

/// Returns whether an attribute belongs on the tests and not on the function.
fn is_of_test(attribute: &Attribute) -> bool {
    ["ignore", "should_panic"]
        .iter()
        .any(|name| attribute.path().is_ident(name))
}

/// Generates the call that runs the function on a backend.
fn run(
    options: &TestOptions,
    function: &Function,
    backend: Backend,
    path: &TokenStream,
    callee: &TokenStream,
) -> TokenStream {
    let net = &options.net;
    let requirement = options
        .flavor
        .as_ref()
        .and_then(|flavor| flavor.requirement(net));
    let flavor = options.flavor.as_ref().map(|flavor| {
        let flavor = flavor.path(net);
        quote!(.flavor(#flavor))
    });
    let timeout = options.timeout.map(|timeout| {
        let milliseconds = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        quote!(.timeout(#milliseconds))
    });
    let test = quote!(#net::__test::Test::new(#path) #flavor #timeout);
    let (parameter, argument) = argument(function);
    let body = quote!(|#parameter| #callee(#argument));
    match backend {
        Backend::Native => quote!(#requirement #test.native(#body)),
        Backend::Memory => {
            let paused = options.start_paused.as_ref().filter(|paused| paused.value);
            let paused = paused.map(|_| quote!(.start_paused()));
            let seeds = options.seeds.as_ref().map(|seeds| match seeds.value {
                Seeds::One(seed) => quote!(.seed(#seed)),
                Seeds::Count(count) => quote!(.seeds(#count)),
            });
            quote!(#requirement #net::__memory_test!(#test; [#paused #seeds]; #body))
        }
    }
}

/// Generates a closure's parameter for the network, and the argument that passes it on, with the
/// location of the type of the user's argument: if the two do not match, rustc then points there.
fn argument(function: &Function) -> (TokenStream, TokenStream) {
    match function.signature.inputs.first() {
        Some(FnArg::Typed(argument)) => {
            let (start, _) = ends(&argument.ty);
            let network = quote!(network);
            let passed = located_at(&network, start);
            (network, passed)
        }
        Some(FnArg::Receiver(_)) | None => (quote!(_), TokenStream::new()),
    }
}
