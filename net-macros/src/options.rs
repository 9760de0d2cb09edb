//! The options of `#[net_main]`: `flavor = "multi_thread", crate = my::net`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::{Error, LitInt, LitStr, Path, Result};

use crate::arguments::{self, Known};
use crate::flavor::{self, Flavor, Given};

const KNOWN: Known = &[
    ("flavor", "flavor = \"multi_thread\""),
    ("worker_threads", "worker_threads = 4"),
    ("crate", "crate = my::net"),
];

pub(crate) struct Options {
    pub(crate) flavor: Option<Given<Flavor>>,
    pub(crate) worker_threads: Option<Given<usize>>,
    /// The path of the crate `net`.
    pub(crate) net: TokenStream,
}

/// Reads all arguments, and returns an error for each invalid one. The options are those of the
/// valid arguments.
pub(crate) fn parse(arguments: TokenStream) -> (Options, Vec<Error>) {
    let mut options = Options {
        flavor: None,
        worker_threads: None,
        net: quote!(::net),
    };
    let mut errors = arguments::read(arguments, KNOWN, |argument| {
        match argument.option {
            "flavor" => options.flavor = Some(flavor::parse(argument.value()?)?),
            "worker_threads" => options.worker_threads = Some(worker_threads(argument.value()?)?),
            _ => options.net = net_path(argument.value()?)?,
        }
        Ok(())
    });
    errors.extend(options.conflict());
    (options, errors)
}

impl Options {
    fn conflict(&self) -> Option<Error> {
        let flavor = self.flavor.as_ref()?;
        let workers = self.worker_threads.as_ref()?;
        (flavor.value == Flavor::CurrentThread).then(|| {
            Error::new(
                workers.span,
                "`worker_threads` conflicts with `flavor = \"current_thread\"`: \
                 remove it, or write `flavor = \"multi_thread\"`",
            )
        })
    }
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
            "`worker_threads` must be at least 1: without it there is one thread per processor",
        ));
    }
    Ok(Given { value: count, span })
}

/// Reads a path, or a string that contains one, as `#[tokio::main]` takes it.
pub(crate) fn net_path(value: TokenStream) -> Result<TokenStream> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nearest::nearest;

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
            let found = nearest(word, KNOWN.iter().map(|(option, _)| *option));
            assert_eq!(found, option, "{word}");
        }
    }
}
