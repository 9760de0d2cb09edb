//! The option `flavor`: whether tasks run on one thread or several.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, LitStr, Result};

use crate::located::located_at;
use crate::nearest::nearest;

/// The names of the flavors.
pub(crate) const NAMES: [&str; 2] = ["multi_thread", "current_thread"];
const LISTED: &str = "the flavors are \"multi_thread\" and \"current_thread\"";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    CurrentThread,
    MultiThread,
}

/// The value of an option, and its place in the source.
pub(crate) struct Given<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

pub(crate) fn parse(value: TokenStream) -> Result<Given<Flavor>> {
    let Ok(literal) = syn::parse2::<LitStr>(value.clone()) else {
        let message = match nearest_flavor(&value.to_string()) {
            Some(flavor) => format!("`flavor` takes a string: write `flavor = \"{flavor}\"`"),
            None => format!("`flavor` takes a string; {LISTED}"),
        };
        return Err(Error::new_spanned(value, message));
    };
    let word = literal.value();
    let value = match word.as_str() {
        "multi_thread" => Flavor::MultiThread,
        "current_thread" => Flavor::CurrentThread,
        _ => {
            let message = match nearest_flavor(&word) {
                Some(flavor) => format!("unknown flavor \"{word}\": did you mean \"{flavor}\"?"),
                None => format!("unknown flavor \"{word}\"; {LISTED}"),
            };
            return Err(Error::new_spanned(literal, message));
        }
    };
    let span = literal.span();
    Ok(Given { value, span })
}

/// Returns the flavor that a word probably means. tokio's flavors once had other names, and
/// people write "single-threaded".
pub(crate) fn nearest_flavor(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let starts = |with: &[&str]| with.iter().any(|start| word.starts_with(start));
    if starts(&["multi", "threaded"]) {
        Some("multi_thread")
    } else if starts(&["single", "current", "basic"]) {
        Some("current_thread")
    } else {
        nearest(&word, NAMES)
    }
}

impl Given<Flavor> {
    /// Returns the path of the variant of `net::runtime::Flavor`.
    pub(crate) fn path(&self, net: &TokenStream) -> TokenStream {
        let variant = match self.value {
            Flavor::CurrentThread => quote!(CurrentThread),
            Flavor::MultiThread => quote!(MultiThread),
        };
        quote!(#net::runtime::Flavor::#variant)
    }

    /// Generates a compile error if the flavor needs threads and the target has none.
    pub(crate) fn requirement(&self, net: &TokenStream) -> Option<TokenStream> {
        (self.value == Flavor::MultiThread)
            .then(|| require_threads("flavor = \"multi_thread\"", net, self.span))
    }
}

/// Generates a compile error for an option that needs threads, on a target without them.
///
/// A procedural macro does not know the target, but `net` does: its macro expands to nothing or
/// to the error.
pub(crate) fn require_threads(option: &str, net: &TokenStream, span: Span) -> TokenStream {
    let net = located_at(net, span);
    quote::quote_spanned!(span=> #net::__require_multi_thread! { #option })
}

#[cfg(test)]
mod tests {
    use super::nearest_flavor;

    #[test]
    fn a_word_names_the_flavor_it_was_meant_for() {
        for (word, flavor) in [
            ("multi_threaded", Some("multi_thread")),
            ("multi-thread", Some("multi_thread")),
            ("MultiThread", Some("multi_thread")),
            ("threaded_scheduler", Some("multi_thread")),
            ("mutli_thread", Some("multi_thread")),
            ("single_thread", Some("current_thread")),
            ("basic_scheduler", Some("current_thread")),
            ("current", Some("current_thread")),
            ("curent_thread", Some("current_thread")),
            ("fast", None),
            ("", None),
        ] {
            assert_eq!(nearest_flavor(word), flavor, "{word}");
        }
    }
}
