//! The options of `#[net_test]`: `backends(native, memory), timeout = "5s"`.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Error, LitInt, LitStr, Result};

use crate::arguments::{self, Argument, Known, split_at_commas};
use crate::flavor::{self, Flavor, Given};
use crate::nearest::nearest;
use crate::options::net_path;

const KNOWN: Known = &[
    ("backend", "backend = memory"),
    ("backends", "backends(native, memory)"),
    ("start_paused", "start_paused"),
    ("seed", "seed = 7"),
    ("seeds", "seeds = 100"),
    ("flavor", "flavor = \"multi_thread\""),
    ("timeout", "timeout = \"30s\""),
    ("crate", "crate = my::net"),
];

const BACKENDS: [&str; 2] = ["native", "memory"];

pub(crate) struct TestOptions {
    /// The value of `backend` or `backends`; `None` if neither is given.
    pub(crate) backends: Option<Backends>,
    pub(crate) start_paused: Option<Given<bool>>,
    pub(crate) seeds: Option<Given<Seeds>>,
    pub(crate) flavor: Option<Given<Flavor>>,
    pub(crate) timeout: Option<Duration>,
    /// The path of the crate `net`.
    pub(crate) net: TokenStream,
}

pub(crate) struct Backends {
    pub(crate) list: Vec<(Backend, Ident)>,
    /// Whether each backend is a test of its own, named after it.
    pub(crate) is_list: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    /// The backend of the target.
    Native,
    Memory,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seeds {
    /// `seed`
    One(u64),
    /// `seeds`: this number of seeds, from 0.
    Count(u64),
}

/// Reads all arguments, and returns an error for each invalid one.
pub(crate) fn parse(arguments: TokenStream) -> (TestOptions, Vec<Error>) {
    let mut options = TestOptions {
        backends: None,
        start_paused: None,
        seeds: None,
        flavor: None,
        timeout: None,
        net: quote!(::net),
    };
    let mut errors = arguments::read(arguments, KNOWN, |argument| options.set(argument));
    errors.extend(options.conflicts());
    (options, errors)
}

impl TestOptions {
    fn set(&mut self, argument: &Argument) -> Result<()> {
        let span = argument.name.span();
        match argument.option {
            "backend" | "backends" => {
                if self.backends.is_some() {
                    let message = "`backend` conflicts with `backends`: keep one";
                    return Err(Error::new(span, message));
                }
                self.backends = Some(Backends::parse(argument)?);
            }
            "start_paused" => {
                let value = argument.flag()?;
                self.start_paused = Some(Given { value, span });
            }
            "seed" | "seeds" => {
                if self.seeds.is_some() {
                    let message = "`seed` conflicts with `seeds`: keep one";
                    return Err(Error::new(span, message));
                }
                let value = seeds(argument)?;
                self.seeds = Some(Given { value, span });
            }
            "flavor" => self.flavor = Some(flavor::parse(argument.value()?)?),
            "timeout" => self.timeout = Some(timeout(&argument.value()?)?),
            _ => self.net = net_path(argument.value()?)?,
        }
        Ok(())
    }

    /// Returns whether the test runs on a backend.
    pub(crate) fn uses(&self, backend: Backend) -> bool {
        match &self.backends {
            Some(backends) => backends.list.iter().any(|(given, _)| *given == backend),
            None => backend == Backend::Native,
        }
    }

