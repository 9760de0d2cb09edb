//! The arguments of an attribute: `flavor = "multi_thread", crate = my::net`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, Lit, LitInt, LitStr, Path, Result, Token};

/// The options, each with an example that messages show.
const OPTIONS: [(&str, &str); 3] = [
    ("flavor", "flavor = \"multi_thread\""),
    ("worker_threads", "worker_threads = 4"),
    ("crate", "crate = my::net"),
];

const FLAVORS: [&str; 2] = ["multi_thread", "current_thread"];
const FLAVOR_NAMES: &str = "the flavors are \"multi_thread\" and \"current_thread\"";

pub(crate) struct Options {
    pub(crate) flavor: Option<Given<Flavor>>,
    pub(crate) worker_threads: Option<Given<usize>>,
    /// The path of the crate `net`.
    pub(crate) net: TokenStream,
}

/// A value, and where the user gave it.
pub(crate) struct Given<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavor {
    CurrentThread,
    MultiThread,
}

/// Reads all arguments, and returns an error for each one that is wrong. The options are those
/// of the arguments that are right.
pub(crate) fn parse(arguments: TokenStream) -> (Options, Vec<Error>) {
    let mut options = Options {
        flavor: None,
        worker_threads: None,
        net: quote!(::net),
    };
    let mut errors = Vec::new();
    let mut seen = Vec::new();
    for piece in split_at_commas(arguments, &mut errors) {
        let result = syn::parse2(piece).and_then(|argument: Argument| {
            if seen.contains(&argument.option) {
                let message = format!("`{}` is given twice: keep one", argument.option);
                return Err(Error::new(argument.name.span(), message));
            }
            seen.push(argument.option);
            options.set(&argument)
        });
        errors.extend(result.err());
    }
    errors.extend(options.conflict());
    (options, errors)
}

impl Options {
    fn set(&mut self, argument: &Argument) -> Result<()> {
        let value = argument.value.clone();
        match argument.option {
            "flavor" => self.flavor = Some(flavor(value)?),
            "worker_threads" => self.worker_threads = Some(worker_threads(value)?),
            _ => self.net = net_path(value)?,
        }
        Ok(())
    }

    fn conflict(&self) -> Option<Error> {
        let flavor = self.flavor.as_ref()?;
        let workers = self.worker_threads.as_ref()?;
        (flavor.value == Flavor::CurrentThread).then(|| {
            Error::new(
                workers.span,
                "`worker_threads` does not go with `flavor = \"current_thread\"`, which has no \
                 worker threads: remove it, or write `flavor = \"multi_thread\"`",
            )
        })
    }
}

/// One argument, `name = value`.
struct Argument {
    name: Ident,
    /// The name as it is in [`OPTIONS`].
    option: &'static str,
    value: TokenStream,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if let Ok(literal) = input.fork().parse::<Lit>() {
            return Err(without_name(&literal));
        }
        // `crate` is a keyword.
        let name = input.call(Ident::parse_any).map_err(|_| {
            input.error(format!(
                "expected `name = value`; the options are {}",
                names()
            ))
        })?;
        let word = name.to_string();
        let Some((option, example)) = OPTIONS.into_iter().find(|(option, _)| *option == word)
        else {
            return Err(unknown(&name, &word));
        };
        let equals = input.parse::<Token![=]>().is_ok();
        let value = input.parse::<TokenStream>()?;
        if !equals || value.is_empty() {
            return Err(Error::new_spanned(
                quote!(#name #value),
                format!("`{option}` needs a value: write `{example}`"),
            ));
        }
        Ok(Self {
            name,
            option,
            value,
        })
    }
}

fn flavor(value: TokenStream) -> Result<Given<Flavor>> {
    let Ok(literal) = syn::parse2::<LitStr>(value.clone()) else {
        let message = match nearest_flavor(&value.to_string()) {
            Some(flavor) => format!("`flavor` takes a string: write `flavor = \"{flavor}\"`"),
            None => format!("`flavor` takes a string; {FLAVOR_NAMES}"),
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
                None => format!("unknown flavor \"{word}\"; {FLAVOR_NAMES}"),
            };
            return Err(Error::new_spanned(literal, message));
        }
    };
    let span = literal.span();
    Ok(Given { value, span })
}

fn worker_threads(value: TokenStream) -> Result<Given<usize>> {
    let number = syn::parse2::<LitInt>(value.clone());
    let count = number
        .as_ref()
        .map(LitInt::base10_parse::<usize>)
        .map_err(Error::clone);
    let (Ok(literal), Ok(Ok(count))) = (number, count) else {
        return Err(Error::new_spanned(
            value,
            "`worker_threads` takes a whole number: write `worker_threads = 4`",
        ));
    };
    let span = literal.span();
    if count == 0 {
        return Err(Error::new(
            span,
            "`worker_threads` must be at least 1: \
             write how many threads run tasks, or leave it out to have one for each processor",
        ));
    }
    Ok(Given { value: count, span })
}

/// A path, or a string that holds one, as `#[tokio::main]` has it.
fn net_path(value: TokenStream) -> Result<TokenStream> {
    let path = match syn::parse2::<LitStr>(value.clone()) {
        Ok(literal) => literal.parse_with(Path::parse_mod_style),
        Err(_) => Path::parse_mod_style.parse2(value.clone()),
    };
    path.map(Path::into_token_stream).map_err(|_| {
        Error::new_spanned(
            value,
            "`crate` takes the path of the crate `net`: write `crate = my::net`",
        )
    })
}

