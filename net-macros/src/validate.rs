//! What a function must look like.

use quote::{ToTokens, quote};
use syn::{Attribute, Error, FnArg, Safety, Signature};

use crate::function::Function;

/// The rules of `#[net_main]`. Returns an error for each one that is broken.
pub(crate) fn main_function(function: &Function) -> Vec<Error> {
    let mut errors = Vec::new();
    other_entry_points(&function.attributes, &mut errors);
    qualifiers(&function.signature, &mut errors);
    generics(&function.signature, &mut errors);
    arguments(&function.signature, &mut errors);
    if function.body.is_none() {
        errors.push(Error::new_spanned(
            &function.signature.ident,
            "the function has no body: write `{ … }` instead of `;`",
        ));
    }
    errors
}

/// Another macro that starts a runtime would nest one in the other.
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

fn qualifiers(signature: &Signature, errors: &mut Vec<Error>) {
    if signature.asyncness.is_none() {
        errors.push(Error::new_spanned(
            signature.fn_token,
            format!(
                "the `async` keyword is missing: write `async fn {}`",
                signature.ident
            ),
        ));
    }
    refuse("const", signature.constness.as_ref(), errors);
    match &signature.safety {
        Safety::Safe(token) => refuse("safe", Some(token), errors),
        Safety::Unsafe(token) => refuse("unsafe", Some(token), errors),
        Safety::Default => {}
    }
    refuse("extern", signature.abi.as_ref(), errors);
}

fn refuse(name: &str, qualifier: Option<&impl ToTokens>, errors: &mut Vec<Error>) {
    if let Some(qualifier) = qualifier {
        errors.push(Error::new_spanned(
            qualifier,
            format!("a `#[net_main]` function cannot be `{name}`: remove this"),
        ));
    }
}

fn generics(signature: &Signature, errors: &mut Vec<Error>) {
    let generics = &signature.generics;
    if !generics.params.is_empty() {
        let (open, close) = (&generics.lt_token, &generics.gt_token);
        let parameters = &generics.params;
        errors.push(Error::new_spanned(
            quote!(#open #parameters #close),
            "a `#[net_main]` function cannot have generic parameters: nothing would choose them; \
             to take any backend, write `net: impl Trait`",
        ));
    }
    if let Some(clause) = &generics.where_clause {
        errors.push(Error::new_spanned(
            clause,
            "a `#[net_main]` function cannot have a `where` clause: remove this",
        ));
    }
}

/// At most one argument, which gets the backend.
fn arguments(signature: &Signature, errors: &mut Vec<Error>) {
    let (receivers, typed): (Vec<_>, Vec<_>) = signature
        .inputs
        .iter()
        .partition(|argument| matches!(argument, FnArg::Receiver(_)));
    for receiver in receivers {
        errors.push(Error::new_spanned(
            receiver,
            "a `#[net_main]` function cannot take `self`: \
             write a free function, with `net: net::Net` or no argument",
        ));
    }
    if let [_, surplus @ ..] = typed.as_slice()
        && !surplus.is_empty()
    {
        errors.push(Error::new_spanned(
            quote!(#(#surplus),*),
            "a `#[net_main]` function takes at most one argument, the backend: \
             `net: net::Net`; remove the others",
        ));
    }
    if let Some(variadic) = &signature.variadic {
        errors.push(Error::new_spanned(
            variadic,
            "a `#[net_main]` function cannot take `...`: remove this",
        ));
    }
}
