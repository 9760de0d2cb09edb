//! The source locations of generated tokens.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Returns the first and the last span of some tokens. Stable rustc cannot join spans, but an
/// expression that starts at one and ends at the other covers both.
pub(crate) fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let mut spans = tokens
        .to_token_stream()
        .into_iter()
        .map(|token| token.span());
    let start = spans.next().unwrap_or_else(Span::call_site);
    let end = spans.last().unwrap_or(start);
    (start, end)
}

/// Returns the tokens with another location, and with their hygiene unchanged.
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
