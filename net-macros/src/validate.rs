//! The rules for a function.

use quote::{ToTokens, quote};
use syn::{Attribute, Error, FnArg, Safety, Signature};

use crate::function::Function;

/// Checks the rules of `#[net_main]`, and returns an error for each violation.
pub(crate) fn main_function(function: &Function) -> Vec<Error> {
    let mut errors = Vec::new();
    other_entry_points(&function.attributes, &mut errors);
    any_function("net_main", function, &mut errors);
    errors
}

/// Checks the rules of `#[net_test]`, and returns an error for each violation.
pub(crate) fn test_function(function: &Function) -> Vec<Error> {
    let mut errors = Vec::new();
    other_tests(&function.attributes, &mut errors);
    any_function("net_test", function, &mut errors);
    errors
}

fn any_function(attribute: &str, function: &Function, errors: &mut Vec<Error>) {
    qualifiers(attribute, &function.signature, errors);
    generics(attribute, &function.signature, errors);
    arguments(attribute, &function.signature, errors);
    if function.body.is_none() {
        errors.push(Error::new_spanned(
            &function.signature.ident,
            "the function has no body: write `{ … }` instead of `;`",
        ));
    }
}

/// Rejects other macros that start a runtime, which would nest one in the other.
fn other_entry_points(attributes: &[Attribute], errors: &mut Vec<Error>) {
    for attribute in attributes {
        let Some(last) = attribute.path().segments.last() else {
            continue;
        };
        if last.ident == "main" || last.ident == "net_main" {
            errors.push(Error::new_spanned(
                attribute,
                "remove this attribute: `#[net_main]` already starts the runtime",
            ));
        }
    }
}

/// Rejects other test attributes, which would generate a second test or nest runtimes.
fn other_tests(attributes: &[Attribute], errors: &mut Vec<Error>) {
    for attribute in attributes {
        let last = attribute.path().segments.last();
        if last.is_some_and(|last| last.ident == "test" || last.ident == "net_test") {
            errors.push(Error::new_spanned(
                attribute,
                "remove this attribute: `#[net_test]` already generates a test",
            ));
        }
    }
}

fn qualifiers(attribute: &str, signature: &Signature, errors: &mut Vec<Error>) {
    if signature.asyncness.is_none() {
        errors.push(Error::new_spanned(
            signature.fn_token,
            format!(
                "the `async` keyword is missing: write `async fn {}`",
                signature.ident
            ),
        ));
    }
    refuse(attribute, "const", signature.constness.as_ref(), errors);
    match &signature.safety {
        Safety::Safe(token) => refuse(attribute, "safe", Some(token), errors),
        Safety::Unsafe(token) => refuse(attribute, "unsafe", Some(token), errors),
        Safety::Default => {}
    }
    refuse(attribute, "extern", signature.abi.as_ref(), errors);
}

fn refuse(attribute: &str, name: &str, qualifier: Option<&impl ToTokens>, errors: &mut Vec<Error>) {
    if let Some(qualifier) = qualifier {
        errors.push(Error::new_spanned(
            qualifier,
            format!("a `#[{attribute}]` function cannot be `{name}`: remove this"),
        ));
    }
}

fn generics(attribute: &str, signature: &Signature, errors: &mut Vec<Error>) {
    let generics = &signature.generics;
    if !generics.params.is_empty() {
        let (open, close) = (&generics.lt_token, &generics.gt_token);
        let parameters = &generics.params;
        errors.push(Error::new_spanned(
            quote!(#open #parameters #close),
            format!(
                "a `#[{attribute}]` function cannot have generic parameters: \
                 to take any network, write `net: impl net::Network`"
            ),
        ));
    }
    if let Some(clause) = &generics.where_clause {
        errors.push(Error::new_spanned(
            clause,
            format!("a `#[{attribute}]` function cannot have a `where` clause: remove this"),
        ));
    }
}

/// Checks that there is at most one argument, which receives the network.
fn arguments(attribute: &str, signature: &Signature, errors: &mut Vec<Error>) {
    let (receivers, typed): (Vec<_>, Vec<_>) = signature
        .inputs
        .iter()
        .partition(|argument| matches!(argument, FnArg::Receiver(_)));
    for receiver in receivers {
        errors.push(Error::new_spanned(
            receiver,
            format!(
                "a `#[{attribute}]` function cannot take `self`: \
                 write a free function, with `net: net::Net` or no argument"
            ),
        ));
    }
    if let [_, surplus @ ..] = typed.as_slice()
        && !surplus.is_empty()
    {
        errors.push(Error::new_spanned(
            quote!(#(#surplus),*),
            format!(
                "a `#[{attribute}]` function takes at most one argument, the network: \
                 `net: net::Net`; remove the others"
            ),
        ));
    }
    if let Some(variadic) = &signature.variadic {
        errors.push(Error::new_spanned(
            variadic,
            format!("a `#[{attribute}]` function cannot take `...`: remove this"),
        ));
    }
}
