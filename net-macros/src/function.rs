//! The function under an attribute.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, LitStr, Result, Signature, Token, Visibility, braced, token};

pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// `None` if the function has none, which `validate` reports.
    pub(crate) body: Option<Body>,
}

/// The body stays as tokens, because the macros only copy it. So it costs nothing to parse, and
/// completion in an editor works in an incomplete body.
pub(crate) struct Body {
    braces: token::Brace,
    statements: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        // Taken before the visibility is parsed, so that an error points at the start of the item.
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

/// Returns whether a `fn` follows, possibly after qualifiers. Consumes the input.
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
