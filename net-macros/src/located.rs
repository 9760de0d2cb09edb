//! Where in the source generated tokens say that they are.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The first and the last span of some tokens. Only together do they cover all of them: stable
/// rustc cannot join spans, but an expression that starts at one and ends at the other spans both.
pub(crate) fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let mut spans = tokens
        .to_token_stream()
        .into_iter()
        .map(|token| token.span());
    let start = spans.next().unwrap_or_else(Span::call_site);
    let end = spans.last().unwrap_or(start);
    (start, end)
}

/// The same tokens, which still mean what they meant, at another place in the source.
pub(crate) fn located_at(tokens: &TokenStream, place: Span) -> TokenStream {
    tokens
        .clone()
        .into_iter()
        .map(|mut token| {
            token.set_span(place.resolved_at(token.span()));
            token
        })
        .collect()
}