/// The arguments between the commas. A comma may end the last one.
fn split_at_commas(arguments: TokenStream, errors: &mut Vec<Error>) -> Vec<TokenStream> {
    let mut pieces = Vec::new();
    let mut piece = TokenStream::new();
    for token in arguments {
        match token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                if piece.is_empty() {
                    let message = "an option is missing before this comma: remove the comma";
                    errors.push(Error::new(comma.span(), message));
                } else {
                    pieces.push(std::mem::take(&mut piece));
                }
            }
            token => piece.extend([token]),
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// `#[net_main("multi_thread")]`, `#[net_main(4)]`.
fn without_name(literal: &Lit) -> Error {
    let message = match literal {
        Lit::Str(word) => match nearest_flavor(&word.value()) {
            Some(flavor) => format!("the option has no name: write `flavor = \"{flavor}\"`"),
            None => format!("expected `name = value`; the options are {}", names()),
        },
        Lit::Int(count) => {
            format!("the option has no name: write `worker_threads = {count}`")
        }
        _ => format!("expected `name = value`; the options are {}", names()),
    };
    Error::new_spanned(literal, message)
}

fn unknown(name: &Ident, word: &str) -> Error {
    let options = names();
    let message = if FLAVORS.contains(&word) {
        format!("`{word}` is a flavor: write `flavor = \"{word}\"`")
    } else if let Some(option) = nearest(word, OPTIONS.map(|(option, _)| option)) {
        format!("unknown option `{word}`: did you mean `{option}`? The options are {options}")
    } else {
        format!("unknown option `{word}`; the options are {options}")
    };
    Error::new_spanned(name, message)
}

fn names() -> String {
    let [first, second, third] = OPTIONS.map(|(option, _)| option);
    format!("`{first}`, `{second}` and `{third}`")
}

/// The flavor that a word was meant to name. tokio's flavors had other names once, and people
/// say "single-threaded".
fn nearest_flavor(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let starts = |with: &[&str]| with.iter().any(|start| word.starts_with(start));
    if starts(&["multi", "threaded"]) {
        Some("multi_thread")
    } else if starts(&["single", "current", "basic"]) {
        Some("current_thread")
    } else {
        nearest(&word, FLAVORS)
    }
}

/// The candidate that a word contains, or is part of, or misspells.
fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const TYPOS: usize = 2;
    candidates
        .into_iter()
        .map(|candidate| {
            let related =
                word.len() > TYPOS && (candidate.contains(word) || word.contains(candidate));
            let distance = if related {
                0
            } else {
                edit_distance(word, candidate)
            };
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= TYPOS)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many characters to insert, remove or replace to turn one word into the other
/// (Levenshtein, row by row).
fn edit_distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: TokenStream) -> Options {
        let (options, errors) = parse(arguments);
        let errors: Vec<_> = errors.iter().map(Error::to_string).collect();
        assert_eq!(errors, [""; 0]);
        options
    }

    fn messages(arguments: TokenStream) -> Vec<String> {
        parse(arguments).1.iter().map(Error::to_string).collect()
    }

    #[test]
    fn nothing_given_is_nothing_set() {
        let options = options(quote!());
        assert!(options.flavor.is_none());
        assert!(options.worker_threads.is_none());
        assert_eq!(options.net.to_string(), quote!(::net).to_string());
    }

    #[test]
    fn options_come_in_any_order() {
        for arguments in [
            quote!(flavor = "multi_thread", worker_threads = 8, crate = my::net),
            quote!(crate = my::net, worker_threads = 8, flavor = "multi_thread",),
            quote!(
                worker_threads = 0x8_usize,
                crate = "my::net",
                flavor = "multi_thread"
            ),
        ] {
            let options = options(arguments);
            assert_eq!(options.flavor.map(|f| f.value), Some(Flavor::MultiThread));
            assert_eq!(options.worker_threads.map(|w| w.value), Some(8));
            assert_eq!(options.net.to_string(), quote!(my::net).to_string());
        }
    }

    #[test]
    fn any_way_to_write_a_module_is_a_crate() {
        for (path, string) in [
            (quote!(::net), "::net"),
            (quote!(crate), "crate"),
            (quote!(self::net), "self::net"),
            (quote!(super::super::net), "super::super::net"),
        ] {
            let expected = path.to_string();
            assert_eq!(options(quote!(crate = #path)).net.to_string(), expected);
            assert_eq!(options(quote!(crate = #string)).net.to_string(), expected);
        }
    }

    #[test]
    fn a_module_has_no_generic_arguments() {
        for path in [quote!(my::net::<u8>), quote!("my::net::<u8>")] {
            assert_eq!(messages(quote!(crate = #path)).len(), 1);
        }
    }

    #[test]
    fn each_mistake_is_reported() {
        let messages = messages(quote! {
            flavour = "multi_thread", worker_threads = 0, 7, crate = "", , multi_thread
        });
        assert_eq!(messages.len(), 6, "{messages:#?}");
    }

    #[test]
    fn a_mistake_does_not_make_an_option_given_once_look_given_twice() {
        let messages = messages(quote!(flavor = "fast", flavour = "multi_thread"));
        assert!(
            messages.iter().all(|m| !m.contains("twice")),
            "{messages:?}"
        );
    }

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

    #[test]
    fn a_word_names_the_option_it_was_meant_for() {
        for (word, option) in [
            ("flavour", Some("flavor")),
            ("worker_thread", Some("worker_threads")),
            ("workers_threads", Some("worker_threads")),
            ("threads", Some("worker_threads")),
            ("krate", Some("crate")),
            ("start_paused", None),
            ("e", None),
        ] {
            let found = nearest(word, OPTIONS.map(|(option, _)| option));
            assert_eq!(found, option, "{word}");
        }
    }

    #[test]
    fn edit_distance_counts_characters() {
        for (from, to, distance) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("flavör", "flavor", 1),
        ] {
            assert_eq!(edit_distance(from, to), distance, "{from} {to}");
        }
    }
}
