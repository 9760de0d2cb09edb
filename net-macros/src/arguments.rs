//! The arguments of an attribute: `flavor = "multi_thread", start_paused, backends(native)`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Lit, Result, Token, parenthesized};

use crate::flavor;
use crate::nearest::nearest;

/// The options of an attribute, each with an example that messages show.
pub(crate) type Known = &'static [(&'static str, &'static str)];

/// One argument, whose option is known.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    /// The name as it is in [`Known`].
    pub(crate) option: &'static str,
    example: &'static str,
    form: Form,
}

enum Form {
    /// `name`
    Bare,
    /// `name = value`
    Value(TokenStream),
    /// `name(value, …)`
    List(TokenStream),
}

/// Passes each argument to `set`, and returns an error for each invalid one.
pub(crate) fn read(
    arguments: TokenStream,
    known: Known,
    mut set: impl FnMut(&Argument) -> Result<()>,
) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut seen = Vec::new();
    for piece in split_at_commas(arguments, &mut errors) {
        let parser = |input: ParseStream<'_>| Argument::parse(input, known);
        let result = parser.parse2(piece).and_then(|argument| {
            if seen.contains(&argument.option) {
                let message = format!("`{}` is given twice: keep one", argument.option);
                return Err(Error::new(argument.name.span(), message));
            }
            seen.push(argument.option);
            set(&argument)
        });
        errors.extend(result.err());
    }
    errors
}

impl Argument {
    fn parse(input: ParseStream<'_>, known: Known) -> Result<Self> {
        if let Ok(literal) = input.fork().parse::<Lit>() {
            return Err(without_name(&literal, known));
        }
        // `crate` is a keyword.
        let name = input.call(Ident::parse_any).map_err(|_| {
            input.error(format!(
                "expected `name = value`; the options are {}",
                names(known)
            ))
        })?;
        let word = name.to_string();
        let Some((option, example)) = known.iter().find(|(option, _)| *option == word) else {
            // Skips what follows the name.
            input.parse::<TokenStream>()?;
            return Err(unknown(&name, &word, known));
        };
        Ok(Argument {
            name,
            option,
            example,
            form: Form::parse(input)?,
        })
    }

    /// Returns what follows the `=`.
    pub(crate) fn value(&self) -> Result<TokenStream> {
        match &self.form {
            Form::Value(value) if !value.is_empty() => Ok(value.clone()),
            Form::Bare | Form::Value(_) => Err(self.wrong(&TokenStream::new(), "needs a value")),
            Form::List(list) => Err(self.wrong(list, "takes a value, not a list")),
        }
    }

    /// Returns what is between the parentheses.
    pub(crate) fn list(&self) -> Result<TokenStream> {
        match &self.form {
            Form::List(list) if !list.is_empty() => Ok(list.clone()),
            Form::Bare | Form::List(_) => Err(self.wrong(&TokenStream::new(), "needs a list")),
            Form::Value(value) => Err(self.wrong(value, "takes a list, not a value")),
        }
    }

    /// Reads a flag: no value, or the value `true` or `false`, as in tokio's macros.
    pub(crate) fn flag(&self) -> Result<bool> {
        let (Form::Value(value) | Form::List(value)) = &self.form else {
            return Ok(true);
        };
        syn::parse2::<syn::LitBool>(value.clone())
            .map(|value| value.value)
            .map_err(|_| self.wrong(value, "takes `true`, `false` or no value"))
    }

    fn wrong(&self, tokens: &TokenStream, problem: &str) -> Error {
        let (name, option, example) = (&self.name, self.option, self.example);
        Error::new_spanned(
            quote!(#name #tokens),
            format!("`{option}` {problem}: write `{example}`"),
        )
    }
}

impl Form {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Ok(Form::Bare);
        }
        if input.peek(syn::token::Paren) {
            let content;
            parenthesized!(content in input);
            return content.parse().map(Form::List);
        }
        // Without the sign, what follows is not a value.
        let equals = input.parse::<Token![=]>().is_ok();
        let value = input.parse::<TokenStream>()?;
        Ok(if equals {
            Form::Value(value)
        } else {
            Form::Bare
        })
    }
}

/// Splits arguments at commas. The last one may end with a comma.
pub(crate) fn split_at_commas(arguments: TokenStream, errors: &mut Vec<Error>) -> Vec<TokenStream> {
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
fn without_name(literal: &Lit, known: Known) -> Error {
    let takes_threads = known.iter().any(|(option, _)| *option == "worker_threads");
    let any = || format!("expected `name = value`; the options are {}", names(known));
    let message = match literal {
        Lit::Str(word) => match flavor::nearest_flavor(&word.value()) {
            Some(flavor) => format!("the option has no name: write `flavor = \"{flavor}\"`"),
            None => any(),
        },
        Lit::Int(count) if takes_threads => {
            format!("the option has no name: write `worker_threads = {count}`")
        }
        _ => any(),
    };
    Error::new_spanned(literal, message)
}

fn unknown(name: &Ident, word: &str, known: Known) -> Error {
    let options = names(known);
    let message = if flavor::NAMES.contains(&word) {
        format!("`{word}` is a flavor: write `flavor = \"{word}\"`")
    } else if let Some(option) = nearest(word, known.iter().map(|(option, _)| *option)) {
        format!("unknown option `{word}`: did you mean `{option}`? The options are {options}")
    } else {
        format!("unknown option `{word}`; the options are {options}")
    };
    Error::new_spanned(name, message)
}

/// Formats a list: `` `one`, `two` and `three` ``.
fn names(known: Known) -> String {
    let quoted: Vec<String> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
