//! The code that `#[net_main]` generates.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, FnArg, Token, Type};

use crate::flavor::require_threads;
use crate::function::Function;
use crate::located::{ends, located_at};
use crate::options::Options;

/// Generates the program: a blocking function, which contains the user's function and runs it.
pub(crate) fn program(options: &Options, function: &Function) -> TokenStream {
    let Function {
        attributes,
        visibility,
        signature,
        body,
    } = function;
    let (outer, inner): (Vec<_>, Vec<_>) = attributes.iter().partition(|a| goes_outside(a));
    let (fn_token, name, output) = (&signature.fn_token, &signature.ident, &signature.output);
    let requirements = requirements(options);
    let builder = builder(options);
    let call = call(options, function);
    quote! {
        #(#outer)*
        #visibility #fn_token #name() #output {
            #requirements
            // The function must be `async`, whether it awaits something or not.
            #[allow(clippy::unused_async)]
            #(#inner)*
            #signature #body
            #builder.block_on(#call)
        }
    }
}

/// Generates what a function with errors, or with invalid options, expands to.
///
/// There is a `main`, so rustc does not report that it is missing. The user's function is still
/// compiled, so rustc reports its other errors, but it is not called: the call might not compile.
pub(crate) fn stand_in(function: &Function) -> TokenStream {
    let Function {
        visibility,
        signature,
        body,
        ..
    } = function;
    let (fn_token, name) = (&signature.fn_token, &signature.ident);
    // Outside of an `impl`, a body that uses `self` would not compile.
    let can_nest = signature.receiver().is_none() && body.is_some();
    let nested = can_nest.then(|| {
        let mut signature = signature.clone();
        // What rustc would report again: `.await` outside of `async`, `const async`, and `...`.
        signature.asyncness = Some(Token![async](fn_token.span));
        signature.constness = None;
        signature.variadic = None;
        quote!(#[allow(dead_code)] #signature #body)
    });
    quote! {
        #[allow(dead_code)]
        #visibility #fn_token #name() { #nested }
    }
}

/// Returns whether an attribute belongs on the outer function, which callers see.
///
/// A lint level there also applies to the function inside. Any other attribute stays on the
/// `async fn`. (rustc has already resolved `cfg` and `cfg_attr`.)
fn goes_outside(attribute: &Attribute) -> bool {
    [
        "doc",
        "deprecated",
        "allow",
        "expect",
        "warn",
        "deny",
        "forbid",
    ]
    .iter()
    .any(|name| attribute.path().is_ident(name))
}

/// Generates a compile error for each option that needs threads, on a target without them.
fn requirements(options: &Options) -> TokenStream {
    let net = &options.net;
    let flavor = options.flavor.as_ref();
    let workers = options.worker_threads.as_ref().map(|workers| {
        let option = format!("worker_threads = {}", workers.value);
        require_threads(&option, net, workers.span)
    });
    flavor
        .and_then(|flavor| flavor.requirement(net))
        .into_iter()
        .chain(workers)
        .collect()
}

/// Generates the runtime's builder, with the given options.
fn builder(options: &Options) -> TokenStream {
    let net = &options.net;
    let flavor = options.flavor.as_ref().map(|flavor| {
        let flavor = flavor.path(net);
        quote!(.flavor(#flavor))
    });
    let worker_threads = options.worker_threads.as_ref().map(|workers| {
        let count = workers.value;
        quote!(.worker_threads(#count))
    });
    quote!(#net::runtime::Builder::new() #flavor #worker_threads)
}

/// Generates the call of the user's function, with the network if it takes one.
fn call(options: &Options, function: &Function) -> TokenStream {
    let name = &function.signature.ident;
    let backend = match function.signature.inputs.first() {
        Some(FnArg::Typed(argument)) => Some(backend(options, &argument.ty)),
        Some(FnArg::Receiver(_)) | None => None,
    };
    quote!(#name(#backend))
}

/// Generates the network, with the location of the argument's type: if the two do not match,
/// rustc then points there.
fn backend(options: &Options, argument: &Type) -> TokenStream {
    let (start, end) = ends(argument);
    let net = located_at(&options.net, start);
    // With the hygiene of generated code, so that lints do not apply to it.
    let start = Span::call_site().located_at(start);
    let end = Span::call_site().located_at(end);
    let path = quote_spanned!(start=> #net::Net::default);
    let parentheses = quote_spanned!(end=> ());
    quote!(#path #parentheses)
}