    fn conflicts(&self) -> Vec<Error> {
        let mut errors = Vec::new();
        let is_paused = self.start_paused.as_ref().filter(|paused| paused.value);
        if !self.uses(Backend::Memory) {
            if let Some(paused) = is_paused {
                errors.push(Error::new(
                    paused.span,
                    "`start_paused` requires `backend = memory`: real sockets need real time",
                ));
            }
            if let Some(seeds) = &self.seeds {
                errors.push(Error::new(
                    seeds.span,
                    "a seed requires `backend = memory`: no other backend has one",
                ));
            }
        }
        let is_multi = |flavor: &&Given<Flavor>| flavor.value == Flavor::MultiThread;
        if let (Some(_), Some(flavor)) = (is_paused, self.flavor.as_ref().filter(is_multi)) {
            errors.push(Error::new(
                flavor.span,
                "`start_paused` requires `flavor = \"current_thread\"`: \
                 tokio can pause the clock of one thread only",
            ));
        }
        errors
    }
}

impl Backends {
    fn parse(argument: &Argument) -> Result<Self> {
        if argument.option == "backend" {
            return Ok(Backends {
                list: vec![backend(&argument.value()?)?],
                is_list: false,
            });
        }
        let mut errors = Vec::new();
        let mut list: Vec<(Backend, Ident)> = Vec::new();
        for piece in split_at_commas(argument.list()?, &mut errors) {
            match backend(&piece) {
                Ok((same, name)) if list.iter().any(|(given, _)| *given == same) => {
                    let message = format!("`{name}` is given twice: keep one");
                    errors.push(Error::new(name.span(), message));
                }
                Ok(backend) => list.push(backend),
                Err(error) => errors.push(error),
            }
        }
        let is_list = true;
        let combined = errors.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        combined.map_or(Ok(Backends { list, is_list }), Err)
    }
}

fn backend(tokens: &TokenStream) -> Result<(Backend, Ident)> {
    let name = syn::parse2::<Ident>(tokens.clone())
        .map_err(|_| Error::new_spanned(tokens, "expected a backend: `native` or `memory`"))?;
    let backend = match name.to_string().as_str() {
        "native" => Backend::Native,
        "memory" => Backend::Memory,
        word => {
            let message = match nearest(word, BACKENDS) {
                Some(backend) => format!("unknown backend `{word}`: did you mean `{backend}`?"),
                None => format!("unknown backend `{word}`; the backends are `native` and `memory`"),
            };
            return Err(Error::new(name.span(), message));
        }
    };
    Ok((backend, name))
}

fn seeds(argument: &Argument) -> Result<Seeds> {
    let value = argument.value()?;
    let option = argument.option;
    let number = syn::parse2::<LitInt>(value.clone()).and_then(|literal| literal.base10_parse());
    match number {
        Ok(seed) if option == "seed" => Ok(Seeds::One(seed)),
        Ok(0) => Err(Error::new_spanned(
            value,
            "`seeds` must be at least 1: the test runs once per seed",
        )),
        Ok(count) => Ok(Seeds::Count(count)),
        Err(_) => Err(Error::new_spanned(
            value,
            format!("`{option}` takes a whole number: write `{option} = 7`"),
        )),
    }
}

/// Reads a duration: `"500ms"`, `"30s"`, `"2m"`.
fn timeout(value: &TokenStream) -> Result<Duration> {
    let literal = syn::parse2::<LitStr>(value.clone());
    let time = literal.ok().and_then(|literal| duration(&literal.value()));
    time.ok_or_else(|| {
        Error::new_spanned(
            value,
            "`timeout` takes a duration as a string: write `timeout = \"30s\"`; \
             the units are ms, s and m",
        )
    })
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok().filter(|number| *number > 0)?;
    match unit.trim_start() {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        for (text, milliseconds) in [
            ("500ms", Some(500)),
            ("30s", Some(30_000)),
            ("2m", Some(120_000)),
            ("2 m", Some(120_000)),
            ("0s", None),
            ("30", None),
            ("s", None),
            ("", None),
            ("1.5s", None),
            ("99999999999999999999s", None),
        ] {
            let expected = milliseconds.map(Duration::from_millis);
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn each_mistake_is_reported() {
        let (_, errors) = parse(quote! {
            backends(nativ, memory, memory), seed = "x", flavor = "fast", timeout = 3, start_pause
        });
        assert_eq!(errors.len(), 5, "{errors:?}");
    }

    #[test]
    fn only_the_memory_backend_has_seeds_and_a_clock_to_pause() {
        for (arguments, count) in [
            (quote!(seed = 7, start_paused), 2),
            (quote!(backend = native, seeds = 7), 1),
            (quote!(backend = memory, seed = 7, start_paused), 0),
            (quote!(backends(native, memory), start_paused), 0),
            (
                quote!(backend = memory, start_paused, flavor = "multi_thread"),
                1,
            ),
            (quote!(start_paused = false), 0),
        ] {
            assert_eq!(parse(arguments.clone()).1.len(), count, "{arguments}");
        }
    }
}
