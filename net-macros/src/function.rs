//! The function that an attribute was put on.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, LitStr, Result, Signature, Token, Visibility, braced, token};

pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// A function without one parses too: rustc hands it over, and a rule reports it.
    pub(crate) body: Option<Body>,
}

/// The body is passed on and never looked at, so it stays as tokens. That costs nothing to
/// parse, and completion in an editor works inside a body that is half written.
pub(crate) struct Body {
    braces: token::Brace,
    statements: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        // Before the visibility is consumed: an error points at the start of the item.
        let start = input.span();
        let visibility = input.parse()?;
        if !starts_function(&input.fork()) {
            return Err(Error::new(
                start,
                "this attribute goes on a function: `async fn main() { … }`",
            ));
        }
        Ok(Self {
            attributes,
            visibility,
            signature: input.parse()?,
            body: parse_body(input)?,
        })
    }
}

/// Whether a `fn` comes next, possibly after qualifiers. Consumes what it looks at.
fn starts_function(input: ParseStream<'_>) -> bool {
    loop {
        let qualifier = input.parse::<Token![const]>().is_ok()
            || input.parse::<Token![async]>().is_ok()
            || input.parse::<Token![unsafe]>().is_ok()
            || input.parse::<Token![extern]>().is_ok()
            || input.parse::<LitStr>().is_ok();
        if !qualifier {
            return input.peek(Token![fn]);
        }
    }
}

fn parse_body(input: ParseStream<'_>) -> Result<Option<Body>> {
    if input.parse::<Option<Token![;]>>()?.is_some() {
        return Ok(None);
    }
    let content;
    Ok(Some(Body {
        braces: braced!(content in input),
        statements: content.parse()?,
    }))
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.braces
            .surround(tokens, |inside| self.statements.to_tokens(inside));
    }
}
